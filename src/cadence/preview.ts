/**
 * The dry run: the planner's own staging and the outbox's own decision, without the insert. The days are decided as one
 * set, so that what is handed over on the first uses up the caps of the next.
 */
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { holidaysInForce } from '../base/holidays.ts'
import { decide } from '../outbox/index.ts'
import type { Candidate, ChannelName, Content, Decided, PromiseState, SubjectKind } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { readPeople, standingsOf } from './audience.ts'
import type { People } from './audience.ts'
import { readAudiences } from './audience-rule.ts'
import { promisesOfDays } from './cadence.store.ts'
import type { ShownRow } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { withDecisions } from './experiments/decisions.ts'
import { isForCustomers, readHistory, readOccasions, readTips, stageDay } from './stage.ts'

/** One decision, made (`known`) or foreseen. */
export interface Foreseen {
  readonly touchpoint: string
  readonly title: string
  readonly channel: ChannelName
  readonly subjectKind: SubjectKind
  /** external_userid or chat id. */
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
  /** Only these customers, and no groups. */
  readonly customers?: readonly string[]
}

export interface Preview {
  readonly promises: readonly Foreseen[]
  readonly people: People
}

export async function previewDays(
  { reader, tierRules, cadence: written }: PreviewParts,
  span: Span,
): Promise<Preview> {
  const cadence = await withDecisions(reader, written)
  const { from, days, now, customers = null } = span
  const people = await readPeople(reader, from, customers)
  const history = await readHistory(reader, cadence, from, customers)
  const tips = await readTips(reader, from)
  const holidays = await holidaysInForce(reader)
  const resting = new Map(
    cadence.touchpoints
      .filter(isForCustomers)
      .flatMap(({ name, rules }) => (rules.rests?.() ? [[name, rules.kind]] : [])),
  )
  const ask = (staged: readonly Candidate[]): Promise<Decided[]> =>
    decide(reader, staged, now, { manners: cadence.manners })
  const staged: Candidate[] = []
  let asked = 0
  for (let n = 0; n < days; n += 1) {
    const day = addDays(from, n)
    // Whoever hears it on an earlier day of this dry run does not hear it again on this one.
    if (staged.slice(asked).some(({ touchpoint }) => resting.has(touchpoint))) {
      const decided = await ask(staged)
      for (const one of decided.slice(asked)) {
        const kind = resting.get(one.touchpoint)
        // The held out rest like everybody else, or the two groups would drift apart.
        const counts = one.decision !== 'declined' || one.reasonCode === 'holdout'
        if (kind !== undefined && counts && one.customer !== undefined && !one.known)
          history.add(kind, one.customer, one.day)
      }
      asked = staged.length
    }
    staged.push(
      ...stageDay({
        cadence,
        day,
        people,
        standings: await standingsOf(reader, tierRules, day, customers),
        occasions: await readOccasions(reader, cadence, day, customers),
        history,
        tips,
        holidays,
        audiences: await readAudiences(
          reader,
          tierRules,
          cadence.touchpoints,
          Math.max(now, instantOf(day)),
          customers,
        ),
      }),
    )
  }
  const decided = await ask(staged)
  const made = (await promisesOfDays(reader, from, addDays(from, days - 1))).filter(
    (row) => customers === null || (row.customer !== null && customers.includes(row.customer)),
  )
  return { promises: merged(decided, made), people }
}

/** What was decided already stands as it was decided, also where nothing would be staged for it any more. */
function merged(decided: readonly Decided[], made: readonly ShownRow[]): Foreseen[] {
  const rows = new Map(made.map((row) => [row.dedupe_key, row]))
  const staged = new Set(decided.map(({ dedupeKey }) => dedupeKey))
  return [
    ...decided.map((one) => foreseenOf(one, rows.get(one.dedupeKey))),
    ...made.filter((row) => !staged.has(row.dedupe_key)).map(madeOf),
  ].sort((a, b) => a.dueAt - b.dueAt || (a.subject < b.subject ? -1 : 1))
}

function foreseenOf(one: Decided, row: ShownRow | undefined): Foreseen {
  if (row) return madeOf(row)
  return {
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
    text: one.content.text,
    variant: one.variant ?? null,
  }
}

export const madeOf = (row: ShownRow): Foreseen => ({
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
  text: (JSON.parse(row.content) as Content).text,
  variant: row.experiment === null || row.arm === null ? null : { experiment: row.experiment, arm: row.arm },
})

/** A dry run of a day that has begun starts now, of any other at its midnight. */
export const startOf = (from: Day, now: Instant): Instant => (from === dayOf(now) ? now : instantOf(from))
