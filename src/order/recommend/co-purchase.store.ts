/**
 * Counting what is bought together, in SQL on a connection aside. Bounds: a unit (customer or order) contributes its
 * newest `perUnit` items, an item looks at no more than `unitsPerItem` of its units, so a popular item costs what a
 * common one costs and the pairs visited are at most `min(lines, items × unitsPerItem) × (perUnit - 1)`; they are
 * grouped in batches of `headRowsPerBatch` units, and all but the current batch lies in temporary tables.
 */
import type { Reader, Tx } from '../../base/db.ts'
import type { Measure, RecommendSettings } from './settings.ts'

/** Rows `customer, order_key, sku, day_no` of what was bought: a table, or a query in brackets. */
export type LinesSource = string

export interface Span {
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly until: number
  /** A TEMP table of order keys that are left out. */
  readonly without?: string
}

const headRowsPerBatch = 20_000

/** A sku the counts know, by the size of its following: 1 = the most bought. */
export interface Item {
  readonly id: number
  readonly sku: string
  readonly units: number
}

export interface Neighbour {
  readonly item: number
  readonly other: number
  readonly together: number
}

export interface Counts {
  readonly items: readonly Item[]
  /** Units altogether. */
  readonly all: number
  /** How many units of an item are looked at. */
  looked(units: number): number
  /** The strongest pairs by batches of items, best first within an item. */
  batches(measure: Measure): AsyncGenerator<{ readonly items: readonly Item[]; readonly pairs: Neighbour[] }>
}

type CountSettings = Pick<
  RecommendSettings,
  'unit' | 'minSupport' | 'minTogether' | 'perUnit' | 'unitsPerItem' | 'perItem'
>

export async function countTogether(
  scratch: Tx,
  source: LinesSource,
  span: Span,
  settings: CountSettings,
): Promise<Counts> {
  const unit = settings.unit === 'customer' ? 'customer' : 'order_key'
  const whole = (n: number): string => String(Math.trunc(n))
  const lines = `select ${unit} as unit, sku, day_no from ${source} lines
    where day_no > ${whole(span.after)} and day_no <= ${whole(span.until)}
      ${span.without === undefined ? '' : `and order_key not in (select order_key from ${span.without})`}`
  const create = (name: string, query: string): Promise<number> =>
    scratch.run(`create temp table ${name} as ${query}`)

  for (const name of ['co_item', 'co_unit', 'co_line', 'co_size', 'co_head'])
    await scratch.run(`drop table if exists ${name}`)
  await create(
    'co_item',
    `select cast(row_number() over (order by n desc, sku) as bigint) as id, sku from
       (select sku, count(*) as n from (${lines}) l group by sku having count(*) >= ${whole(settings.minSupport)}) s`,
  )
  await scratch.run('create index co_item_sku on co_item (sku, id)')
  await create(
    'co_unit',
    `select cast(row_number() over (order by unit) as bigint) as id, unit from (select distinct unit from (${lines}) l) s`,
  )
  await scratch.run('create index co_unit_unit on co_unit (unit, id)')
  // Newest first; of one day the rarer first, since they say more.
  await create(
    'co_line',
    `select unit, item from (
       select unit, item, row_number() over (partition by unit order by day_no desc, item desc) as place from (
         select u.id as unit, i.id as item, max(l.day_no) as day_no
         from (${lines}) l join co_item i on i.sku = l.sku join co_unit u on u.unit = l.unit group by u.id, i.id) d
     ) p where place <= ${whole(settings.perUnit)}`,
  )
  await scratch.run('create index co_line_unit on co_line (unit, item)')
  await create('co_size', 'select item, cast(count(*) as bigint) as n from co_line group by item')
  await scratch.run('create index co_size_item on co_size (item, n)')
  // A stable scatter of the unit numbers decides which units of a popular item are looked at.
  await create(
    'co_head',
    `select item, unit from (
       select item, unit, row_number() over (partition by item order by unit * 2654435761 % 4294967296, unit) as place
       from co_line) p where place <= ${whole(settings.unitsPerItem)}`,
  )
  await scratch.run('create index co_head_item on co_head (item, unit)')
  for (const name of ['co_item', 'co_line', 'co_size', 'co_head']) await scratch.run(`analyze ${name}`)

  const items = await scratch.rows<Item>(
    `select i.id, i.sku, s.n as units from co_item i join co_size s on s.item = i.id
     where s.n >= ${whole(settings.minSupport)} order by i.id`,
  )
  const [{ n: all } = { n: 0 }] = await scratch.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from co_unit',
  )
  const looked = (units: number): number => Math.min(units, settings.unitsPerItem)
  return {
    items,
    all,
    looked,
    async *batches(measure) {
      for (const batch of inBatches(items, looked)) {
        const pairs = await scratch.rows<Neighbour>(pairsSql(measure, settings), [
          batch[0]?.id ?? 0,
          batch.at(-1)?.id ?? 0,
        ])
        yield { items: batch, pairs }
      }
    },
  }
}

