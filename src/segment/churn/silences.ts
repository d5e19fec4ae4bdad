/**
 * The warning as it is met in a shop: not snapshots of everybody on one day, but each silence followed day by day until
 * the rule speaks. Of the warnings that fell into the test: how many were right (no purchase in the label's window from
 * that day). Of the silences that became as long as the label's window in the test ("certain"): how many had been warned
 * about by then, and how long before. Purchases that were taken back whole are left out.
 */
import { wilson } from '../../base/statistics.ts'
import type { Calibration } from './calibrate.ts'
import type { Histories } from './histories.ts'
import { spread } from './lead.ts'
import type { Spread } from './lead.ts'
import type { Rate } from './metrics.ts'
import { activityAt, activityDrop, alarmSilence, labelDays } from './signal.ts'
import type { Intervals } from './rhythm.ts'
import type { ChurnRules } from './settings.ts'

export interface WarningsJudged {
  /** First warnings of a silence, on days of the test whose window ends inside the data. */
  readonly warnings: number
  readonly precision: Rate
  /** Silences that became certain churn in the test. */
  readonly churns: number
  readonly recall: Rate
  /** Days from the warning to certainty, where it came in time. */
  readonly leadDays: Spread
}

export interface SilencesJudged {
  readonly ours: WarningsJudged
  readonly fixedSilence: WarningsJudged
  readonly twiceRhythm: WarningsJudged
}

interface Silence {
  readonly customer: number
  readonly firstNo: number
  readonly lastNo: number
  /** The next purchase; null = none until the end of the data. */
  readonly nextNo: number | null
  readonly own: Intervals
}

interface TestSpan {
  readonly splitNo: number
  readonly endNo: number
}

/** The day on which a rule first speaks in a silence, if it lasts long enough. */
type Warner = (silence: Silence, lastDayNo: number) => number | null

export function judgeSilences(
  rules: ChurnRules,
  h: Histories,
  calibration: Calibration,
  span: TestSpan,
): SilencesJudged {
  const silences = silencesOf(rules, h, span.endNo)
  const after =
    (days: (own: Intervals) => number): Warner =>
    ({ lastNo, own }) =>
      lastNo + Math.ceil(days(own))
  return {
    ours: judgeWarner(rules, silences, ourWarner(rules, h, calibration), span),
    fixedSilence: judgeWarner(
      rules,
      silences,
      after(() => rules.baselines.silenceDays),
      span,
    ),
    twiceRhythm: judgeWarner(
      rules,
      silences,
      after((own) => rules.baselines.rhythm * (own.sumDays / own.count)),
      span,
    ),
  }
}

function silencesOf(rules: ChurnRules, h: Histories, endNo: number): Silence[] {
  const silences: Silence[] = []
  for (let customer = 0; customer < h.customers.length; customer += 1) {
    const days: number[] = []
    for (let n = h.from[customer] ?? 0; n < (h.from[customer + 1] ?? 0); n += 1)
      if ((h.day[n] ?? 0) <= endNo && (h.gone[n] ?? 0) > endNo) days.push(h.day[n] ?? 0)
    const [firstNo = 0] = days
    for (let n = rules.leastPurchases - 1; n < days.length; n += 1) {
      const lastNo = days[n] ?? 0
      const own = { count: n, sumDays: lastNo - firstNo }
      silences.push({ customer, firstNo, lastNo, nextNo: days[n + 1] ?? null, own })
    }
  }
  return silences
}

/** Day by day where acts may change the picture, at once where only the silence counts. */
function ourWarner(rules: ChurnRules, h: Histories, { parameters, actsFromNo }: Calibration): Warner {
  const plain: Warner = ({ lastNo, own }) => {
    const alarm = alarmSilence(parameters, own, 0)
    return alarm === null ? null : lastNo + Math.max(0, alarm - rules.leadDays)
  }
  if (actsFromNo === null || parameters.weights.activityDrop === 0) return plain
  return ({ customer, firstNo, lastNo, own }, lastDayNo) => {
    const sinceNo = Math.max(firstNo, actsFromNo)
    const alarms = new Map<number, number | null>()
    for (let originNo = lastNo; originNo <= lastDayNo; originNo += 1) {
      const activity = activityAt(rules, h, customer, { sinceNo, originNo })
      // Steps of a fiftieth: a day's difference at most, and most days are known already.
      const drop = Math.round(activityDrop(rules, parameters.actsPerDay, activity) * 50) / 50
      if (!alarms.has(drop)) alarms.set(drop, alarmSilence(parameters, own, drop))
      const alarm = alarms.get(drop) ?? null
      if (alarm !== null && originNo - lastNo + rules.leadDays >= alarm) return originNo
    }
    return null
  }
}

function judgeWarner(
  rules: ChurnRules,
  silences: readonly Silence[],
  warner: Warner,
  { splitNo, endNo }: TestSpan,
): WarningsJudged {
  let [warnings, right, churns] = [0, 0, 0]
  const leads: number[] = []
  for (const silence of silences) {
    const { lastNo, nextNo, own } = silence
    const lastDayNo = Math.min(endNo, nextNo === null ? endNo : nextNo - 1)
    if (lastDayNo < splitNo) continue
    const windowDays = labelDays(rules, own)
    const spoken = warner(silence, lastDayNo)
    const warnedNo = spoken !== null && spoken <= lastDayNo ? spoken : null
    if (warnedNo !== null && warnedNo >= splitNo && warnedNo + windowDays <= endNo) {
      warnings += 1
      if (nextNo === null || nextNo > warnedNo + windowDays) right += 1
    }
    const certainNo = lastNo + Math.ceil(windowDays)
    if (certainNo < splitNo || certainNo > lastDayNo) continue
    churns += 1
    if (warnedNo !== null && warnedNo <= certainNo) leads.push(certainNo - warnedNo)
  }
  return {
    warnings,
    precision: rate(right, warnings),
    churns,
    recall: rate(leads.length, churns),
    leadDays: spread(leads),
  }
}

const rate = (hits: number, of: number): Rate => {
  const { low, high } = wilson(hits, of)
  return { value: of === 0 ? null : hits / of, low, high }
}
