import type { Reader, Tx } from '../../base/db.ts'
import type { History, Purchase } from './histories.ts'

/** Customers in one read: a few thousand rows, a few milliseconds. */
const slice = 2_000
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

/** What she does of her own accord; a complaint is no sign of life, an answer to how satisfied she was none of interest. */
const interactions = `'browse', 'click', 'group', 'game', 'survey', 'chat', 'content'`

// ------------------------------------------------------------------ histories, to calibrate and to evaluate

export interface HistoryQuery {
  /** Nothing after this day is read. */
  readonly untilNo: number
  /** Ids are hashes, so the ids below a bound are a random sample; null = everybody. */
  readonly below: string | null
}

/** Buyers in id order, a slice at a time. */
export async function* readHistories(reader: Reader, query: HistoryQuery): AsyncGenerator<History[]> {
  const { below } = query
  const supplies = await anySupply(reader)
  for (let after = ''; ;) {
    const customers = await reader.rows<{ customer: string }>(
      `select distinct customer from purchase_day where customer > $1 ${below === null ? '' : 'and customer < $2'}
       order by customer limit ${String(slice)}`,
      below === null ? [after] : [after, below],
    )
    const [first, last] = [customers[0], customers.at(-1)]
    if (!first || !last) return
    yield await historiesBetween(reader, [first.customer, last.customer, query.untilNo], supplies)
    after = last.customer
  }
}

type Range = readonly [string, string, number]

async function historiesBetween(reader: Reader, range: Range, supplies: boolean): Promise<History[]> {
  const purchases = await reader.rows<{
    customer: string
    day_no: number
    orders: number
    gone_no: number | null
  }>(
    `select p.customer, p.day_no, p.orders, r.gone_no from purchase_day p
     left join (select customer, purchase_no, max(day_no) as gone_no from refund
       where customer >= $1 and customer <= $2 and orders > 0 group by customer, purchase_no) r
       on r.customer = p.customer and r.purchase_no = p.day_no
     where p.customer >= $1 and p.customer <= $2 and p.day_no <= $3 order by p.customer, p.day_no`,
    range,
  )
  const acts = await reader.rows<{ customer: string; day_no: number; acts: number }>(
    `select customer, day_no, cast(sum(acts) as bigint) as acts from activity_day
     where customer >= $1 and customer <= $2 and day_no <= $3 and activity in (${interactions})
     group by customer, day_no order by customer, day_no`,
    range,
  )
  const lasts = supplies ? await suppliesBetween(reader, range) : new Map<string, number>()
  const all = new Map<string, { purchases: Purchase[]; acts: { dayNo: number; acts: number }[] }>()
  for (const { customer, day_no, orders, gone_no } of purchases) {
    const own = all.get(customer) ?? { purchases: [], acts: [] }
    all.set(customer, own)
    const supplyDays = lasts.get(`${customer} ${String(day_no)}`)
    own.purchases.push({
      dayNo: day_no,
      // Of a day with something left no refund took the last order.
      ...(orders > 0 || gone_no === null ? {} : { goneNo: gone_no }),
      ...(supplyDays === undefined ? {} : { supplyDays }),
    })
  }
  for (const { customer, day_no, acts: n } of acts) all.get(customer)?.acts.push({ dayNo: day_no, acts: n })
  return [...all].map(([customer, own]) => ({ customer, ...own }))
}

async function suppliesBetween(reader: Reader, range: Range): Promise<Map<string, number>> {
  const rows = await reader.rows<{ customer: string; day_no: number; supply: number }>(
    `select i.customer, i.day_no, cast(min(p.replenish_days * i.quantity) as bigint) as supply
     from order_item i join product p on p.sku = i.sku
     where i.customer >= $1 and i.customer <= $2 and i.day_no <= $3 and p.replenish_days > 0
     group by i.customer, i.day_no`,
    range,
  )
  return new Map(rows.map(({ customer, day_no, supply }) => [`${customer} ${String(day_no)}`, supply]))
}

