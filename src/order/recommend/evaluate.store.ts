/** What an offline evaluation reads: on a connection aside, histories in chunks, never everybody at once. */
import type { Tx } from '../../base/db.ts'
import type { LinesSource } from './co-purchase.store.ts'

export interface DataSize {
  readonly lines: number
  readonly customers: number
  readonly orders: number
  readonly skus: number
  readonly first_no: number | null
  readonly last_no: number | null
}

export async function sizeOf(scratch: Tx, source: LinesSource): Promise<DataSize> {
  const [size] = await scratch.rows<DataSize>(
    `select cast(count(*) as bigint) as lines, cast(count(distinct customer) as bigint) as customers,
       cast(count(distinct order_key) as bigint) as orders, cast(count(distinct sku) as bigint) as skus,
       min(day_no) as first_no, max(day_no) as last_no from ${source} lines`,
  )
  return size ?? { lines: 0, customers: 0, orders: 0, skus: 0, first_no: null, last_no: null }
}

/** Every n-th of those who qualify, in order of their id: about `most` of them. */
async function everyNth(
  scratch: Tx,
  who: string,
  most: number,
): Promise<{ customers: string[]; of: number }> {
  const [{ n } = { n: 0 }] = await scratch.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from (${who}) w`,
  )
  const step = Math.max(1, Math.ceil(n / most))
  const rows = await scratch.rows<{ customer: string }>(
    `select customer from (select customer, row_number() over (order by customer) as place from (${who}) w) p
     where place % ${String(step)} = 0 order by customer`,
  )
  return { customers: rows.map(({ customer }) => customer), of: n }
}

/** Who bought both before and after the end of `splitNo`. */
export const boughtAcross = (
  scratch: Tx,
  source: LinesSource,
  splitNo: number,
  most: number,
): Promise<{ customers: string[]; of: number }> =>
  everyNth(
    scratch,
    `select customer from ${source} lines group by customer
     having min(day_no) <= ${String(splitNo)} and max(day_no) > ${String(splitNo)}`,
    most,
  )

export const boughtTwice = (
  scratch: Tx,
  source: LinesSource,
  most: number,
): Promise<{ customers: string[]; of: number }> =>
  everyNth(
    scratch,
    `select customer from ${source} lines group by customer having count(distinct order_key) > 1`,
    most,
  )

export interface Line {
  readonly customer: string
  readonly order_key: string
  readonly sku: string
  readonly day_no: number
}

const chunk = 500

/** Oldest first. */
export async function* linesOf(
  scratch: Tx,
  source: LinesSource,
  customers: readonly string[],
): AsyncGenerator<Map<string, Line[]>> {
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const found = new Map<string, Line[]>(part.map((customer) => [customer, []]))
    const rows = await scratch.rows<Line>(
      `select customer, order_key, sku, day_no from ${source} lines
       where customer in (${part.map((_, i) => `$${String(i + 1)}`).join(', ')}) order by customer, day_no, order_key, sku`,
      part,
    )
    for (const row of rows) found.get(row.customer)?.push(row)
    yield found
  }
}

/** A TEMP table of order keys. */
export async function holdOut(scratch: Tx, orderKeys: readonly string[]): Promise<string> {
  await scratch.run('drop table if exists held_out')
  await scratch.run('create temp table held_out (order_key text primary key)')
  for (let from = 0; from < orderKeys.length; from += 5_000)
    await scratch.insert(
      'held_out',
      orderKeys.slice(from, from + 5_000).map((order_key) => ({ order_key })),
    )
  return 'held_out'
}

/** Lines that are not the store's, as a TEMP table of the same shape. */
export async function takeLines(scratch: Tx, batches: AsyncIterable<readonly Line[]>): Promise<LinesSource> {
  await scratch.run('drop table if exists given_line')
  await scratch.run('create temp table given_line (customer text, order_key text, sku text, day_no bigint)')
  for await (const batch of batches)
    await scratch.insert(
      'given_line',
      batch.map(({ customer, order_key, sku, day_no }) => ({ customer, order_key, sku, day_no })),
    )
  await scratch.run('create index given_line_customer on given_line (customer)')
  return 'given_line'
}
