/** The calendar: days that are over from the promises, today and later from the dry run. Who gets what, who not, why. */
import { addDays, dayOf, daysBetween, isoOf, timeOf, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { minutes, seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { festivalOf } from '../base/festivals.ts'
import type { DayKind, Holidays } from '../base/holidays.ts'
import { customersInGroups, namesOf, namesOfStaff } from '../customer/index.ts'
import { headSeq } from '../interaction/index.ts'
import { channelTitles, sendersOf } from '../outbox/index.ts'
import type { Decision, PromiseState } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { standingsOf } from './audience.ts'
import { activeGroups, countedDays, promisesOfDay, versionRow } from './cadence.store.ts'
import type { CellRow } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { madeOf, outlineDays, startOf, withWords } from './preview.ts'
import type { Foreseen, Outline } from './preview.ts'
import type { Reason } from './touchpoint.ts'
import { currentCadence } from './versions.ts'

export interface Cell {
  readonly touchpoint: string
  readonly title: string
  readonly channel: string
  readonly channelTitle: string
  /** `HH:mm` of the earliest. */
  readonly at: string
  /** Nothing of it has been decided for good. */
  readonly planned: boolean
  readonly queued: number
  readonly later: number
  readonly declined: number
  readonly sent: number
  readonly waiting: number
  readonly reasons: readonly (Reason & { readonly count: number })[]
}

export interface CalendarDayView {
  readonly day: Day
  readonly weekday: number
  readonly isToday: boolean
  readonly festival?: string
  /** The state holiday that the day is part of, or that it is worked for. */
  readonly holiday?: string
  /** 休 or 班: a state holiday, or a weekend day worked for one. */
  readonly mark?: 'rest' | 'work'
  readonly entries: readonly Cell[]
}

export interface CalendarView {
  readonly from: Day
  readonly days: readonly CalendarDayView[]
  readonly cadenceVersion: number
  /** Years whose state holidays nobody has entered although these days, or today, need them. */
  readonly missingHolidayYears: readonly number[]
}

export interface SubjectView {
  /** Our customer id, the chat id of a group, or the userid of a member of staff. */
  readonly subject: string
  readonly name: string
  readonly tier?: string
  readonly advisor?: string
  readonly at: string
  readonly decision: Decision
  readonly reason: Reason
  readonly state?: PromiseState
  readonly text?: string
  /** Titles of the test and the arm whose words these are. */
  readonly arm?: { readonly experiment: string; readonly arm: string }
}

export interface SubjectsView {
  readonly total: number
  readonly items: readonly SubjectView[]
  /** Of groups: the customers in them who are spoken to; whoever is in several is counted once. */
  readonly people?: number
}

export interface SubjectsQuery {
  readonly day: Day
  readonly touchpoint: string
  readonly decision?: Decision | undefined
  readonly reason?: string | undefined
  readonly page: number
  readonly size: number
}

export interface CalendarParts {
  readonly reader: Reader
  readonly tierRules: TierRules
}

/** A calendar that looks further ahead starts its dry run on its own first day. */
const farAhead = 31
/** The same screen asks several times in a row; nothing happened meanwhile, so nothing changed. */
const keepMs = 30_000
/** In a large shop something always happened meanwhile: a dry run that took long is shown for a while all the same. */
const longMs = seconds(2)
const shownTimes = 10
const shownAtMost = minutes(5)
/** Dry runs of two spans, of hundreds of thousands of decisions each. */
const keptRuns = 2

/** So long after a publication the day may still be planned by it: nothing is shown for longer than it is true. */
const settlingMs = minutes(5)

interface Run {
  readonly version: number
  readonly start: Day
  readonly days: number
  readonly head: number
  readonly at: Instant
  /** On a clock that never jumps. */
  readonly begunAt: number
  readonly isSettled: boolean
  readonly outlines: Promise<readonly Outline[]>
  /** Once it has ended: how long it took, and when that was, on the same clock. */
  ended: { readonly tookMs: number; readonly at: number } | null
}

type Asked = Pick<Run, 'version' | 'start' | 'days' | 'head' | 'at'>

export interface CalendarReaderParts extends CalendarParts {
  readonly holidays: Holidays
}

export interface CalendarReader {
  calendar(from: Day | undefined, days: number, now: Instant): Promise<CalendarView>
  subjects(query: SubjectsQuery, now: Instant): Promise<SubjectsView>
}

export function createCalendar(parts: CalendarReaderParts): CalendarReader {
  let runs: readonly Run[] = []

  /** Whether an answer of this run is still an answer. A longer one decides its first days just the same. */
  function serves(run: Run, asked: Asked): boolean {
    const isWithin =
      run.version === asked.version &&
      run.start >= dayOf(asked.at) &&
      run.start <= asked.start &&
      daysBetween(run.start, asked.start) + asked.days <= run.days
    if (!isWithin) return false
    if (run.head === asked.head && Math.floor(run.at / keepMs) === Math.floor(asked.at / keepMs)) return true
    const now = performance.now()
    // One that takes long is being made: a second one beside it would only make both late.
    if (run.ended === null) return now - run.begunAt >= longMs
    const { tookMs, at } = run.ended
    return run.isSettled && tookMs >= longMs && now - at < Math.min(shownTimes * tookMs, shownAtMost)
  }

  function begin(asked: Asked, isSettled: boolean, outlines: Promise<readonly Outline[]>): Run {
    const run: Run = { ...asked, begunAt: performance.now(), isSettled, outlines, ended: null }
    runs = [run, ...runs].slice(0, keptRuns)
    outlines.then(
      () => (run.ended = { tookMs: performance.now() - run.begunAt, at: performance.now() }),
      () => (runs = runs.filter((one) => one !== run)),
    )
    return run
  }

  /** Where a dry run that reaches this day begins. */
  const beginning = (day: Day, now: Instant): Day =>
    daysBetween(dayOf(now), day) <= farAhead ? dayOf(now) : day

  /** The same with their words; they are of one day. */
  async function worded(outlines: readonly Outline[], day: Day, now: Instant): Promise<Foreseen[]> {
    const { reader, tierRules } = parts
    const cadence = await currentCadence(reader)
    if (!cadence) return outlines.map((one) => ({ ...one, text: one.text ?? '' }))
    const from = beginning(day, now)
    return withWords({ reader, tierRules, cadence }, outlines, { day, from, now: startOf(from, now) })
  }

  /** From `from` (today or later) to `to`; the dry run begins today, so that today's promises use up tomorrow's caps. */
  async function ahead(from: Day, to: Day, now: Instant): Promise<readonly Outline[]> {
    const { reader, tierRules } = parts
    const cadence = await currentCadence(reader)
    if (!cadence) return []
    const start = beginning(from, now)
    const days = daysBetween(start, to) + 1
    const asked = { version: cadence.version, start, days, head: await headSeq(reader), at: now }
    const publishedAt = (await versionRow(reader, cadence.version))?.published_at ?? 0
    // One that has ended answers at once.
    const found = runs.filter((one) => serves(one, asked))
    const run =
      found.find(({ ended }) => ended !== null) ??
      found[0] ??
      begin(
        asked,
        now - publishedAt >= settlingMs,
        outlineDays({ reader, tierRules, cadence }, { from: start, days, now: startOf(start, now) }),
      )
    return (await run.outlines).filter(({ day }) => day >= from && day <= to)
  }

  return {
    async calendar(wanted, days, now) {
      const today = dayOf(now)
      const from = wanted ?? today
      const to = addDays(from, days - 1)
      const past =
        from < today ? await countedDays(parts.reader, from, to < today ? to : addDays(today, -1)) : []
      const coming = to >= today ? await ahead(from > today ? from : today, to, now) : []
      const cells = [...past.map(ofRow), ...coming.map(ofForeseen)]
      return {
        from,
        cadenceVersion: (await currentCadence(parts.reader))?.version ?? 0,
        missingHolidayYears: missingYears(parts.holidays, from, to, today),
        days: Array.from({ length: days }, (_, n) => dayView(addDays(from, n), today, cells, parts.holidays)),
      }
    },
    async subjects(query, now) {
      const { day } = query
      const all =
        day < dayOf(now) ? (await promisesOfDay(parts.reader, day)).map(madeOf) : await ahead(day, day, now)
      const found = all.filter(
        (one) =>
          one.touchpoint === query.touchpoint &&
          (query.decision === undefined || one.decision === query.decision) &&
          (query.reason === undefined || one.reasonCode === query.reason),
      )
      const page = found.slice((query.page - 1) * query.size, query.page * query.size)
      const chats = found.filter(
        ({ subjectKind, decision }) => subjectKind === 'group' && decision !== 'declined',
      )
      return {
        total: found.length,
        items: await subjectViews(parts, await worded(page, day, now)),
        ...(chats.length === 0
          ? {}
          : {
              people: await customersInGroups(
                parts.reader,
                chats.map(({ subject }) => subject),
              ),
            }),
      }
    },
  }
}

// ---------------------------------------------------------------- cells

interface Counted {
  readonly day: Day
  readonly touchpoint: string
  readonly title: string
  readonly channel: keyof typeof channelTitles
  readonly decision: Decision
  readonly state: PromiseState | null
  readonly code: string
  readonly words: string
  readonly at: Instant
  readonly known: boolean
  readonly n: number
}

const ofRow = (row: CellRow): Counted => ({
  day: row.day,
  touchpoint: row.touchpoint,
  title: row.title,
  channel: row.channel,
  decision: row.decision,
  state: row.state,
  code: row.reason_code,
  words: row.reason_words,
  at: row.first_due,
  known: true,
  n: row.n,
})
const ofForeseen = (one: Outline): Counted => ({
  day: one.day,
  touchpoint: one.touchpoint,
  title: one.title,
  channel: one.channel,
  decision: one.decision,
  state: one.state,
  code: one.reasonCode,
  words: one.reasonWords,
  at: one.dueAt,
  known: one.known,
  n: 1,
})

const missingYears = (holidays: Holidays, from: Day, to: Day, today: Day): number[] =>
  [...new Set([...holidays.missingIn(from, to), ...holidays.missingAt(today)])].sort((a, b) => a - b)

const marks: Partial<Record<DayKind, 'rest' | 'work'>> = { holiday: 'rest', 'makeup-workday': 'work' }

function dayView(day: Day, today: Day, all: readonly Counted[], holidays: Holidays): CalendarDayView {
  const festival = festivalOf(day)
  const holiday = holidays.nameOf(day)
  const mark = marks[holidays.dayKind(day)]
  const cells = new Map<string, Counted[]>()
  for (const one of all) {
    if (one.day !== day) continue
    const key = `${one.touchpoint} ${one.channel}`
    const cell = cells.get(key)
    if (cell) cell.push(one)
    else cells.set(key, [one])
  }
  return {
    day,
    weekday: weekdayOf(day),
    isToday: day === today,
    ...(festival === null ? {} : { festival }),
    ...(holiday === null ? {} : { holiday }),
    ...(mark === undefined ? {} : { mark }),
    entries: [...cells.values()]
      .map(cellOf)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.touchpoint < b.touchpoint ? -1 : 1)),
  }
}

