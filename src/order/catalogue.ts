import type { Ctx } from '../base/act.ts'
import { upsertProducts } from './order.store.ts'

export interface Product {
  readonly sku: string
  readonly name: string
  readonly category?: string | undefined
  readonly stage?: string | undefined
  readonly ageRange?: string | undefined
  readonly priceFen?: number | undefined
  readonly stock?: number | undefined
  readonly url?: string | undefined
  readonly picture?: string | undefined
  /** Days after which one of these is used up. */
  readonly replenishDays?: number | undefined
  readonly detail?: string | undefined
}

/** Adds or replaces products by sku; at most 500 at a time. `part` names this piece of the import in the log. */
export async function saveProducts(
  ctx: Ctx,
  products: readonly Product[],
  part: { readonly source: string; readonly sourceKey: string },
): Promise<void> {
  const bySku = [...new Map(products.map((product) => [product.sku, product])).values()]
  bySku.sort((a, b) => (a.sku < b.sku ? -1 : 1))
  await upsertProducts(
    ctx.tx,
    bySku.map((product) => ({
      sku: product.sku,
      name: product.name,
      category: product.category ?? '',
      stage: product.stage ?? '',
      age_range: product.ageRange ?? '',
      price_fen: product.priceFen ?? null,
      stock: product.stock ?? null,
      url: product.url ?? '',
      picture: product.picture ?? '',
      replenish_days: product.replenishDays ?? null,
      detail: product.detail ?? '',
    })),
  )
  ctx.record({
    kind: 'products-imported',
    at: ctx.now,
    ...part,
    who: {},
    detail: { products: bySku.length },
  })
}
