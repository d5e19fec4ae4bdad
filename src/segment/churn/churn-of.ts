/** The churn signal of some customers as of a day: the one computation behind the nightly look, the card and the list. */
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { calibrationAsOf } from './calibration.ts'
import type { InForce } from './calibration.ts'
import { readKnown } from './churn.store.ts'
import type { Known, KnownQuery, StoredSignal } from './churn.store.ts'
import { forecastOf } from './forecast.ts'
import { activityDrop, earlierDaysOf, intervalsOf, labelDays, signalOf } from './signal.ts'
import type { Activity, Signal } from './signal.ts'
import type { ChurnRules, Parameters } from './settings.ts'
import { keptWords, wordsOf } from './words.ts'

/** Everything that is said of one customer. */
export interface CustomerChurn {
  readonly customer: string
  readonly state: 'none' | 'warning'
  /** The day from which the warning stands. */
  readonly sinceDay: Day | null
  /** Today, 0 … 1. */
  readonly risk: number
  /** The day of the alarm if she stays silent; null when no silence reaches it. */
  readonly dueDay: Day | null
  /** Null for whom the silence has lasted as long as the label's window: there is no forecast for who has left. */
  readonly expectedNextDay: Day | null
  /** 80 % of next purchases fall between. */
  readonly expectedBetween: readonly [Day, Day] | null
  /** The day on which what she bought runs out, where the catalogue knows. */
  readonly supplyEndsDay: Day | null
  /** Why, Chinese, with the numbers of the day. */
  readonly words: string
}

export interface Judged {
  readonly known: Known
  readonly signal: Signal
  readonly activity: Activity | null
  readonly drop: number
  readonly silence: number
}

/** What has to be read for a look on `dayNo`. */
export function knownQuery(rules: ChurnRules, { actsFromNo }: InForce, dayNo: number): KnownQuery {
  const borderNo = dayNo - rules.activity.windowDays
  return {
    leastPurchases: rules.leastPurchases,
    acts:
      actsFromNo === null
        ? null
        : { borderNo, dayNo, fromNo: Math.max(actsFromNo, borderNo - rules.activity.earlierDays + 1) },
  }
}

export function judgeKnown(rules: ChurnRules, inForce: InForce, known: Known, dayNo: number): Judged {
  const { parameters, actsFromNo } = inForce
  const activity =
    actsFromNo === null
      ? null
      : {
          recent: known.recent,
          earlier: known.earlier,
          earlierDays: earlierDaysOf(rules, Math.max(known.first_no, actsFromNo), dayNo),
        }
  const drop = activity === null ? 0 : activityDrop(rules, parameters.actsPerDay, activity)
  // An order of a day still to come (a job that catches up) is a silence of nothing.
  const originNo = Math.max(dayNo, known.last_no)
  const seen = { purchases: known.purchases, firstNo: known.first_no, lastNo: known.last_no }
  return {
    known,
    signal: signalOf(rules, parameters, seen, drop, originNo),
    activity,
    drop,
    silence: originNo - known.last_no,
  }
}

const steps = 20

/** The row that is kept: see churn.tables.ts for what it leaves to reading. */
export function toStore(
  rules: ChurnRules,
  { parameters }: InForce,
  judged: Judged,
  dayNo: number,
): StoredSignal {
  const { known, signal, drop } = judged
  const own = intervalsOf({ purchases: known.purchases, firstNo: known.first_no, lastNo: known.last_no })
  return {
    customer: known.customer,
    state: signal.warned ? 'warning' : 'none',
    since_no: sinceNo(rules, judged, dayNo),
    score: Math.floor(signal.risk * steps) / steps,
    due_no: signal.dueNo,
    expected_next_no: known.last_no + expectedDays(rules, parameters, known, 0),
    reason: keptWords(own, known.last_no, drop),
  }
}

/** Days from the last purchase to the next; the catalogue speaks where it proved to be better, and is not overdue yet. */
function expectedDays(rules: ChurnRules, parameters: Parameters, known: Known, silence: number): number {
  if (parameters.trustSupply && known.supply !== null && known.supply >= silence) return known.supply
  const own = intervalsOf({ purchases: known.purchases, firstNo: known.first_no, lastNo: known.last_no })
  return Math.round(forecastOf(rules, parameters, own, silence).median)
}

function sinceNo(rules: ChurnRules, { known, signal }: Judged, dayNo: number): number | null {
  if (!signal.warned || signal.dueNo === null) return null
  return Math.min(dayNo, Math.max(known.last_no, signal.dueNo - rules.leadDays))
}

/** At most 500 customers; those without a rhythm of their own are absent. */
export async function churnOf(
  reader: Reader,
  rules: ChurnRules,
  day: Day,
  customers: readonly string[],
): Promise<Map<string, CustomerChurn>> {
  const dayNo = dayNumber(day)
  const inForce = await calibrationAsOf(reader, rules, dayNo)
  const known = await readKnown(reader, knownQuery(rules, inForce, dayNo), { customers })
  return new Map(
    known.map((one) => [one.customer, toSay(rules, inForce, judgeKnown(rules, inForce, one, dayNo), dayNo)]),
  )
}

function toSay(rules: ChurnRules, { parameters }: InForce, judged: Judged, dayNo: number): CustomerChurn {
  const { known, signal, activity, drop, silence } = judged
  const own = intervalsOf({ purchases: known.purchases, firstNo: known.first_no, lastNo: known.last_no })
  const isGone = silence > labelDays(rules, own)
  const [from, to] = isGone ? [0, 0] : forecastOf(rules, parameters, own, silence).most
  const dayAfter = (days: number): Day => dayOfNumber(known.last_no + Math.round(days))
  const since = sinceNo(rules, judged, dayNo)
  return {
    customer: known.customer,
    state: signal.warned ? 'warning' : 'none',
    sinceDay: since === null ? null : dayOfNumber(since),
    risk: Math.round(signal.risk * 1000) / 1000,
    dueDay: signal.dueNo === null ? null : dayOfNumber(signal.dueNo),
    expectedNextDay: isGone ? null : dayAfter(expectedDays(rules, parameters, known, silence)),
    expectedBetween: isGone ? null : [dayAfter(from), dayAfter(to)],
    supplyEndsDay: known.supply === null ? null : dayAfter(known.supply),
    words: wordsOf(rules, own, silence, activity, drop),
  }
}
