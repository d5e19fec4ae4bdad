/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
import { discountProjection, itemProjection } from './items.ts'
import { orderProjection } from './orders.ts'

export { orderTables } from './order.tables.ts'
export { saveProducts } from './catalogue.ts'
export type { Product } from './catalogue.ts'
export { orderKeyOf, refundKeyOf } from './orders.ts'
export { ordersTouchedBy } from './items.ts'
export type { TouchedOrder } from './items.ts'
export { customersOfRefunds, productNames } from './order.store.ts'

export { createRecommendJobs } from './recommend/recommend.jobs.ts'
export { evaluateRecommendations } from './recommend/evaluate.ts'
export type { Evaluation } from './recommend/evaluate.ts'
export { takeLines } from './recommend/evaluate.store.ts'
export { loadRecommendSettings, recommendShape } from './recommend/settings.ts'
export type { RecommendSettings } from './recommend/settings.ts'
export { orderLines } from './recommend/lines.ts'
export { recommendFor } from './recommend/recommend.ts'
export type { Recommendation, RecommendationKind } from './recommend/recommend.ts'
export { refreshCoPurchase } from './recommend/co-purchase.ts'
export type { CoPurchaseResult } from './recommend/co-purchase.ts'

/** Tables younger than the first databases: filled from their log once. */
export const itemProjections = [itemProjection, discountProjection]
export const orderProjections = [orderProjection, ...itemProjections]

/** What she bought: facts, which stay under her new name. */
export const orderPrivacy: Privacy = {
  folder: 'order',
  tables: [
    { table: 'shop_order', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'purchase_day', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'refund', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'order_item', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'order_discount', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'returned_item', of: 'customer', by: 'customer', then: 'keep' },
  ],
}
