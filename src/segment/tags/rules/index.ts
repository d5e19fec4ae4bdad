/** Every kind of rule a dynamic tag may use. To add one: a file, a line here, a case in tags.test.ts. */
import type { TagRuleKind } from '../rule.ts'
import { actsOften } from './acts-often.ts'
import { bargainHunter } from './bargain-hunter.ts'
import { browsedProduct } from './browsed-product.ts'
import { browsesWithoutOrdering } from './browses-without-ordering.ts'
import { buysAt } from './buys-at.ts'
import { categoryLover } from './category-lover.ts'
import { clickedNotBought } from './clicked-not-bought.ts'
import { comparesCombinations } from './compares-combinations.ts'
import { pollAnswer } from './poll-answer.ts'
import { refundsOften } from './refunds-often.ts'
import { replenishDue } from './replenish-due.ts'

export const tagRuleKinds: readonly TagRuleKind[] = [
  clickedNotBought,
  browsedProduct,
  browsesWithoutOrdering,
  comparesCombinations,
  bargainHunter,
  actsOften,
  replenishDue,
  categoryLover,
  pollAnswer,
  buysAt,
  refundsOften,
]
