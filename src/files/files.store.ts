import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')
const chunk = 500

async function inParts<T>(
  values: readonly string[],
  read: (part: readonly string[]) => Promise<T[]>,
): Promise<T[]> {
  const rows: T[] = []
  for (let from = 0; from < values.length; from += chunk)
    rows.push(...(await read(values.slice(from, from + chunk))))
  return rows
}

/** Of these keys, the ones the log holds already. */
export async function recordedKeys(
  reader: Reader,
  source: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await inParts(keys, (part) =>
    reader.rows<{ source_key: string }>(
      `select source_key from log where source = $1 and source_key in (${list(part, 2)})`,
      [source, ...part],
    ),
  )
  return new Set(rows.map(({ source_key }) => source_key))
}

export interface KnownOrder {
  readonly amountFen: number
  readonly refundedFen: number
  readonly at: Instant
}

/** Orders that are known already, from whatever source, by the shop's own order id. */
export async function knownOrders(
  reader: Reader,
  orderIds: readonly string[],
): Promise<Map<string, KnownOrder>> {
  const rows = await inParts(orderIds, (part) =>
    reader.rows<{ source_key: string; amount_fen: number; refunded_fen: number; at: number }>(
      `select source_key, amount_fen, refunded_fen, at from shop_order where source_key in (${list(part)})`,
      part,
    ),
  )
  return new Map(
    rows.map((row) => [
      row.source_key,
      { amountFen: row.amount_fen, refundedFen: row.refunded_fen, at: row.at },
    ]),
  )
}

/** What was asked back so far of orders that are not known yet; null = everything. */
export async function waitingRefunds(
  reader: Reader,
  orderIds: readonly string[],
): Promise<Map<string, number | null>> {
  const rows = await inParts(orderIds, (part) =>
    reader.rows<{ order_key: string; asked: number; wholes: number }>(
      `select order_key, cast(sum(coalesce(asked_fen, 0)) as bigint) as asked,
         cast(sum(case when asked_fen is null then 1 else 0 end) as bigint) as wholes
       from refund where customer is null and order_key in (${list(part)}) group by order_key`,
      part,
    ),
  )
  return new Map(rows.map(({ order_key, asked, wholes }) => [order_key, wholes > 0 ? null : asked]))
}

export const anyOrders = async (reader: Reader): Promise<boolean> =>
  (await reader.rows('select 1 as yes from shop_order limit 1')).length > 0
