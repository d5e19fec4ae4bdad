/**
 * What the words did to those who really got them, without breaking the lottery. Who gets a message is chosen by
 * advisors: they press for customers they believe in, so comparing the delivered alone compares advisors' choices.
 * Dividing the effect on all who were assigned by the share that was delivered does not (Wald 1940; Imbens & Angrist
 * 1994, Identification and Estimation of Local Average Treatment Effects). Pure.
 */
import { normalCdf, normalQuantile } from '../../base/distributions.ts'
import type { Estimate } from './comparison.ts'

export interface Assigned {
  readonly n: number
  /** Of them did it. */
  readonly hits: number
  /** Of them really got the message. */
  readonly delivered: number
  /** Got it and did it. */
  readonly both: number
}

export type Complier =
  | { readonly kind: 'estimate'; readonly effect: Estimate; readonly against: 'nothing-sent' | 'both-sent' }
  /** `unlike`: advisors sent one arm's message more often than the other's, so the division has no meaning. */
  | { readonly kind: 'withheld'; readonly why: 'too-few' | 'unlike' }

/** Below this share of delivered, dividing by it says more about chance than about customers. */
const leastDelivered = 0.05
const unlikeP = 0.01

const share = (part: number, n: number): number => (n === 0 ? 0 : part / n)

/** Do advisors send both arms alike? Two-sided p of the two shares of delivered. */
export function deliveryP(control: Assigned, arm: Assigned): number {
  const n = control.n + arm.n
  const p = share(control.delivered + arm.delivered, n)
  const variance = p * (1 - p) * (1 / Math.max(1, control.n) + 1 / Math.max(1, arm.n))
  if (variance === 0) return 1
  const z = (share(arm.delivered, arm.n) - share(control.delivered, control.n)) / Math.sqrt(variance)
  return 2 * (1 - normalCdf(Math.abs(z)))
}

/**
 * Against a control that is sent nothing: the effect on those whose message goes out when it is offered. Between two
 * messages: the difference for those whose advisor sends whichever it is, which supposes that the advisor does not choose
 * by arm; where the shares of delivered differ, that is not so and nothing is said.
 */
export function complierEffect(control: Assigned, arm: Assigned, alpha: number): Complier {
  if (control.n === 0 || arm.n === 0) return { kind: 'withheld', why: 'too-few' }
  const z = normalQuantile(1 - alpha / 2)
  if (control.delivered === 0) return againstNothing(control, arm, z)
  if (deliveryP(control, arm) < unlikeP) return { kind: 'withheld', why: 'unlike' }
  return betweenTwo(control, arm, z)
}

const estimate = (value: number, error: number, z: number): Estimate => ({
  value,
  low: value - z * error,
  high: value + z * error,
})

/** Two-stage least squares with one binary instrument: its variance is that of Y − βD in both arms. */
function againstNothing(control: Assigned, arm: Assigned, z: number): Complier {
  const taken = share(arm.delivered, arm.n)
  if (taken < leastDelivered) return { kind: 'withheld', why: 'too-few' }
  const effect = (share(arm.hits, arm.n) - share(control.hits, control.n)) / taken
  const spread = [control, arm].reduce((sum, one) => sum + residual(one, effect) / one.n, 0)
  return {
    kind: 'estimate',
    effect: estimate(effect, Math.sqrt(spread) / taken, z),
    against: 'nothing-sent',
  }
}

/** Variance of Y − βD over the people of one arm. */
function residual({ n, hits, delivered, both }: Assigned, effect: number): number {
  const { y, d, yd } = moments({ n, hits, delivered, both })
  return y - 2 * effect * yd + effect * effect * d
}

function moments({ n, hits, delivered, both }: Assigned): { y: number; d: number; yd: number } {
  const [y, d] = [share(hits, n), share(delivered, n)]
  return { y: y * (1 - y), d: d * (1 - d), yd: share(both, n) - y * d }
}

/** The difference over all divided by the share delivered in both arms, by the delta method. */
function betweenTwo(control: Assigned, arm: Assigned, z: number): Complier {
  const n = control.n + arm.n
  const taken = share(control.delivered + arm.delivered, n)
  if (taken < leastDelivered) return { kind: 'withheld', why: 'too-few' }
  const effect = (share(arm.hits, arm.n) - share(control.hits, control.n)) / taken
  const spread = [
    { one: control, sign: -1 },
    { one: arm, sign: 1 },
  ].reduce((sum, { one, sign }) => {
    const { y, d, yd } = moments(one)
    return sum + y / one.n - (2 * sign * effect * yd) / n + (effect * effect * d * one.n) / (n * n)
  }, 0)
  return {
    kind: 'estimate',
    effect: estimate(effect, Math.sqrt(Math.max(0, spread)) / taken, z),
    against: 'both-sent',
  }
}
