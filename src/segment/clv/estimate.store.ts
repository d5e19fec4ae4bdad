import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader, Tx } from '../../base/db.ts'

export const saveFits = (
  tx: Tx,
  rows: readonly {
    readonly seq: number
    readonly at: number
    readonly sourceKey: string
    readonly detail: { readonly endDay: Day }
  }[],
): Promise<number> =>
  tx.insert(
    'clv_fit',
    rows.map(({ seq, at, sourceKey, detail }) => ({
      seq,
      source_key: sourceKey,
      end_no: dayNumber(detail.endDay),
      at,
      detail: JSON.stringify(detail),
    })),
  )

export async function newestFit(
  reader: Reader,
): Promise<{ readonly seq: number; readonly detail: string } | null> {
  const [row] = await reader.rows<{ seq: number; detail: string }>(
    'select seq, detail from clv_fit order by seq desc limit 1',
  )
  return row ?? null
}

export async function fitSeqOf(reader: Reader, sourceKey: string): Promise<number | null> {
  const [row] = await reader.rows<{ seq: number | null }>(
    'select max(seq) as seq from clv_fit where source_key = $1',
    [sourceKey],
  )
  return row?.seq ?? null
}

export interface StoredEstimate {
  readonly customer: string
  readonly model: string
  readonly computed_no: number
  readonly p_alive: number
  readonly expected_52w: number
  readonly value_52w_fen: number
  readonly low_fen: number
  readonly high_fen: number
  readonly fit_seq: number
}

/** An older fit never overwrites a newer one, whoever comes last. */
export const saveEstimates = (tx: Tx, rows: readonly StoredEstimate[]): Promise<number> =>
  tx.insert(
    'clv_estimate',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (customer) DO UPDATE SET model = excluded.model, computed_no = excluded.computed_no,
     p_alive = excluded.p_alive, expected_52w = excluded.expected_52w, value_52w_fen = excluded.value_52w_fen,
     low_fen = excluded.low_fen, high_fen = excluded.high_fen, fit_seq = excluded.fit_seq
     WHERE clv_estimate.fit_seq <= excluded.fit_seq`,
  )

/** Those whom the newer fit no longer knows. */
export async function staleEstimates(reader: Reader, seq: number): Promise<string[]> {
  const rows = await reader.rows<{ customer: string }>(
    'select customer from clv_estimate where fit_seq < $1 order by customer',
    [seq],
  )
  return rows.map(({ customer }) => customer)
}

export const dropEstimates = (tx: Tx, customers: readonly string[]): Promise<number> =>
  customers.length === 0
    ? Promise.resolve(0)
    : tx.run(
        `DELETE FROM clv_estimate WHERE customer in (${customers.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
        customers,
      )

export async function estimatesOf(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, StoredEstimate>> {
  const found = new Map<string, StoredEstimate>()
  for (let from = 0; from < customers.length; from += 500) {
    const part = customers.slice(from, from + 500)
    const rows = await reader.rows<StoredEstimate>(
      `select customer, model, computed_no, p_alive, expected_52w, value_52w_fen, low_fen, high_fen, fit_seq
       from clv_estimate where customer in (${part.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
      part,
    )
    for (const row of rows) found.set(row.customer, row)
  }
  return found
}

export async function countEstimates(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ n: number }>('select cast(count(*) as bigint) as n from clv_estimate')
  return row?.n ?? 0
}

/** How many are worth more, or as much with an earlier id: the place of a customer, from 0. */
export async function placeOf(reader: Reader, customer: string, valueFen: number): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from clv_estimate
     where value_52w_fen > $1 or (value_52w_fen = $2 and customer < $3)`,
    [valueFen, valueFen, customer],
  )
  return row?.n ?? 0
}

export async function mostValuable(reader: Reader, count: number): Promise<StoredEstimate[]> {
  return reader.rows<StoredEstimate>(
    `select customer, model, computed_no, p_alive, expected_52w, value_52w_fen, low_fen, high_fen, fit_seq
     from clv_estimate order by value_52w_fen desc, customer limit ${String(count)}`,
  )
}

/** Only their ids, the most valuable first. */
export async function customersByValue(reader: Reader, count: number): Promise<string[]> {
  const rows = await reader.rows<{ customer: string }>(
    `select customer from clv_estimate order by value_52w_fen desc, customer limit ${String(count)}`,
  )
  return rows.map(({ customer }) => customer)
}
