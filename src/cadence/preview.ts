/**
 * The dry run: the planner's own staging and the outbox's own decision, without the insert. The days are decided one
 * after the other in one sitting, so that what is handed over on the first uses up the caps of the next.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { holidaysInForce } from '../base/holidays.ts'
import { shownText } from '../content/index.ts'
import { openDryRun } from '../outbox/index.ts'
import type { Candidate, ChannelName, Content, Decided, PromiseState, SubjectKind } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { readPeople, standingsOf } from './audience.ts'
import type { People } from './audience.ts'
import { readAudiences } from './audience-rule.ts'
import { outlinesOfDay, promisesAmong, promisesOfCustomers, promisesOfDay } from './cadence.store.ts'
import type { ShownRow } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { withDecisions } from './experiments/decisions.ts'
import {
  createHistory,
  isForCustomers,
  readDigest,
  readFigures,
  readHistory,
  readOccasions,
  readTips,
  splitByHand,
  stageDay,
  stageParts,
  stageRobots,
} from './stage.ts'
import type { History } from './stage.ts'
import { createTipMemory } from './tips/rotation.ts'

/** One decision, made (`known`) or foreseen. */
export interface Foreseen {
  /** What it is a promise of, the same before and after it was made. */
  readonly dedupeKey: string
  readonly touchpoint: string
  readonly title: string
  readonly channel: ChannelName
  readonly subjectKind: SubjectKind
  /** external_userid, chat id or userid. */
  readonly subject: string
  readonly customer: string | null
  readonly sender: string | null
  readonly day: Day
  readonly dueAt: Instant
  readonly decision: Decided['decision']
  readonly reasonCode: string
  readonly reasonWords: string
  readonly known: boolean
  readonly state: PromiseState | null
  readonly text: string
  /** The arm whose words these are. */
  readonly variant: { readonly experiment: string; readonly arm: string } | null
}

export interface PreviewParts {
  readonly reader: Reader
  readonly tierRules: TierRules
  readonly cadence: Cadence
}

export interface Span {
  readonly from: Day
  readonly days: number
  /** Business time of the dry run; the start of the first day unless that is today. */
  readonly now: Instant
  /** Only these customers, and neither groups nor staff. */
  readonly customers?: readonly string[]
  /** Words for customers of what was decided already: a large shop's whole day of them is left where it is. */
  readonly words?: 'all' | 'groups'
}

export interface Preview {
  readonly promises: readonly Foreseen[]
  readonly people: People
}

/** All of it, in order of time. */
export async function previewDays(parts: PreviewParts, span: Span): Promise<Preview> {
  const { people, days } = await openPreview(parts, span)
  const promises: Foreseen[] = []
  for await (const ofDay of days()) for (const one of ofDay) promises.push(one)
  return { promises: promises.sort(byTime), people }
}

export const byTime = (
  a: Pick<Foreseen, 'dueAt' | 'subject'>,
  b: Pick<Foreseen, 'dueAt' | 'subject'>,
): number => a.dueAt - b.dueAt || (a.subject < b.subject ? -1 : 1)

export interface OpenPreview {
  readonly people: People
  /** What each day decides, day after day and part by part; at the end of a day what would not be staged any more. */
  days(): AsyncGenerator<readonly Foreseen[]>
}

export async function openPreview(
  { reader, tierRules, cadence: written }: PreviewParts,
  span: Span,
): Promise<OpenPreview> {
  const cadence = await withDecisions(reader, written)
  const { from, days, now, customers = null, words = 'all' } = span
  const people = await readPeople(reader, from, customers)
  const history = await readHistory(reader, cadence, from, customers)
  const tips = await readTips(reader, from)
  const dryRun = await openDryRun(reader, now, { manners: cadence.manners })
  const own = customers === null ? null : await promisesOfCustomers(reader, customers)
  const madeOn = async (day: Day): Promise<readonly ShownRow[]> => {
    if (own !== null) return own.filter((row) => row.day === day)
    return words === 'all' ? promisesOfDay(reader, day) : outlinesOfDay(reader, day)
  }
  const holidays = await holidaysInForce(reader)
  const rest = restOf(cadence, history)
  return {
    people,
    async *days() {
      for (let n = 0; n < days; n += 1) {
        const day = addDays(from, n)
        const rows = new Map((await madeOn(day)).map((row) => [row.dedupe_key, row]))
        const standings = await standingsOf(reader, tierRules, day, customers)
        const occasions = await readOccasions(reader, cadence, day, customers)
        const at = Math.max(now, instantOf(day))
        const audiences = await readAudiences(reader, tierRules, cadence.touchpoints, at, customers)
        const figures = await readFigures(reader, cadence, people, day)
        const known = { cadence, day, people, history, tips, holidays }
        const scene = { ...known, standings, occasions, audiences, figures }
        // What was decided already stands as it was decided, on the day it was decided for.
        const told = (decided: readonly Decided[]): Foreseen[] =>
          decided.flatMap((one) => {
            rest(one)
            const row = rows.get(one.dedupeKey)
            rows.delete(one.dedupeKey)
            if (row) return [madeOf(row)]
            // It stands on the day it was promised for, unless that is this one and it was promised a moment ago.
            return one.known && one.knownDay !== day ? [] : [foreseenOf(one)]
          })
        const ofAdvisors: Candidate[] = []
        let others: Candidate[] = []
        for (const staged of stageParts(scene)) {
          await breathe()
          const { byHand, alone } = splitByHand(staged)
          for (const candidate of byHand) ofAdvisors.push(candidate)
          for (const candidate of alone) others.push(candidate)
          if (others.length < decidedAtOnce) continue
          yield told(await dryRun.decide(others))
          others = []
        }
        yield told(await dryRun.decide(others))
        yield told(await dryRun.decide(ofAdvisors))
        const digest = customers === null ? await readDigest(reader, cadence, day) : null
        if (digest) yield told(await dryRun.decide(stageRobots(scene, digest)))
        yield [...rows.values()].map(madeOf)
      }
    },
  }
}