function* inBatches(items: readonly Item[], looked: (units: number) => number): Generator<Item[]> {
  let batch: Item[] = []
  let rows = 0
  for (const item of items) {
    if (batch.length > 0 && rows + looked(item.units) > headRowsPerBatch) {
      yield batch
      batch = []
      rows = 0
    }
    batch.push(item)
    rows += looked(item.units)
  }
  if (batch.length > 0) yield batch
}

/** Within one item its own size is the same for all pairs: ordering needs whole numbers only, alike on both databases. */
const pairsSql = (measure: Measure, { minSupport, minTogether, perItem }: CountSettings): string => {
  const worth = measure === 'cosine' ? 't * t * 1000000 / n' : 't * 1000000 / n'
  return `select item, other, cast(t as bigint) as together from (
      select item, other, t, row_number() over (partition by item order by ${worth} desc, t desc, other) as place from (
        select p.item, p.other, p.t, s.n from (
          select h.item, l.item as other, count(*) as t
          from co_head h join co_line l on l.unit = h.unit and l.item <> h.item
          where h.item between $1 and $2 group by h.item, l.item having count(*) >= ${String(minTogether)}) p
        join co_size s on s.item = p.other where s.n >= ${String(minSupport)}) q
    ) r where place <= ${String(perItem)} order by item, place`
}

// ------------------------------------------------------------------ published

export interface CoPurchase {
  readonly sku: string
  readonly other: string
  readonly together: number
  readonly units: number
  readonly cosine_e6: number
  readonly lift_e3: number
  readonly rank: number
  readonly computed_no: number
}

const places = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

/** What one sku says is replaced as a whole. */
export async function replacePairs(
  tx: Tx,
  skus: readonly string[],
  rows: readonly CoPurchase[],
): Promise<void> {
  if (skus.length === 0) return
  await tx.run(`DELETE FROM co_purchase WHERE sku IN (${places(skus)})`, skus)
  await tx.insert(
    'co_purchase',
    rows.map((row) => ({ ...row })),
  )
}

/** Every sku that has pairs, '' included: as many as were published, which `minSupport` bounds. */
export async function publishedSkus(reader: Reader): Promise<string[]> {
  const rows = await reader.rows<{ sku: string }>('select distinct sku from co_purchase order by sku')
  return rows.map(({ sku }) => sku)
}

export async function pairsOf(reader: Reader, skus: readonly string[]): Promise<CoPurchase[]> {
  if (skus.length === 0) return []
  return reader.rows<CoPurchase>(
    `select sku, other, together, units, cosine_e6, lift_e3, rank, computed_no from co_purchase
     where sku in (${places(skus)}) order by sku, rank`,
    skus,
  )
}

export async function computedNo(reader: Reader): Promise<number | null> {
  const [row] = await reader.rows<{ n: number | null }>('select max(computed_no) as n from co_purchase')
  return row?.n ?? null
}
