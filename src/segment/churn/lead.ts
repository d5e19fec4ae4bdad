/**
 * How early the warning comes. Over customers who did churn and whom we warned about in the test, once for each silence:
 * days from our first warning to the day on which the other rule speaks, and to the day on which the silence itself has
 * lasted as long as the label's window ("certain": nothing more to warn about).
 */
import { quantileOf } from '../../base/statistics.ts'
import type { Verdict } from './evaluate.ts'
import { alarmSilence, intervalsOf } from './signal.ts'
import type { ChurnRules } from './settings.ts'

export interface Spread {
  readonly lower: number | null
  readonly median: number | null
  readonly upper: number | null
  /** Share in which ours came first. */
  readonly earlier: number | null
}

export interface LeadDays {
  /** Silences that ended in churn and were warned about. */
  readonly silences: number
  readonly beforeCertain: Spread
  readonly beforeFixedSilence: Spread
  readonly beforeTwiceRhythm: Spread
}

export const spread = (days: readonly number[]): Spread => {
  const sorted = [...days].sort((a, b) => a - b)
  return {
    lower: quantileOf(sorted, 0.25),
    median: quantileOf(sorted, 0.5),
    upper: quantileOf(sorted, 0.75),
    earlier: days.length === 0 ? null : days.filter((n) => n > 0).length / days.length,
  }
}

export function leadDaysOf(rules: ChurnRules, verdicts: readonly Verdict[]): LeadDays {
  const seen = new Set<string>()
  const leads: { certain: number; fixed: number; twice: number }[] = []
  for (const { one, warned, calibration } of verdicts) {
    const key = `${String(one.customer)} ${String(one.lastNo)}`
    if (!warned.ours || !one.churned || seen.has(key)) continue
    seen.add(key)
    const own = intervalsOf(one)
    const alarm = alarmSilence(calibration.parameters, own, one.drop)
    if (alarm === null) continue
    const firstWarning = Math.max(0, alarm - rules.leadDays)
    leads.push({
      certain: Math.ceil(one.windowDays) - firstWarning,
      fixed: rules.baselines.silenceDays - firstWarning,
      twice: Math.ceil(rules.baselines.rhythm * (own.sumDays / own.count)) - firstWarning,
    })
  }
  return {
    silences: leads.length,
    beforeCertain: spread(leads.map(({ certain }) => certain)),
    beforeFixedSilence: spread(leads.map(({ fixed }) => fixed)),
    beforeTwiceRhythm: spread(leads.map(({ twice }) => twice)),
  }
}