async function anySupply(reader: Reader): Promise<boolean> {
  const rows = await reader.rows('select 1 as yes from product where replenish_days > 0 limit 1')
  return rows.length > 0
}

export async function buyersKnown(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from facts where purchases > 0',
  )
  return row?.n ?? 0
}

// ------------------------------------------------------------------ what a signal is made of

/** One customer as the facts know her; `recent` and `earlier` are her acts around the activity border. */
export interface Known {
  readonly customer: string
  readonly first_no: number
  readonly last_no: number
  readonly purchases: number
  readonly recent: number
  readonly earlier: number
  readonly supply: number | null
}

export interface ActsQuery {
  /** Acts after this day and up to `dayNo` are recent, those from `fromNo` to it earlier. */
  readonly borderNo: number
  readonly fromNo: number
  readonly dayNo: number
}

/** Null: the shop records no acts, or none were there when the parameters were made. */
export interface KnownQuery {
  readonly leastPurchases: number
  readonly acts: ActsQuery | null
}

/** In scope only: enough purchases. Either some customers (at most 500), or a slice in id order after one. */
export async function readKnown(
  reader: Reader,
  query: KnownQuery,
  of: { readonly customers: readonly string[] } | { readonly after: string },
): Promise<Known[]> {
  const who = 'customers' in of ? `customer in (${list(of.customers)})` : 'customer > $1'
  const params: readonly string[] = 'customers' in of ? of.customers : [of.after]
  if ('customers' in of && of.customers.length === 0) return []
  const facts = await reader.rows<{ customer: string; first_no: number; last_no: number; purchases: number }>(
    `select customer, first_no, last_no, purchases from facts
     where ${who} and purchases >= ${String(query.leastPurchases)} order by customer
     limit ${String('customers' in of ? 500 : slice)}`,
    params,
  )
  const [first, last] = [facts[0], facts.at(-1)]
  if (!first || !last) return []
  const where = 'customers' in of ? `f.customer in (${list(facts)})` : 'f.customer >= $1 and f.customer <= $2'
  const whom = 'customers' in of ? facts.map(({ customer }) => customer) : [first.customer, last.customer]
  const acts = query.acts === null ? new Map<string, Acts>() : await readActs(reader, query.acts, where, whom)
  const supplies = await readSupplies(reader, where, whom)
  return facts.map((one) => ({
    ...one,
    recent: acts.get(one.customer)?.recent ?? 0,
    earlier: acts.get(one.customer)?.earlier ?? 0,
    supply: supplies.get(one.customer) ?? null,
  }))
}

interface Acts {
  readonly customer: string
  readonly recent: number
  readonly earlier: number
}

async function readActs(
  reader: Reader,
  { borderNo, fromNo, dayNo }: ActsQuery,
  where: string,
  whom: readonly string[],
): Promise<Map<string, Acts>> {
  const border = String(borderNo)
  const rows = await reader.rows<Acts>(
    `select f.customer, cast(sum(case when f.day_no > ${border} then f.acts else 0 end) as bigint) as recent,
       cast(sum(case when f.day_no <= ${border} and f.day_no >= k.first_no then f.acts else 0 end) as bigint) as earlier
     from activity_day f join facts k on k.customer = f.customer
     where ${where} and f.day_no >= ${String(fromNo)} and f.day_no <= ${String(dayNo)}
       and f.activity in (${interactions}) group by f.customer`,
    whom,
  )
  return new Map(rows.map((row) => [row.customer, row]))
}

async function readSupplies(
  reader: Reader,
  where: string,
  whom: readonly string[],
): Promise<Map<string, number>> {
  if (!(await anySupply(reader))) return new Map()
  const rows = await reader.rows<{ customer: string; supply: number }>(
    `select f.customer, cast(min(p.replenish_days * i.quantity) as bigint) as supply
     from facts f join order_item i on i.customer = f.customer and i.day_no = f.last_no
       join product p on p.sku = i.sku
     where ${where} and p.replenish_days > 0 group by f.customer`,
    whom,
  )
  return new Map(rows.map(({ customer, supply }) => [customer, supply]))
}

