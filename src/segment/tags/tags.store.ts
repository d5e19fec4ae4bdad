import { sha256 } from '../../base/ids.ts'
import type { Instant } from '../../base/clock.ts'
import type { Db, Reader, Row, Tx, Value } from '../../base/db.ts'
import { dayNoSql, startOf, startOfDayNo } from './rule.ts'
import type { TagMoment, TagSql } from './rule.ts'

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

// ------------------------------------------------------------------ evaluation

/** One interval of one rule; `rule` is its place in the list, -1 = something that lies ahead. */
export interface IntervalRow {
  readonly rule: number
  readonly customer: string
  readonly since_at: number
  readonly until_at: number | null
  readonly recheck_at: number | null
  readonly holds: number
  readonly subject: string | null
  readonly a: number
  readonly b: number
}

const whole = (expression: string | undefined, otherwise: string): string =>
  `cast(${expression ?? otherwise} as bigint)`

const branch = (rule: number, sql: TagSql): string =>
  `select ${whole(String(rule), '')} as rule, ${sql.customer} as customer, ${whole(sql.since, '')} as since_at,
     ${whole(sql.until, 'null')} as until_at, ${whole(sql.recheck, 'null')} as recheck_at, ${whole(sql.holds, '1')} as holds,
     cast(${sql.subject ?? 'null'} as text) as subject, ${whole(sql.a, '0')} as a, ${whole(sql.b, '0')} as b
   from ${sql.from}`

/** Whose clock runs ahead of ours: looked at again when the day has come. */
const ahead = ({ dayNo }: TagMoment): TagSql => {
  const next = String(startOfDayNo(dayNo + 1))
  return {
    customer: 'f.customer',
    since: '0',
    recheck: startOf('min(f.day_no)'),
    holds: '0',
    from: `(select d.customer, d.day_no from touched t cross join activity_day d
        where d.customer = t.customer and d.day_no > ${String(dayNo)}
      union all select o.customer, ${dayNoSql('o.at')} as day_no from touched t cross join shop_order o
        where o.customer = t.customer and o.at >= ${next}) f group by f.customer`,
  }
}

/** All rules in one statement, for at most 500 customers. */
export async function readIntervals(
  reader: Reader,
  rules: readonly (readonly [number, TagSql])[],
  moment: TagMoment,
  customers: readonly string[],
): Promise<IntervalRow[]> {
  if (customers.length === 0 || rules.length === 0) return []
  const branches = [...rules.map(([i, sql]) => branch(i, sql)), branch(-1, ahead(moment))]
  return reader.rows<IntervalRow>(
    `with touched(customer) as (values ${customers.map((_, i) => `($${String(i + 1)})`).join(', ')})
     ${branches.join('\nunion all\n')}`,
    customers,
  )
}

// ------------------------------------------------------------------ what is stored

export interface StoredTag {
  readonly customer: string
  readonly tag: string
  readonly since_at: Instant
  readonly expires_at: Instant | null
  readonly subject: string
  readonly reason: string
}

export const storedTags = (reader: Reader, customers: readonly string[]): Promise<StoredTag[]> =>
  customers.length === 0
    ? Promise.resolve([])
    : reader.rows<StoredTag>(
        `select customer, tag, since_at, expires_at, subject, reason from dynamic_tag
          where customer in (${list(customers)}) order by customer, tag`,
        customers,
      )

export async function storedDue(reader: Reader, customers: readonly string[]): Promise<Map<string, Instant>> {
  if (customers.length === 0) return new Map()
  const rows = await reader.rows<{ customer: string; next_at: number }>(
    `select customer, next_at from tag_due where customer in (${list(customers)})`,
    customers,
  )
  return new Map(rows.map((row) => [row.customer, row.next_at]))
}

