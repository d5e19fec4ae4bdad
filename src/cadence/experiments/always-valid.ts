/**
 * Reading an experiment as often as one likes. A fixed test looked at every day and stopped at the first star finds
 * differences that are not there in a quarter of all A/A tests and more; the bounds here hold at all looks together.
 *
 * They are the normal-mixture boundary of sequential testing: Robbins 1970; as mixture SPRT for A/B tests Johari, Koomen,
 * Pekelis & Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests" (Operations Research 70(3), 2022); as
 * confidence sequences Howard, Ramdas, McAuliffe & Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence
 * sequences" (Annals of Statistics 49(2), 2021); with estimated variances Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 52(6), 2024).
 *
 * `n` people seen in both arms together, `z` the estimate in its own standard errors, `tuning` the mixture's variance on
 * the scale of one person. The bounds hold for any tuning that is fixed beforehand; it decides where they are tightest.
 */

/** The mixture that is tightest at `target` people (Waudby-Smith et al. 2024, appendix B.2). */
export function tuningFor(target: number, alpha: number): number {
  const log = -2 * Math.log(alpha)
  return (log + Math.log(log) + 1) / Math.max(1, target)
}

/** How many standard errors the interval reaches to each side, after `n` people. */
export function sequenceCritical(n: number, alpha: number, tuning: number): number {
  if (n <= 0) return Number.POSITIVE_INFINITY
  const mixed = n * tuning
  return Math.sqrt(((mixed + 1) / mixed) * Math.log((mixed + 1) / (alpha * alpha)))
}

/** The p-value that may be looked at any time: one over the mixture's likelihood ratio. */
export function alwaysValidP(n: number, z: number, tuning: number): number {
  const mixed = n * tuning
  const log = 0.5 * Math.log(mixed + 1) - (0.5 * z * z * mixed) / (mixed + 1)
  return Math.min(1, Math.exp(log))
}
