/** The nightly count: read aside, published sku by sku in short transactions. */
import type { Db } from '../../base/db.ts'
import { cosineE6, liftE3 } from './affinity.ts'
import { countTogether, publishedSkus, replacePairs } from './co-purchase.store.ts'
import type { CoPurchase, Counts, Item, Neighbour } from './co-purchase.store.ts'
import { orderLines } from './lines.ts'
import type { RecommendSettings } from './settings.ts'

export interface CoPurchaseResult {
  readonly skus: number
  readonly units: number
  readonly pairs: number
}

const skusPerTransaction = 25

export function refreshCoPurchase(
  db: Db,
  settings: RecommendSettings,
  dayNo: number,
): Promise<CoPurchaseResult> {
  return db.aside(async (scratch) => {
    const span = { after: dayNo - settings.windowDays, until: dayNo }
    const counts = await countTogether(scratch, orderLines, span, settings)
    const byId = new Map(counts.items.map((item) => [item.id, item]))
    let pairs = await publish(db, [['', popular(counts, settings, dayNo)]])
    for await (const batch of counts.batches(settings.measure)) {
      const rows = new Map<string, CoPurchase[]>(batch.items.map(({ sku }) => [sku, []]))
      for (const row of toRows(counts, byId, batch.pairs, dayNo)) rows.get(row.sku)?.push(row)
      pairs += await publish(db, [...rows])
    }
    await forgetOthers(db, new Set(['', ...counts.items.map(({ sku }) => sku)]))
    return { skus: counts.items.length, units: counts.all, pairs }
  })
}

async function publish(
  db: Db,
  perSku: readonly (readonly [string, readonly CoPurchase[]])[],
): Promise<number> {
  let written = 0
  for (let from = 0; from < perSku.length; from += skusPerTransaction) {
    const part = perSku.slice(from, from + skusPerTransaction)
    const rows = part.flatMap(([, own]) => own)
    await db.tx(
      (tx) =>
        replacePairs(
          tx,
          part.map(([sku]) => sku),
          rows,
        ),
      'bulk',
    )
    written += rows.length
  }
  return written
}

async function forgetOthers(db: Db, known: ReadonlySet<string>): Promise<void> {
  const gone = (await publishedSkus(db.reader)).filter((sku) => !known.has(sku))
  await publish(
    db,
    gone.map((sku) => [sku, []] as const),
  )
}

const popular = (counts: Counts, { perItem }: RecommendSettings, dayNo: number): CoPurchase[] =>
  [...counts.items]
    .sort((a, b) => b.units - a.units || a.id - b.id)
    .slice(0, perItem * 5)
    .map(({ sku, units }, i) => ({
      sku: '',
      other: sku,
      together: units,
      units: counts.all,
      cosine_e6: 0,
      lift_e3: 0,
      rank: i + 1,
      computed_no: dayNo,
    }))

function* toRows(
  counts: Counts,
  byId: ReadonlyMap<number, Item>,
  pairs: readonly Neighbour[],
  dayNo: number,
): Generator<CoPurchase> {
  let rank = 0
  let last = 0
  for (const pair of pairs) {
    const item = byId.get(pair.item)
    const other = byId.get(pair.other)
    if (!item || !other) continue
    rank = pair.item === last ? rank + 1 : 1
    last = pair.item
    const looked = counts.looked(item.units)
    const figures = {
      units: item.units,
      looked,
      otherUnits: other.units,
      together: pair.together,
      all: counts.all,
    }
    yield {
      sku: item.sku,
      other: other.sku,
      together: pair.together,
      units: looked,
      cosine_e6: cosineE6(figures),
      lift_e3: liftE3(figures),
      rank,
      computed_no: dayNo,
    }
  }
}
