/** Every kind of rule a tier may use. To add one: a file, a line here. */
import type { RuleKind } from '../rule.ts'
import { averageOrderEver } from './average-order-ever.ts'
import { averageOrderTop } from './average-order-top.ts'
import { averageOrderWithin } from './average-order-within.ts'
import { engagedWithin } from './engaged-within.ts'
import { firstPurchaseWithin } from './first-purchase-within.ts'
import { purchasedBefore } from './purchased-before.ts'
import { purchasedWithin } from './purchased-within.ts'
import { purchasesWithin } from './purchases-within.ts'
import { repurchaseInterval } from './repurchase-interval.ts'
import { repurchasedWithin } from './repurchased-within.ts'
import { spentTop } from './spent-top.ts'
import { spentWithin } from './spent-within.ts'

export const ruleKinds: readonly RuleKind[] = [
  purchasesWithin,
  spentWithin,
  spentTop,
  averageOrderTop,
  averageOrderWithin,
  averageOrderEver,
  engagedWithin,
  firstPurchaseWithin,
  purchasedWithin,
  purchasedBefore,
  repurchasedWithin,
  repurchaseInterval,
]
