/** Every kind of rule a tier may use. To add one: a file, a line here. */
import type { RuleKind } from '../rule.ts'
import { averageOrderTop } from './average-order-top.ts'
import { averageOrderWithin } from './average-order-within.ts'
import { engagedWithin } from './engaged-within.ts'
import { firstPurchaseWithin } from './first-purchase-within.ts'
import { purchasedBefore } from './purchased-before.ts'
import { purchasedWithin } from './purchased-within.ts'
import { purchasesWithin } from './purchases-within.ts'
import { spentWithin } from './spent-within.ts'

export const ruleKinds: readonly RuleKind[] = [
  purchasesWithin,
  spentWithin,
  averageOrderTop,
  averageOrderWithin,
  engagedWithin,
  firstPurchaseWithin,
  purchasedWithin,
  purchasedBefore,
]
