/** Who bought for the first time, and what was said to them: read in pages of customers, on a connection aside. */
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { placeholders } from '../base/placeholders.ts'

export const pageRows = 500

/** When the shop's first cadence came into force. */
export async function firstCadenceAt(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>(
    'select cast(min(published_at) as bigint) as at from cadence_version',
  )
  return row?.at ?? null
}

/** Whose first purchase lies in these days, both included, behind this customer in order. */
export const firstBuyersPage = (
  reader: Reader,
  { fromNo, untilNo, after }: { readonly fromNo: number; readonly untilNo: number; readonly after: string },
): Promise<{ customer: string; first_no: number }[]> =>
  reader.rows(
    `select customer, first_no from facts
     where first_no >= $1 and first_no <= $2 and customer > $3 order by customer limit ${String(pageRows)}`,
    [fromNo, untilNo, after],
  )

/** The earliest order of each on its day that was not taken back as a whole. */
export function firstOrders(
  reader: Reader,
  customers: readonly string[],
  since: Instant,
): Promise<{ customer: string; day: string; at: number }[]> {
  const values = placeholders()
  const whom = customers.map((customer) => values.put(customer)).join(', ')
  return reader.rows(
    `select customer, day, cast(min(at) as bigint) as at from shop_order
     where customer in (${whom}) and at >= ${values.put(since)} and refunded_day is null group by customer, day`,
    values.all,
  )
}

export interface SaidRow {
  readonly customer: string
  readonly state: string | null
  readonly due_at: number
  readonly sent_at: number | null
  readonly reason_code: string
  readonly reason_words: string
  readonly settle_code: string | null
  readonly settle_words: string | null
}

/** Everything that was to be said to them alone by these channels since then, or was. The latest first. */
export function saidTo(
  reader: Reader,
  customers: readonly string[],
  channels: readonly string[],
  since: Instant,
): Promise<SaidRow[]> {
  const values = placeholders()
  const whom = customers.map((customer) => values.put(customer)).join(', ')
  const by = channels.map((channel) => values.put(channel)).join(', ')
  return reader.rows<SaidRow>(
    `select customer, state, due_at, sent_at, reason_code, reason_words, settle_code, settle_words from promise
     where customer in (${whom}) and subject_kind = 'customer' and channel in (${by})
       and (due_at >= ${values.put(since)} or sent_at >= ${values.put(since)})
     order by due_at desc, id`,
    values.all,
  )
}
