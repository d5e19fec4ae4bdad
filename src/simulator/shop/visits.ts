/**
 * Days on which a household looks around in the shop without buying. An assumption, not a measurement: interest fades in
 * the last weeks before a household silently leaves (nobody leaves from one day to the next), and a little curiosity
 * remains afterwards. `fades: false` is the world in which browsing knows nothing of leaving.
 */
import { randomOf } from './random.ts'
import type { Nature } from './shop.ts'
import { dayMs, dayOf, weekMs } from './shop.ts'

export interface VisitRules {
  readonly fades: boolean
  /** Visits a week of the least and of the most curious. */
  readonly leastPerWeek: number
  readonly mostPerWeek: number
  /** Mean length of the fading, different for each household. */
  readonly fadingWeeks: number
  /** What remains of the rate at the end of it, and afterwards. */
  readonly rest: number
}

export const usualVisits: VisitRules = {
  fades: true,
  leastPerWeek: 0.3,
  mostPerWeek: 4,
  fadingWeeks: 6,
  rest: 0.15,
}

/** `YYYY-MM-DD` → visits of that day, from the entry up to `before`. */
export function visitsOf(
  seed: number,
  { shopId, nature }: { readonly shopId: string; readonly nature: Nature },
  { entersAt, before }: { readonly entersAt: number; readonly before: number },
  rules: VisitRules = usualVisits,
): Map<string, number> {
  const random = randomOf(seed, 'visits', shopId)
  const perWeek = rules.leastPerWeek + (rules.mostPerWeek - rules.leastPerWeek) * nature.curiosity
  const fadingMs = random.exponential(1 / rules.fadingWeeks) * weekMs
  const visits = new Map<string, number>()
  for (let at = entersAt; ;) {
    at += random.exponential(perWeek) * weekMs
    if (at >= before) return visits
    // Thinning: the draws of a steady visitor, of which a fading one keeps a share.
    const kept = random.next() < (rules.fades ? interest(at, nature.leavesAt, fadingMs, rules.rest) : 1)
    const day = dayOf(at)
    if (kept) visits.set(day, (visits.get(day) ?? 0) + 1)
  }
}

/** 1 while she is a customer, falling in a straight line to the rest while she fades. */
function interest(at: number, leavesAt: number, fadingMs: number, rest: number): number {
  const left = leavesAt - at
  if (left <= 0) return rest
  return left >= fadingMs ? 1 : rest + (1 - rest) * (left / Math.max(dayMs, fadingMs))
}
