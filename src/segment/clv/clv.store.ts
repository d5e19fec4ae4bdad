import type { Reader } from '../../base/db.ts'

/**
 * Customer-days as they were known at the end of a day: net of the refunds known by then. `orders` 0 is a day that was
 * taken back whole, which is no purchase; an amount of 0 is one (a sample, a gift card): it is counted in x and in the
 * mean. $1 and $2 bound the customers, $3 is the day.
 */
async function customerDays(reader: Reader, dayNo: number, range: string): Promise<string> {
  const [later] = await reader.rows(
    'select 1 as yes from refund where day_no > $1 and customer is not null limit 1',
    [dayNo],
  )
  const net = `select customer, day_no as day, orders, amount_fen from purchase_day where day_no <= $1 ${range}`
  if (!later) return `select customer, day, amount_fen from (${net}) net where orders > 0`
  return `select customer, day, cast(sum(amount_fen) as bigint) as amount_fen from (${net}
      union all
      select customer, purchase_no as day, orders, amount_fen from refund
      where day_no > $1 and purchase_no <= $1 ${range}
    ) net group by customer, day having sum(orders) > 0`
}

/** The last customer of the next `size`, or null at the end. */
export async function pageEnd(reader: Reader, after: string, size: number): Promise<string | null> {
  const [row] = await reader.rows<{ last: string | null }>(
    `select max(customer) as last from (select customer from facts where customer > $1 order by customer limit ${String(size)}) page`,
    [after],
  )
  return row?.last ?? null
}

export interface CustomerDays {
  readonly customer: string
  readonly firstNo: number
  readonly lastNo: number
  /** Purchase days, the first included. */
  readonly days: number
  readonly amountFen: number
  /** Of her first day. */
  readonly firstFen: number
}

export async function readCustomerDays(
  reader: Reader,
  after: string,
  upTo: string,
  dayNo: number,
): Promise<CustomerDays[]> {
  const rows = await reader.rows<{
    customer: string
    first_day: number
    last_day: number
    days: number
    amount_fen: number
    first_fen: number
  }>(
    `with bought as (${await customerDays(reader, dayNo, 'and customer > $2 and customer <= $3')}),
     marked as (select customer, day, amount_fen, min(day) over (partition by customer) as first_day from bought)
     select customer, first_day, max(day) as last_day, cast(count(*) as bigint) as days,
       cast(sum(amount_fen) as bigint) as amount_fen,
       cast(sum(case when day = first_day then amount_fen else 0 end) as bigint) as first_fen
     from marked group by customer, first_day order by customer`,
    [dayNo, after, upTo],
  )
  return rows.map((row) => ({
    customer: row.customer,
    firstNo: row.first_day,
    lastNo: row.last_day,
    days: row.days,
    amountFen: row.amount_fen,
    firstFen: row.first_fen,
  }))
}

/** Days bought after `fromNo`, as known at the end of `toNo`. */
export async function readDaysAfter(
  reader: Reader,
  after: string,
  upTo: string,
  fromNo: number,
  toNo: number,
): Promise<Map<string, { readonly days: number; readonly amountFen: number }>> {
  const rows = await reader.rows<{ customer: string; days: number; amount_fen: number }>(
    `select customer, cast(count(*) as bigint) as days, cast(sum(amount_fen) as bigint) as amount_fen
     from (${await customerDays(reader, toNo, 'and customer > $2 and customer <= $3')}) bought where day > $4
     group by customer`,
    [toNo, after, upTo, fromNo],
  )
  return new Map(rows.map((row) => [row.customer, { days: row.days, amountFen: row.amount_fen }]))
}

/** Per day: how many bought, and for how many of them it was the first time, of those who first bought by `endNo`. */
export async function readDailyCounts(
  reader: Reader,
  endNo: number,
  untilNo: number,
): Promise<{ readonly dayNo: number; readonly bought: number; readonly first: number }[]> {
  const rows = await reader.rows<{ day: number; bought: number; first: number }>(
    `with bought as (${await customerDays(reader, untilNo, '')}),
     marked as (select customer, day, min(day) over (partition by customer) as first_day from bought)
     select day, cast(count(*) as bigint) as bought,
       cast(sum(case when day = first_day then 1 else 0 end) as bigint) as first
     from marked where first_day <= $2 group by day order by day`,
    [untilNo, endNo],
  )
  return rows.map(({ day, bought, first }) => ({ dayNo: day, bought, first }))
}

/** The first and the last day on which anybody bought. */
export async function purchaseSpan(
  reader: Reader,
): Promise<{ readonly firstNo: number; readonly lastNo: number } | null> {
  const [row] = await reader.rows<{ first_day: number | null; last_day: number | null }>(
    'select min(day_no) as first_day, max(day_no) as last_day from purchase_day where orders > 0',
  )
  if (!row || row.first_day === null || row.last_day === null) return null
  return { firstNo: row.first_day, lastNo: row.last_day }
}
