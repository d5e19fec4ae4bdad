import type { Reader } from '../../base/db.ts'
import type { History, Purchase } from './histories.ts'

/** Customers in one read: a few thousand rows, a few milliseconds. */
const slice = 2_000

/** What she does of her own accord; a complaint is no sign of life, an answer to how satisfied she was none of interest. */
const interactions = `'browse', 'click', 'group', 'game', 'survey', 'chat', 'content'`

// ------------------------------------------------------------------ histories

export interface HistoryQuery {
  /** Nothing after this day is read. */
  readonly untilNo: number
  /** Ids are hashes, so the ids below a bound are a random sample; null = everybody. */
  readonly below: string | null
}

/** Buyers in id order, a slice at a time. */
export async function* readHistories(reader: Reader, query: HistoryQuery): AsyncGenerator<History[]> {
  for (let after = ''; ;) {
    const customers = await reader.rows<{ customer: string }>(
      `select distinct customer from purchase_day where customer > $1 ${query.below === null ? '' : 'and customer < $2'} order by customer limit ${String(slice)}`,
      query.below === null ? [after] : [after, query.below],
    )
    const [first, last] = [customers[0], customers.at(-1)]
    if (!first || !last) return
    yield await historiesBetween(reader, first.customer, last.customer, query.untilNo)
    after = last.customer
  }
}

async function historiesBetween(
  reader: Reader,
  first: string,
  last: string,
  untilNo: number,
): Promise<History[]> {
  const purchases = await reader.rows<{
    customer: string
    day_no: number
    orders: number
    gone: number | null
  }>(
    `select p.customer, p.day_no, p.orders, r.gone from purchase_day p
     left join (select customer, purchase_no, max(day_no) as gone from refund
       where customer >= $1 and customer <= $2 and orders > 0 group by customer, purchase_no) r
       on r.customer = p.customer and r.purchase_no = p.day_no
     where p.customer >= $1 and p.customer <= $2 and p.day_no <= $3 order by p.customer, p.day_no`,
    [first, last, untilNo],
  )
  const acts = await reader.rows<{ customer: string; day_no: number; acts: number }>(
    `select customer, day_no, cast(sum(acts) as bigint) as acts from activity_day
     where customer >= $1 and customer <= $2 and day_no <= $3 and activity in (${interactions})
     group by customer, day_no order by customer, day_no`,
    [first, last, untilNo],
  )
  const all = new Map<string, { purchases: Purchase[]; acts: { dayNo: number; acts: number }[] }>()
  for (const { customer, day_no, orders, gone } of purchases) {
    const own = all.get(customer) ?? { purchases: [], acts: [] }
    all.set(customer, own)
    own.purchases.push({
      dayNo: day_no,
      // Of a day with something left no refund took the last order.
      ...(orders > 0 || gone === null ? {} : { goneNo: gone }),
    })
  }
  for (const { customer, day_no, acts: n } of acts) all.get(customer)?.acts.push({ dayNo: day_no, acts: n })
  return [...all].map(([customer, own]) => ({ customer, ...own }))
}

export async function buyersKnown(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from facts where purchases > 0',
  )
  return row?.n ?? 0
}
