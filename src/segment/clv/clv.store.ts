import type { Reader } from '../../base/db.ts'

/**
 * Customer-days as they were known at the end of a day: net of the refunds known by then. `orders` 0 is a day that was
 * taken back whole, which is no purchase; an amount of 0 is one (a sample, a gift card): it is counted in x and in the
 * mean. $1 is the day, $2 and $3 bound the customers where a range is asked for.
 */
async function customerDays(reader: Reader, dayNo: number, range: string): Promise<string> {
  const [later] = await reader.rows(
    'select 1 as yes from refund where day_no > $1 and customer is not null limit 1',
    [dayNo],
  )
  const net = `select customer, day_no, orders, amount_fen from purchase_day where day_no <= $1 ${range}`
  if (!later) return `select customer, day_no, amount_fen from (${net}) net where orders > 0`
  return `select customer, day_no, cast(sum(amount_fen) as bigint) as amount_fen from (${net}
      union all
      select customer, purchase_no as day_no, orders, amount_fen from refund
      where day_no > $1 and purchase_no <= $1 ${range}
    ) net group by customer, day_no having sum(orders) > 0`
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

export const readCustomerDays = (
  reader: Reader,
  after: string,
  upTo: string,
  dayNo: number,
): Promise<CustomerDays[]> => summed(reader, dayNo, 'and customer > $2 and customer <= $3', [after, upTo])

/** The same of named customers, at most 500. */
export async function readCustomerDaysOf(
  reader: Reader,
  customers: readonly string[],
  dayNo: number,
): Promise<CustomerDays[]> {
  if (customers.length === 0) return []
  const list = customers.map((_, i) => `$${String(i + 2)}`).join(', ')
  return summed(reader, dayNo, `and customer in (${list})`, customers)
}

async function summed(
  reader: Reader,
  dayNo: number,
  range: string,
  params: readonly string[],
): Promise<CustomerDays[]> {
  const rows = await reader.rows<{
    customer: string
    first_no: number
    last_no: number
    days: number
    amount_fen: number
    first_fen: number
  }>(
    `with bought as (${await customerDays(reader, dayNo, range)}),
     marked as (select customer, day_no, amount_fen, min(day_no) over (partition by customer) as first_no from bought)
     select customer, first_no, max(day_no) as last_no, cast(count(*) as bigint) as days,
       cast(sum(amount_fen) as bigint) as amount_fen,
       cast(sum(case when day_no = first_no then amount_fen else 0 end) as bigint) as first_fen
     from marked group by customer, first_no order by customer`,
    [dayNo, ...params],
  )
  return rows.map((row) => ({
    customer: row.customer,
    firstNo: row.first_no,
    lastNo: row.last_no,
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
     from (${await customerDays(reader, toNo, 'and customer > $2 and customer <= $3')}) bought where day_no > $4
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
  const rows = await reader.rows<{ day_no: number; bought: number; first: number }>(
    `with bought as (${await customerDays(reader, untilNo, '')}),
     marked as (select customer, day_no, min(day_no) over (partition by customer) as first_no from bought)
     select day_no, cast(count(*) as bigint) as bought,
       cast(sum(case when day_no = first_no then 1 else 0 end) as bigint) as first
     from marked where first_no <= $2 group by day_no order by day_no`,
    [untilNo, endNo],
  )
  return rows.map(({ day_no, bought, first }) => ({ dayNo: day_no, bought, first }))
}

/** The first and the last day on which anybody bought. */
export async function purchaseSpan(
  reader: Reader,
): Promise<{ readonly firstNo: number; readonly lastNo: number } | null> {
  const [row] = await reader.rows<{ first_no: number | null; last_no: number | null }>(
    'select min(day_no) as first_no, max(day_no) as last_no from purchase_day where orders > 0',
  )
  if (!row || row.first_no === null || row.last_no === null) return null
  return { firstNo: row.first_no, lastNo: row.last_no }
}

/** Every purchase day of each customer, ascending. */
export async function readEachDay(
  reader: Reader,
  after: string,
  upTo: string,
  dayNo: number,
): Promise<number[][]> {
  const rows = await reader.rows<{ customer: string; day_no: number }>(
    `select customer, day_no from (${await customerDays(reader, dayNo, 'and customer > $2 and customer <= $3')}) bought
     order by customer, day_no`,
    [dayNo, after, upTo],
  )
  const customers: number[][] = []
  let last: string | null = null
  for (const { customer, day_no } of rows) {
    if (customer !== last) customers.push([])
    last = customer
    customers.at(-1)?.push(day_no)
  }
  return customers
}
