import type { LinesSource } from './co-purchase.store.ts'

/** The order lines of the store, net of orders taken back: `customer, order_key, sku, day_no`. */
export const orderLines: LinesSource = 'order_item'
