/**
 * A shop of any size for benchmarks, made by the database itself: seeded, in the order of its keys, a slice of customers
 * at a time, so that a million customers with ten orders each take a minute and a hundred megabytes.
 *
 * `facts` fills customers, identities, purchase and engagement days, facts, cut points and standings. `full` adds what
 * screens read: the log rows of every order, the orders, catalogue, and contacts with advisors. What is filled agrees with
 * the log as far as it goes; the log rows stand in order of customer, as an import would leave them.
 */
import type { Act } from '../base/act.ts'
import { dayNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Db, Tx } from '../base/db.ts'
import { customerIdOf } from '../customer/index.ts'
import { fillStandings, freezeCutPoints } from '../segment/index.ts'
import type { TierRules } from '../segment/index.ts'

export interface WorldOptions {
  readonly customers: number
  /** Orders of each; two on one day are one purchase. */
  readonly ordersEach?: number
  readonly today: Day
  readonly seed?: number
  readonly detail?: 'facts' | 'full'
  /** Of a hundred customers, so many are contacts of one of 50 advisors (`full` only). */
  readonly contactPercent?: number
  /** Followers that shall not read the generated log again: their positions are set to its head. */
  readonly followers?: readonly string[]
  readonly onProgress?: (customers: number) => void
}

export interface WorldParts {
  readonly db: Db
  readonly act: Act
  readonly rules: TierRules
}

export interface World {
  readonly customers: number
  readonly orders: number
  readonly purchaseDays: number
  readonly seconds: number
  /** The customer of a place in the generated list, from 0. */
  customer(place: number): { readonly id: string; readonly external: string; readonly shopId: string }
}

const sliceCustomers = 10_000
const skus = 200
const advisors = 50

export async function makeWorld({ db, act, rules }: WorldParts, options: WorldOptions): Promise<World> {
  const startedAt = wallClock.steady()
  const plan: Plan = {
    dialect: db.dialect,
    each: options.ordersEach ?? 10,
    todayNo: dayNumber(options.today),
    seed: options.seed ?? 1,
    now: instantOf(options.today, '12:00'),
    full: options.detail === 'full',
    contactPercent: options.contactPercent ?? 0,
  }
  const people = peopleOf(options.customers)
  const indices = plan.full ? await dropIndices(db) : []
  if (plan.full) await db.tx((tx) => furnish(tx, plan))
  for (let from = 0; from < people.length; from += sliceCustomers) {
    const slice = people.slice(from, from + sliceCustomers)
    await db.tx((tx) => fillSlice(tx, plan, slice, from), 'bulk')
    options.onProgress?.(from + slice.length)
  }
  for (const sql of indices) await db.source.query(sql)
  await db.tx((tx) => closeLog(tx, plan, people.length, options.followers ?? []))
  await db.source.query('analyze')
  await freezeCutPoints({ db, act, rules }, options.today)
  await fillStandings({ db, act, rules }, options.today)
  const [count] = await db.reader.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from purchase_day',
  )
  return {
    orders: people.length * plan.each,
    purchaseDays: count?.n ?? 0,
    seconds: (wallClock.steady() - startedAt) / 1000,
    ...inhabited(people),
  }
}

type Inhabited = Pick<World, 'customers' | 'customer'>

const inhabited = (people: readonly Person[]): Inhabited => ({
  customers: people.length,
  customer(place) {
    const person = people[place]
    if (!person) throw new RangeError(`The world has no customer ${String(place)}.`)
    return { id: person.id, external: externalOf(person.n), shopId: shopIdOf(person.n) }
  },
})

/** The people of a world that was made before, or null when the database holds another number of customers. */
export async function worldMadeBefore(db: Db, customers: number): Promise<Inhabited | null> {
  const [count] = await db.reader.rows<{ n: number }>('select cast(count(*) as bigint) as n from standing')
  return count?.n === customers ? inhabited(peopleOf(customers)) : null
}

// ------------------------------------------------------------------ people

interface Person {
  readonly id: string
  /** Her number, in names. */
  readonly n: number
}

interface Plan {
  readonly dialect: Tx['dialect']
  readonly each: number
  readonly todayNo: number
  readonly seed: number
  readonly now: number
  readonly full: boolean
  readonly contactPercent: number
}

const externalOf = (n: number): string => `wm${String(10_000_000 + n)}`
const shopIdOf = (n: number): string => `s${String(10_000_000 + n)}`