export const saveTags = (tx: Tx, rows: readonly StoredTag[]): Promise<number> =>
  tx.insert(
    'dynamic_tag',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (customer, tag) DO UPDATE SET since_at = excluded.since_at, expires_at = excluded.expires_at,
     subject = excluded.subject, reason = excluded.reason`,
  )

export async function dropTags(
  tx: Tx,
  rows: readonly { readonly customer: string; readonly tag: string }[],
): Promise<void> {
  if (rows.length === 0) return
  const pairs = rows.map((_, i) => `($${String(2 * i + 1)}, $${String(2 * i + 2)})`).join(', ')
  await tx.run(
    `DELETE FROM dynamic_tag WHERE (customer, tag) IN (values ${pairs})`,
    rows.flatMap(({ customer, tag }) => [customer, tag]),
  )
}

export async function saveDue(
  tx: Tx,
  rows: readonly { readonly customer: string; readonly next: Instant | null }[],
): Promise<void> {
  await tx.insert(
    'tag_due',
    rows.flatMap(({ customer, next }) => (next === null ? [] : [{ customer, next_at: next }])),
    'ON CONFLICT (customer) DO UPDATE SET next_at = excluded.next_at',
  )
  const over = rows.filter(({ next }) => next === null).map(({ customer }) => customer)
  if (over.length > 0) await tx.run(`DELETE FROM tag_due WHERE customer IN (${list(over)})`, over)
}

/** An older view must not overwrite a newer one; on SQLite the one writer is lock enough. */
export async function lockTags(tx: Tx): Promise<void> {
  if (tx.dialect === 'sqlite') return
  await tx.run(
    `INSERT INTO segment_state (name, value) VALUES ('tags-lock', '') ON CONFLICT (name) DO UPDATE SET value = segment_state.value`,
  )
}

/** The rules and the catalogue that the stored tags were last computed by. */
export async function storedMeaning(reader: Reader): Promise<string> {
  const [row] = await reader.rows<{ value: string }>(`select value from segment_state where name = 'tags'`)
  return row?.value ?? ''
}

export const saveMeaning = (tx: Tx, value: string): Promise<number> =>
  tx.insert(
    'segment_state',
    [{ name: 'tags', value }],
    'ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )

// ------------------------------------------------------------------ whose turn it is

export const dueByTime = async (reader: Reader, now: Instant, limit: number): Promise<string[]> =>
  (
    await reader.rows<{ customer: string }>(
      `select customer from tag_due where next_at <= $1 order by next_at, customer limit ${String(limit)}`,
      [now],
    )
  ).map(({ customer }) => customer)

export const nextDue = async (reader: Reader): Promise<Instant | null> =>
  (await reader.rows<{ at: number | null }>('select min(next_at) as at from tag_due'))[0]?.at ?? null

/** Everybody of whom there is something to say or to take back, in key order. */
export async function customersAfter(reader: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await reader.rows<{ customer: string }>(
    `select customer from (
       select * from (select id as customer from customer where id > $1 order by id limit ${String(limit)}) a
       union select * from (select customer from dynamic_tag where customer > $1 order by customer limit ${String(limit)}) b
     ) c order by customer limit ${String(limit)}`,
    [after],
  )
  return rows.map(({ customer }) => customer)
}

/** Changes when something of the catalogue that rules look at does. */
export async function catalogueHash(reader: Reader): Promise<string> {
  const rows = await reader.rows<Readonly<Record<string, Value>>>(
    'select sku, name, category, stage, price_fen, replenish_days from product order by sku',
  )
  return sha256(JSON.stringify(rows.map((row) => Object.values(row)))).slice(0, 16)
}

/** The catalogue is no part of the log: whoever tells the log again takes it as it is. */
export async function copyCatalogue(to: Db, from: Reader): Promise<void> {
  const products = await from.rows<Row>('select * from product order by sku')
  await to.inChunks(products, (tx, chunk) => tx.insert('product', chunk, 'ON CONFLICT (sku) DO NOTHING'))
}

// ------------------------------------------------------------------ for people to look at

export const tagCounts = (
  reader: Reader,
  at: Instant,
): Promise<{ tag: string; customers: number; next_expiry: number | null }[]> =>
  reader.rows(
    `select tag, cast(count(*) as bigint) as customers, min(expires_at) as next_expiry from dynamic_tag
      where expires_at is null or expires_at > $1 group by tag order by tag`,
    [at],
  )

/** The newest of each tag. */
export const tagSamples = (reader: Reader, at: Instant, perTag: number): Promise<StoredTag[]> =>
  reader.rows<StoredTag>(
    `select customer, tag, since_at, expires_at, subject, reason from (
       select d.*, row_number() over (partition by tag order by since_at desc, customer) as place from dynamic_tag d
        where expires_at is null or expires_at > $1) ranked
      where place <= ${String(perTag)} order by tag, place`,
    [at],
  )
