/**
 * The churn signal of one customer on one day, from what was known at the end of that day. Pure: no clock, no database.
 *
 *   risk = logistic(intercept + surprise·S + fewPurchases·(−ln purchases) + activityDrop·D)
 *
 * S = −ln P(an interval of hers lasts longer than her present silence), by her own rhythm drawn towards the shop's
 *     (rhythm.ts): "beyond her own rhythm".
 * D = −ln of her rate of acts in the last weeks over her own earlier rate, both drawn towards each other as a
 *     gamma-Poisson posterior with the weight of one act: a fall counts as far as the counts bear it out. 0 = unknown.
 *
 * Risk rises with every silent day, so there is one day on which it reaches the threshold if she stays silent: `dueNo`,
 * the alarm. The warning comes `leadDays` earlier.
 */
import type { Histories, Known } from './histories.ts'
import { actsBetween } from './histories.ts'
import { logistic, logit } from './logistic.ts'
import { mostSurprise, silenceAt, surpriseOf } from './rhythm.ts'
import type { Intervals } from './rhythm.ts'
import type { ChurnRules, Parameters } from './settings.ts'

export const intervalsOf = ({
  purchases,
  firstNo,
  lastNo,
}: Omit<Known, 'sumLog' | 'supplyDays'>): Intervals => ({
  count: purchases - 1,
  sumDays: lastNo - firstNo,
})

export interface Activity {
  /** Acts within the window that ends on the day. */
  readonly recent: number
  /** Acts before it, and the days in which they could have happened. */
  readonly earlier: number
  readonly earlierDays: number
}

/** Days before the window in which acts could have been seen: not before she came, nor before the shop recorded any. */
export const earlierDaysOf = (rules: ChurnRules, sinceNo: number, originNo: number): number =>
  Math.max(0, Math.min(rules.activity.earlierDays, originNo - rules.activity.windowDays - sinceNo + 1))

export function activityAt(
  rules: ChurnRules,
  h: Histories,
  i: number,
  { sinceNo, originNo }: { readonly sinceNo: number; readonly originNo: number },
): Activity {
  const earlierDays = earlierDaysOf(rules, sinceNo, originNo)
  const borderNo = originNo - rules.activity.windowDays
  return {
    recent: actsBetween(h, i, borderNo, originNo),
    earlier: actsBetween(h, i, borderNo - earlierDays, borderNo),
    earlierDays,
  }
}

/** Nobody's activity changes the score by more than this: e³ is a twentieth, or twenty times. */
const mostDrop = 3

/** Positive = less than before, negative = more; 0 when too little is known to compare. */
export function activityDrop(rules: ChurnRules, actsPerDay: number, activity: Activity): number {
  const { windowDays } = rules.activity
  const { recent, earlier, earlierDays } = activity
  if (actsPerDay <= 0 || earlierDays < windowDays || recent + earlier === 0) return 0
  const usual = (windowDays * (earlier + 1)) / (earlierDays + 1 / actsPerDay)
  const drop = Math.log((usual + 1) / (recent + 1))
  return Math.min(mostDrop, Math.max(-mostDrop, drop))
}

export interface Signal {
  /** Today, 0 … 1. */
  readonly risk: number
  /** If she stays silent until the end of the lead. */
  readonly riskAhead: number
  /** The day of the alarm; null when no silence reaches it. */
  readonly dueNo: number | null
  readonly warned: boolean
}

/** Features of the logistic that do not change with silence. */
const restOf = ({ weights }: Parameters, own: Intervals, drop: number): number =>
  weights.intercept - weights.fewPurchases * Math.log(own.count + 1) + weights.activityDrop * drop

export const riskAt = (parameters: Parameters, own: Intervals, silenceDays: number, drop: number): number =>
  logistic(
    restOf(parameters, own, drop) +
      parameters.weights.surprise * surpriseOf(parameters.rhythm, own, silenceDays),
  )

/** Days of silence until the alarm; null when even the longest is not enough. */
export function alarmSilence(parameters: Parameters, own: Intervals, drop: number): number | null {
  const { threshold, weights, rhythm } = parameters
  if (threshold <= 0) return 0
  if (threshold >= 1) return null
  const surprise = (logit(threshold) - restOf(parameters, own, drop)) / weights.surprise
  if (surprise <= 0) return 0
  if (surprise >= mostSurprise) return null
  const silence = silenceAt(rhythm, own, Math.exp(-surprise))
  // Bisection ends a millionth above the true day; a whole day is a whole day.
  return Number.isFinite(silence) ? Math.max(0, Math.ceil(silence - 1e-4)) : null
}

export function signalOf(
  rules: ChurnRules,
  parameters: Parameters,
  known: Omit<Known, 'sumLog' | 'supplyDays'>,
  drop: number,
  originNo: number,
): Signal {
  const own = intervalsOf(known)
  const silence = originNo - known.lastNo
  const alarm = alarmSilence(parameters, own, drop)
  return {
    risk: riskAt(parameters, own, silence, drop),
    riskAhead: riskAt(parameters, own, silence + rules.leadDays, drop),
    dueNo: alarm === null ? null : known.lastNo + alarm,
    warned: alarm !== null && silence + rules.leadDays >= alarm,
  }
}

/** The label's window: churned = no purchase in so many days after the origin. */
export const labelDays = ({ label }: ChurnRules, own: Intervals): number =>
  Math.max(label.leastDays, label.rhythm * (own.sumDays / own.count))