function cellOf(counted: readonly Counted[]): Cell {
  const [first] = counted
  if (!first) throw new Error('A cell of the calendar holds at least one decision.')
  const sum = (holds: (one: Counted) => boolean): number =>
    counted.filter(holds).reduce((total, { n }) => total + n, 0)
  return {
    touchpoint: first.touchpoint,
    title: counted.at(-1)?.title ?? first.title,
    channel: first.channel,
    channelTitle: channelTitles[first.channel],
    at: timeOf(Math.min(...counted.map(({ at }) => at))),
    planned: counted.every(({ known }) => !known),
    queued: sum(({ decision }) => decision === 'queued'),
    later: sum(({ decision }) => decision === 'later'),
    declined: sum(({ decision }) => decision === 'declined'),
    sent: sum(({ state }) => state === 'sent'),
    waiting: sum(({ state }) => state === 'waiting'),
    reasons: reasonsOf(counted.filter(({ decision }) => decision !== 'queued')),
  }
}

/** By code, most frequent first. Words that differ only in what stands in brackets are said without it. */
function reasonsOf(counted: readonly Counted[]): (Reason & { count: number })[] {
  const reasons = new Map<string, { words: Set<string>; count: number }>()
  for (const { code, words, n } of counted) {
    const known = reasons.get(code) ?? { words: new Set(), count: 0 }
    known.words.add(words)
    reasons.set(code, { words: known.words, count: known.count + n })
  }
  return [...reasons]
    .map(([code, { words, count }]) => {
      const [first = ''] = words
      return { code, words: words.size > 1 ? first.replace(/（[^（）]*）/g, '') : first, count }
    })
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
}