/** In the order of their ids, so that every table is filled at its end. */
function peopleOf(customers: number): Person[] {
  const people = Array.from({ length: customers }, (_, i) => ({
    id: customerIdOf({ kind: 'external', value: externalOf(i + 1) }),
    n: i + 1,
  }))
  return people.sort((a, b) => (a.id < b.id ? -1 : 1))
}

async function fillSlice(tx: Tx, plan: Plan, people: readonly Person[], from: number): Promise<void> {
  const { each, todayNo } = plan
  await tx.insert(
    'customer',
    people.map(({ id }, i) => ({ id, created_at: 0, first_seq: (from + i) * each + 1 })),
  )
  await tx.insert(
    'identity',
    people.flatMap(({ id, n }, i) => {
      // Without a log, whatever comes is later than all that is generated.
      const seq = plan.full ? (from + i) * each + 1 : 0
      return [
        { kind: 'external', value: externalOf(n), customer: id, seq },
        { kind: 'shop', value: shopIdOf(n), customer: id, seq },
      ]
    }),
  )
  const ids = [people[0]?.id ?? '', people.at(-1)?.id ?? '']
  const orders = ordersSql(plan)
  if (plan.full) await fillOrders(tx, plan, orders, ids)
  await tx.run(
    `INSERT INTO purchase_day (customer, day_no, orders, amount_fen)
     select customer, day_no, count(*), cast(sum(amount_fen) as bigint) from (${orders}) o group by customer, day_no order by 1, 2`,
    ids,
  )
  await tx.run(
    `INSERT INTO engagement_day (customer, day_no, acts)
     select c.id, ${String(todayNo)} - ${rnd(plan, 'c.first_seq', 5)} % 200, 1 from customer c
     where c.id >= $1 and c.id <= $2 and ${rnd(plan, 'c.first_seq', 6)} % 2 = 0 order by 1`,
    ids,
  )
  await tx.run(
    `INSERT INTO facts (customer, first_no, last_no, purchases, orders, amount_fen, engaged_no)
     select p.customer, min(p.day_no), max(p.day_no), count(*), cast(sum(p.orders) as bigint), cast(sum(p.amount_fen) as bigint),
       (select max(e.day_no) from engagement_day e where e.customer = p.customer)
     from purchase_day p where p.customer >= $1 and p.customer <= $2 group by p.customer order by 1`,
    ids,
  )
  // Known since her first order, or the act before it.
  await tx.run(
    `UPDATE customer SET created_at = (select case when f.engaged_no < f.first_no then f.engaged_no else f.first_no end
       from facts f where f.customer = customer.id) * 86400000${plan.full ? '' : ', first_seq = 0'} WHERE id >= $1 AND id <= $2`,
    ids,
  )
}

// ------------------------------------------------------------------ chance

/** A whole number from 0 to 2^31 that only depends on its place and the seed; the same on both databases. */
function rnd({ seed }: Plan, place: string, salt: number): string {
  const mixed = `((${place}) * 1009 + ${String(salt * 7919 + seed * 104_729 + 17)}) % 2147483647 * 48271 % 2147483647`
  return `((${mixed} + ${String(salt)}) * 69621 % 2147483647 / 16)`
}

/**
 * `customer, k, first_seq, day_no, ms, amount_fen, sku`: she came up to three years ago, kept buying for a part of that
 * time, and spends on her own level. `$1` and `$2` bound the customers.
 */
function ordersSql(plan: Plan): string {
  const { each, todayNo } = plan
  const place = `c.first_seq + o.k`
  return `select customer, k, first_seq, amount_fen, ms, sku,
      ${String(todayNo)} - span + case when k = 0 then 0 else pick % (span * part / 100 + 1) end as day_no
    from (select c.id as customer, o.k, c.first_seq,
        1 + ${rnd(plan, 'c.first_seq', 1)} % 1080 as span, ${rnd(plan, 'c.first_seq', 2)} % 100 as part,
        ${rnd(plan, place, 3)} as pick,
        1000 + (20 + ${rnd(plan, 'c.first_seq', 4)} % 400) * (20 + ${rnd(plan, place, 7)} % 100) as amount_fen,
        36000000 + ${rnd(plan, place, 8)} % 40000000 as ms, ${rnd(plan, place, 9)} % ${String(skus)} as sku
      from customer c cross join (${Array.from({ length: each }, (_, k) => `select ${String(k)} as k`).join(' union all ')}) o
      where c.id >= $1 and c.id <= $2) drawn`
}

// ------------------------------------------------------------------ what screens read