// ------------------------------------------------------------------ signals

export interface StoredSignal {
  readonly customer: string
  readonly state: 'none' | 'warning'
  readonly since_no: number | null
  readonly score: number
  readonly due_no: number | null
  readonly expected_next_no: number | null
  readonly reason: string
}

const columns = 'customer, state, since_no, score, due_no, expected_next_no, reason'

/** Some customers (at most 500), or all after one and up to another; null = to the end. */
export async function readSignals(
  reader: Reader,
  of: { readonly customers: readonly string[] } | { readonly after: string; readonly upTo: string | null },
): Promise<StoredSignal[]> {
  if ('customers' in of) {
    if (of.customers.length === 0) return []
    return reader.rows<StoredSignal>(
      `select ${columns} from churn_signal where customer in (${list(of.customers)}) order by customer`,
      of.customers,
    )
  }
  return reader.rows<StoredSignal>(
    `select ${columns} from churn_signal where customer > $1 ${of.upTo === null ? '' : 'and customer <= $2'} order by customer`,
    of.upTo === null ? [of.after] : [of.after, of.upTo],
  )
}

/** Warnings whose alarm lies furthest ahead first: the newest, for whom something can still be done. */
export const newestWarnings = (reader: Reader, most: number): Promise<StoredSignal[]> =>
  reader.rows<StoredSignal>(
    `select ${columns} from churn_signal where state = 'warning'
     order by due_no desc nulls last, score desc, customer limit ${String(most)}`,
  )

export async function countWarnings(reader: Reader): Promise<{ signals: number; warnings: number }> {
  const [row] = await reader.rows<{ signals: number; warnings: number }>(
    `select cast(count(*) as bigint) as signals,
       cast(coalesce(sum(case when state = 'warning' then 1 else 0 end), 0) as bigint) as warnings from churn_signal`,
  )
  return row ?? { signals: 0, warnings: 0 }
}

export const saveSignals = (tx: Tx, rows: readonly StoredSignal[]): Promise<number> =>
  tx.insert(
    'churn_signal',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (customer) DO UPDATE SET state = excluded.state, since_no = excluded.since_no, score = excluded.score,
     due_no = excluded.due_no, expected_next_no = excluded.expected_next_no, reason = excluded.reason`,
  )

export async function dropSignals(tx: Tx, customers: readonly string[]): Promise<number> {
  if (customers.length === 0) return 0
  return tx.run(`DELETE FROM churn_signal WHERE customer IN (${list(customers)})`, customers)
}

// ------------------------------------------------------------------ calibrations and state

/** Taken first by whoever writes signals, so that an older view never overwrites a newer. */
export const lockSignals = (tx: Tx): Promise<number> =>
  tx.run(`UPDATE churn_state SET value = value WHERE name = 'lock'`)

export async function stateOf(reader: Reader, name: string): Promise<string> {
  const [row] = await reader.rows<{ value: string }>('select value from churn_state where name = $1', [name])
  return row?.value ?? ''
}

export const saveState = (tx: Tx, name: string, value: string): Promise<number> =>
  tx.insert('churn_state', [{ name, value }], 'ON CONFLICT (name) DO UPDATE SET value = excluded.value')

export const saveCalibrations = (
  tx: Tx,
  rows: readonly { readonly day_no: number; readonly body: string }[],
): Promise<number> =>
  tx.insert(
    'churn_calibration',
    rows.map((row) => ({ ...row })),
    'ON CONFLICT (day_no) DO UPDATE SET body = excluded.body',
  )

export async function newestCalibration(
  reader: Reader,
  dayNo: number,
): Promise<{ readonly day_no: number; readonly body: string } | null> {
  const rows = await reader.rows<{ day_no: number; body: string }>(
    'select day_no, body from churn_calibration where day_no <= $1 order by day_no desc limit 1',
    [dayNo],
  )
  return rows[0] ?? null
}
