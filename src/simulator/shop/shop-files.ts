/** The shop's order and product lists as the CSV files that a real shop would export for `siyu import`. */
import type { SeededOrderItem } from '../types.ts'
import type { Shop } from './shop.ts'
import { isoOf } from './shop.ts'

/** RFC 4180: quoted only where a comma, a quote or a line break demands it. */
function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const csv = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('')

const yuan = (fen: number) => `${String(Math.trunc(fen / 100))}.${String(fen % 100).padStart(2, '0')}`

/** `MF-A2-2:2:616.00;FD-RICE:1:58.00`: sku, quantity and what was paid for the line. */
const itemsText = (items: readonly SeededOrderItem[]) =>
  items.map((item) => `${item.sku}:${String(item.quantity)}:${yuan(item.amountFen)}`).join(';')

export interface ShopFiles {
  readonly orders: string
  readonly products: string
}

export function shopFiles(shop: Pick<Shop, 'orders' | 'products'>): ShopFiles {
  return {
    orders: csv([
      ['order_id', 'shop_id', 'external_userid', 'date', 'amount', 'items'],
      ...shop.orders.map((order) => [
        order.orderId,
        order.shopId,
        order.external_userid ?? '',
        isoOf(order.at),
        yuan(order.amountFen),
        itemsText(order.items),
      ]),
    ]),
    products: csv([
      [
        'sku',
        'name',
        'category',
        'stage',
        'age_from_months',
        'age_to_months',
        'price',
        'stock',
        'replenish_days',
        'url',
      ],
      ...shop.products.map((product) => [
        product.sku,
        product.name,
        product.category,
        product.stage,
        product.ageFromMonths,
        product.ageToMonths,
        yuan(product.priceFen),
        product.stock,
        product.replenishDays,
        product.url,
      ]),
    ]),
  }
}