const atOf = 'day_no * 86400000 - 28800000 + ms'
/** Of fixed width, so that keys are in order as text too. */
const keyOf = `'w' || cast(1000000000 + first_seq + k as text)`
const itemsOf = `'[{"sku":"S' || cast(1000 + sku as text) || '","quantity":1,"amountFen":' || cast(amount_fen as text) || '}]'`

async function fillOrders(tx: Tx, plan: Plan, orders: string, ids: readonly string[]): Promise<void> {
  const dayText =
    plan.dialect === 'sqlite'
      ? `date(day_no * 86400, 'unixepoch')`
      : `to_char(date '1970-01-01' + cast(day_no as integer), 'YYYY-MM-DD')`
  await tx.run(
    `INSERT INTO shop_order (source_key, customer, at, day, amount_fen, refunded_fen, items)
     select ${keyOf}, customer, ${atOf}, ${dayText}, amount_fen, 0, ${itemsOf} from (${orders}) o order by first_seq, k`,
    ids,
  )
  await tx.run(
    `INSERT INTO order_item (order_key, line, customer, sku, day_no, quantity, amount_fen)
     select ${keyOf}, 0, customer, 'S' || cast(1000 + sku as text), day_no, 1, amount_fen from (${orders}) o order by first_seq, k`,
    ids,
  )
  await tx.run(
    `INSERT INTO log (seq, id, at, recorded_at, kind, source, source_key, external, shop_id, detail)
     select first_seq + k, ${keyOf}, ${atOf}, ${String(plan.now)}, 'order-placed', 'world', ${keyOf}, e.value, s.value,
       '{"orderId":"' || ${keyOf} || '","amountFen":' || cast(amount_fen as text) || ',"items":' || ${itemsOf} || '}'
     from (${orders}) o
       join identity e on e.customer = o.customer and e.kind = 'external'
       join identity s on s.customer = o.customer and s.kind = 'shop' order by first_seq, k`,
    ids,
  )
  if (plan.contactPercent === 0) return
  const known = `from customer c join identity e on e.customer = c.id and e.kind = 'external'
    where c.id >= $1 and c.id <= $2 and ${rnd(plan, 'c.first_seq', 10)} % 100 < ${String(plan.contactPercent)} order by 1`
  await tx.run(
    `INSERT INTO relation (external, staff, state, added_at)
     select e.value, 'advisor' || cast(10 + ${rnd(plan, 'c.first_seq', 11)} % ${String(advisors)} as text), 'active', ${String(plan.now - 1000)} ${known}`,
    ids,
  )
  await tx.run(
    `INSERT INTO profile (external, name, gender, remark_tags)
     select e.value, '客户' || e.value, ${rnd(plan, 'c.first_seq', 12)} % 3, '[]' ${known}`,
    ids,
  )
}

async function furnish(tx: Tx, { contactPercent }: Plan): Promise<void> {
  const stages = ['孕期', '0-1岁', '1-3岁', '3-6岁']
  const places = Array.from({ length: skus }, (_, i) => i)
  await tx.insert(
    'product',
    places.map((i) => ({
      sku: `S${String(1000 + i)}`,
      name: `商品${String(i + 1)}`,
      category: `品类${String(i % 12)}`,
      stage: stages[i % 4] ?? '',
      age_range: '',
      price_fen: 2_000 + i * 137,
      stock: 100,
      url: '',
      picture: '',
      replenish_days: i % 5 === 0 ? 30 : null,
      detail: '',
    })),
  )
  if (contactPercent > 0)
    await tx.insert(
      'staff',
      Array.from({ length: advisors }, (_, i) => ({
        userid: `advisor${String(10 + i)}`,
        name: `顾问${String(i + 1)}`,
        active: 1,
        contact: 1,
      })),
    )
}

/** The one index that is not filled in its own order; it is made again afterwards. Answers the statements for that. */
async function dropIndices(db: Db): Promise<string[]> {
  await db.source.query('drop index ix_shop_order_at')
  await db.source.query('drop index ix_order_item_sku_day_no')
  return [
    'create index ix_shop_order_at on shop_order (at)',
    'create index ix_order_item_sku_day_no on order_item (sku, day_no)',
  ]
}

async function closeLog(
  tx: Tx,
  { full, each }: Plan,
  customers: number,
  followers: readonly string[],
): Promise<void> {
  if (!full) return
  const head = customers * each
  await tx.run('UPDATE log_head SET seq = $1', [head])
  await tx.insert(
    'follower',
    followers.map((name) => ({ name, position: head })),
    'ON CONFLICT (name) DO UPDATE SET position = excluded.position',
  )
}