/** So many are worth the questions that are asked about all of them at once. */
const decidedAtOnce = 2_000

/** One of many that are kept: without the words for a customer, which are made again for the few that are looked at. */
export interface Outline extends Omit<Foreseen, 'text'> {
  /** Null: not kept. */
  readonly text: string | null
}

/** All of it, in order of time, in little memory: a month of a large shop is a million decisions. */
export async function outlineDays(parts: PreviewParts, span: Span): Promise<readonly Outline[]> {
  const { days } = await openPreview(parts, { ...span, words: 'groups' })
  const words = new Map<string, string>()
  /** The same few sentences come back for thousands. */
  const shared = (text: string): string => {
    const known = words.get(text)
    if (known === undefined) words.set(text, text)
    return known ?? text
  }
  const promises: Outline[] = []
  for await (const ofDay of days())
    for (const one of ofDay)
      promises.push({
        ...one,
        reasonWords: shared(one.reasonWords),
        text: one.subjectKind !== 'customer' || (one.text === '' && !one.known) ? one.text : null,
      })
  return promises.sort(byTime)
}

/** The words of some outlines of one day; `from`: where their dry run began. */
export async function withWords(
  { reader, tierRules, cadence: written }: PreviewParts,
  outlines: readonly Outline[],
  { day, from, now }: { readonly day: Day; readonly from: Day; readonly now: Instant },
): Promise<Foreseen[]> {
  const wanting = outlines.filter(({ text }) => text === null)
  const subjects = wanting.flatMap(({ known, subject }) => (known ? subject : []))
  // By what is promised: when it left may have changed since.
  const made = new Map(
    (await promisesAmong(reader, day, subjects)).map((row) => [row.dedupe_key, madeOf(row).text]),
  )
  const customers = wanting.flatMap(({ known, customer }) => (known ? [] : (customer ?? [])))
  const staged = new Map<string, string>()
  if (customers.length > 0) {
    const cadence = await withDecisions(reader, written)
    const at = Math.max(now, instantOf(day))
    const candidates = stageDay({
      cadence,
      day,
      people: await readPeople(reader, from, customers),
      standings: await standingsOf(reader, tierRules, day, customers),
      occasions: await readOccasions(reader, cadence, day, customers),
      // Whether she rests was decided already.
      history: createHistory(),
      tips: { memory: createTipMemory([], []), stored: new Map() },
      holidays: await holidaysInForce(reader),
      audiences: await readAudiences(reader, tierRules, cadence.touchpoints, at, customers),
      figures: new Map(),
    })
    for (const one of candidates) staged.set(one.dedupeKey, shownText(one.content))
  }
  return outlines.map((one) => ({
    ...one,
    text: one.text ?? (one.known ? made : staged).get(one.dedupeKey) ?? '',
  }))
}

/** Whoever hears it on an earlier day of this dry run does not hear it again while it rests. */
function restOf(cadence: Cadence, history: History): (one: Decided) => void {
  const resting = new Map(
    cadence.touchpoints
      .filter(isForCustomers)
      .flatMap(({ name, rules }) => (rules.rests?.() ? [[name, rules.kind]] : [])),
  )
  return ({ touchpoint, decision, reasonCode, customer, known, day }) => {
    const kind = resting.get(touchpoint)
    // The held out rest like everybody else, or the two groups would drift apart.
    const counts = decision !== 'declined' || reasonCode === 'holdout'
    if (kind !== undefined && counts && customer !== undefined && !known) history.add(kind, customer, day)
  }
}

const foreseenOf = (one: Decided): Foreseen => ({
  dedupeKey: one.dedupeKey,
  touchpoint: one.touchpoint,
  title: one.title,
  channel: one.channel,
  subjectKind: one.subjectKind,
  subject: one.subject,
  customer: one.customer ?? null,
  sender: one.sender ?? null,
  day: one.day,
  dueAt: one.dueAt,
  decision: one.decision,
  reasonCode: one.reasonCode,
  reasonWords: one.reasonWords,
  known: one.known,
  state: null,
  text: shownText(one.content),
  variant: one.variant ?? null,
})

export const madeOf = (row: ShownRow): Foreseen => ({
  dedupeKey: row.dedupe_key,
  touchpoint: row.touchpoint,
  title: row.title,
  channel: row.channel,
  subjectKind: row.subject_kind,
  subject: row.subject,
  customer: row.customer,
  sender: row.sender,
  day: row.day,
  dueAt: row.sent_at ?? row.due_at,
  decision: row.decision,
  // Where it ended badly, how it ended says more than why it began.
  reasonCode: row.reason_code,
  reasonWords: row.settle_words ?? row.reason_words,
  known: true,
  state: row.state,
  text: shownText(JSON.parse(row.content) as Content),
  variant: row.experiment === null || row.arm === null ? null : { experiment: row.experiment, arm: row.arm },
})

/** A dry run of a day that has begun starts now, of any other at its midnight. */
export const startOf = (from: Day, now: Instant): Instant => (from === dayOf(now) ? now : instantOf(from))
