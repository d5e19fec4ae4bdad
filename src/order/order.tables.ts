import { table } from '../base/table.ts'
import { coPurchaseTable } from './recommend/recommend.tables.ts'

export const productTable = table('product', {
  sku: 'text key',
  name: 'text',
  category: 'text',
  stage: 'text',
  age_range: 'text',
  /** Empty where the shop told none. */
  price_fen: 'int?',
  stock: 'int?',
  url: 'text',
  picture: 'text',
  replenish_days: 'int?',
  detail: 'text',
})

/** `source_key`: the shop's order id, or where the row came from. `items` is JSON `[{sku, quantity, amountFen?}]`. */
export const shopOrderTable = table(
  'shop_order',
  {
    source_key: 'text key',
    customer: 'text',
    at: 'int',
    day: 'text',
    amount_fen: 'int',
    refunded_fen: 'int',
    /** Day of the refund that took the whole order back. */
    refunded_day: 'text?',
    items: 'text',
  },
  { index: [['customer', 'at'], ['at']] },
)

/**
 * Net of every refund known today; `orders` 0 = all of that day was taken back, which is no purchase. What was known on
 * a past day is this plus the refunds of later days.
 */
export const purchaseDayTable = table(
  'purchase_day',
  { customer: 'text key', day_no: 'int key', orders: 'int', amount_fen: 'int' },
  { clustered: true },
)

/** Refunds by the day they happened. `customer` and `purchase_no` are empty until the order itself is known. */
export const refundTable = table(
  'refund',
  {
    source_key: 'text key',
    order_key: 'text',
    customer: 'text?',
    day_no: 'int',
    purchase_no: 'int?',
    /** Asked for; null = the whole order. */
    asked_fen: 'int?',
    /** Taken off, never more than was left. */
    amount_fen: 'int',
    /** 1 when it took the rest of the order. */
    orders: 'int',
  },
  { index: [['order_key'], ['customer', 'day_no'], ['day_no']] },
)

const itemColumns = {
  order_key: 'text key',
  /** Its place in the order, from 0. */
  line: 'int key',
  customer: 'text',
  sku: 'text',
  day_no: 'int',
  quantity: 'int',
  /** Of the line; empty when the shop did not say. */
  amount_fen: 'int?',
} as const

/** Lines of every order that was not taken back as a whole. */
export const orderItemTable = table('order_item', itemColumns, {
  clustered: true,
  index: [
    ['customer', 'sku', 'day_no'],
    ['sku', 'day_no'],
  ],
})

/** Lines of orders that were taken back: what a past day needs. */
export const returnedItemTable = table('returned_item', itemColumns, {
  clustered: true,
  index: [['customer', 'sku', 'day_no']],
})

/** Orders made with a coupon or a discount; `fen` 0 = the shop did not say how much. */
export const orderDiscountTable = table(
  'order_discount',
  { order_key: 'text key', customer: 'text', fen: 'int' },
  { clustered: true, index: [['customer']] },
)

export const orderTables = [
  productTable,
  shopOrderTable,
  purchaseDayTable,
  refundTable,
  orderItemTable,
  returnedItemTable,
  orderDiscountTable,
  coPurchaseTable,
]
