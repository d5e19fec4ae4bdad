/**
 * When a customer will buy next, if she does within twice the label's window: quantiles of her rhythm's distribution
 * given her silence so far, at levels calibrated on what really followed (the levels between which 50 % and 80 % of the
 * calibration's next purchases came; as Kuleshov, Fenner & Ermon 2018 recalibrate a regression).
 */
import { silenceAt, tailOf } from './rhythm.ts'
import type { Intervals, Rhythm } from './rhythm.ts'
import { labelDays } from './signal.ts'
import type { ChurnRules, Parameters } from './settings.ts'

export const horizonDays = (rules: ChurnRules, own: Intervals): number => 2 * labelDays(rules, own)

/** Where in her distribution, given the silence and the horizon, an interval of `gapDays` lies: 0 … 1. */
export function levelOf(
  rhythm: Rhythm,
  own: Intervals,
  {
    silence,
    horizon,
    gapDays,
  }: { readonly silence: number; readonly horizon: number; readonly gapDays: number },
): number {
  const now = tailOf(rhythm, own, silence)
  const last = tailOf(rhythm, own, silence + horizon)
  return now - last <= 0 ? 0.5 : (now - tailOf(rhythm, own, gapDays)) / (now - last)
}

export interface Forecast {
  /** Days from the last purchase to the next. */
  readonly median: number
  readonly half: readonly [number, number]
  readonly most: readonly [number, number]
}

export function forecastOf(
  rules: ChurnRules,
  { rhythm, levels }: Parameters,
  own: Intervals,
  silence: number,
): Forecast {
  const horizon = horizonDays(rules, own)
  const now = tailOf(rhythm, own, silence)
  const last = tailOf(rhythm, own, silence + horizon)
  const at = (level: number): number =>
    Math.min(silence + horizon, Math.max(silence, silenceAt(rhythm, own, now - level * (now - last))))
  return {
    median: at(levels.p50),
    half: [at(levels.p25), at(levels.p75)],
    most: [at(levels.p10), at(levels.p90)],
  }
}