// ---------------------------------------------------------------- subjects

type Arm = NonNullable<SubjectView['arm']>

/** What the cadence in force calls them; a test that is gone keeps its name. */
function titlesOfArms(cadence: Cadence | null): (arm: Arm) => Arm {
  return ({ experiment, arm }) => {
    const test = cadence?.experiments.find(({ name }) => name === experiment)
    return {
      experiment: test?.title ?? experiment,
      arm: test?.arms.find(({ name }) => name === arm)?.title ?? arm,
    }
  }
}

/** Names, tiers and advisors for the few that one page shows. */
export async function subjectViews(
  { reader, tierRules }: CalendarParts,
  shown: readonly Foreseen[],
): Promise<SubjectView[]> {
  const customers = [...new Set(shown.flatMap(({ customer }) => customer ?? []))]
  const names = await namesOf(reader, customers)
  const staff = await namesOfStaff(reader)
  const advisors = await sendersOf(reader, customers)
  const groups = new Map((await activeGroups(reader)).map(({ chat, name }) => [chat, name]))
  const armTitles = titlesOfArms(await currentCadence(reader))
  const tiers = new Map<string, string>()
  for (const day of new Set(shown.map((one) => one.day)))
    for (const { customer, tier } of await standingsOf(reader, tierRules, day, customers))
      tiers.set(`${customer} ${day}`, tier)
  return shown.map((one) => {
    const { customer } = one
    const named = one.subjectKind === 'group' ? groups : staff
    const tier = customer === null ? undefined : tiers.get(`${customer} ${one.day}`)
    const advisor = one.sender ?? (customer === null ? undefined : advisors.get(customer)?.staff)
    return {
      subject: customer ?? one.subject,
      name: (customer === null ? named.get(one.subject) : names.get(customer)) ?? one.subject,
      ...(tier === undefined ? {} : { tier }),
      ...(advisor === undefined ? {} : { advisor: staff.get(advisor) ?? advisor }),
      at: isoOf(one.dueAt),
      decision: one.decision,
      reason: { code: one.reasonCode, words: one.reasonWords },
      ...(one.state === null ? {} : { state: one.state }),
      ...(one.text === '' ? {} : { text: one.text }),
      ...(one.variant === null ? {} : { arm: armTitles(one.variant) }),
    }
  })
}
