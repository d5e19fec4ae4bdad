/** What the folders to the right may use. */
import { orderProjection } from './orders.ts'

export { orderTables } from './order.tables.ts'
export { saveProducts } from './catalogue.ts'
export type { Product } from './catalogue.ts'
export { orderKeyOf, refundKeyOf } from './orders.ts'
export { customersOfRefunds, productNames } from './order.store.ts'

export const orderProjections = [orderProjection]
