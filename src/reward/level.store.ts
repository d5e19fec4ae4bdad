import type { Db, Reader, Row, Tx } from '../base/db.ts'
import type { Grant, LevelStanding, Purchase } from './level.ts'

const chunk = 500
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

/** Two who write standings at once would each write an older view: one waits. */
export const lockLevels = (tx: Tx): Promise<number> =>
  tx.run(
    `INSERT INTO meta (name, value) VALUES ('level-lock', '') ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  )

interface StandingRow {
  readonly customer: string
  readonly level: string
  readonly earned: string
  readonly since_no: number | null
  readonly keep_no: number | null
  readonly granted_no: number | null
  readonly next_no: number | null
}

const standingOf = (row: StandingRow): LevelStanding => ({
  level: row.level,
  earned: row.earned,
  sinceNo: row.since_no,
  keepNo: row.keep_no,
  grantedNo: row.granted_no,
  nextNo: row.next_no,
})

/** In parts of 500; null = one statement over everybody. */
async function rowsOf<T extends object>(
  reader: Reader,
  customers: readonly string[] | null,
  sql: (among: string) => string,
): Promise<T[]> {
  if (customers === null) return reader.rows<T>(sql('true'))
  const rows: T[] = []
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    rows.push(...(await reader.rows<T>(sql(`customer in (${list(part)})`), part)))
  }
  return rows
}

export async function storedLevels(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<Map<string, LevelStanding>> {
  const rows = await rowsOf<StandingRow>(
    reader,
    customers,
    (among) => `select * from level_standing where ${among}`,
  )
  return new Map(rows.map((row) => [row.customer, standingOf(row)]))
}

export async function purchasesOf(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, Purchase[]>> {
  const found = new Map<string, Purchase[]>()
  const rows = await rowsOf<{ customer: string; day_no: number; amount_fen: number }>(
    reader,
    customers,
    (among) =>
      `select customer, day_no, amount_fen from purchase_day where ${among} order by customer, day_no`,
  )
  for (const { customer, day_no, amount_fen } of rows) {
    const mine = found.get(customer) ?? []
    found.set(customer, mine)
    mine.push({ dayNo: day_no, fen: amount_fen })
  }
  return found
}

export async function grantsOf(reader: Reader, customers: readonly string[]): Promise<Map<string, Grant[]>> {
  const found = new Map<string, Grant[]>()
  const rows = await rowsOf<{ customer: string; level: string; from_no: number; until_no: number }>(
    reader,
    customers,
    (among) => `select customer, level, from_no, until_no from level_grant where ${among} order by key`,
  )
  for (const { customer, level, from_no, until_no } of rows) {
    const mine = found.get(customer) ?? []
    found.set(customer, mine)
    mine.push({ level, fromNo: from_no, untilNo: until_no })
  }
  return found
}

/** False when this gift was made before. */
export const insertGrant = async (
  tx: Tx,
  grant: Grant & { readonly key: string; readonly customer: string; readonly why: string },
): Promise<boolean> =>
  (await tx.insert(
    'level_grant',
    [
      {
        key: grant.key,
        customer: grant.customer,
        given_to: grant.customer,
        level: grant.level,
        from_no: grant.fromNo,
        until_no: grant.untilNo,
        why: grant.why,
      },
    ],
    'ON CONFLICT (key) DO NOTHING',
  )) === 1

/** The last day before this one on which she bought; null for who never had. */
export async function purchaseBefore(
  reader: Reader,
  customer: string,
  dayNo: number,
): Promise<number | null> {
  const [row] = await reader.rows<{ last: number | null }>(
    'select max(day_no) as last from purchase_day where customer = $1 and orders > 0 and day_no < $2',
    [customer, dayNo],
  )
  return row?.last ?? null
}

/** Whether a gift whose key begins so was given to her after this day. */
export async function grantedSince(
  reader: Reader,
  customer: string,
  prefix: string,
  afterNo: number,
): Promise<boolean> {
  const rows = await reader.rows(
    `select 1 from level_grant where customer = $1 and substr(key, 1, ${String(prefix.length)}) = $2 and from_no > $3 limit 1`,
    [customer, prefix, afterNo],
  )
  return rows.length > 0
}

/** Why each of these stands above what she earned; who does not is absent. */
export async function whysOfGrants(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<Map<string, string>> {
  const rows = await rowsOf<{ customer: string; why: string }>(
    reader,
    customers,
    (among) => `select g.customer, g.why from level_standing s
      join level_grant g on g.customer = s.customer and g.level = s.level and g.until_no = s.granted_no
      where ${among.replace('customer', 's.customer')} order by g.key`,
  )
  return new Map(rows.map(({ customer, why }) => [customer, why]))
}

/** Every gift of the shop, into an empty database. */
export async function copyGrants(to: Db, from: Reader): Promise<void> {
  for (let after = ''; ;) {
    const rows = await from.rows<Row & { readonly key: string }>(
      `select * from level_grant where key > $1 order by key limit ${String(chunk)}`,
      [after],
    )
    const last = rows.at(-1)
    if (!last) return
    after = last.key
    await to.tx((tx) => tx.insert('level_grant', rows))
  }
}

export async function saveLevels(tx: Tx, changed: ReadonlyMap<string, LevelStanding | null>): Promise<void> {
  const gone = [...changed].flatMap(([customer, standing]) => (standing === null ? customer : []))
  if (gone.length > 0) await tx.run(`DELETE FROM level_standing WHERE customer IN (${list(gone)})`, gone)
  await tx.insert(
    'level_standing',
    [...changed].flatMap(([customer, standing]) =>
      standing === null
        ? []
        : {
            customer,
            level: standing.level,
            earned: standing.earned,
            since_no: standing.sinceNo,
            keep_no: standing.keepNo,
            granted_no: standing.grantedNo,
            next_no: standing.nextNo,
          },
    ),
    `ON CONFLICT (customer) DO UPDATE SET level = excluded.level, earned = excluded.earned, since_no = excluded.since_no,
     keep_no = excluded.keep_no, granted_no = excluded.granted_no, next_no = excluded.next_no`,
  )
}

const names = (rows: readonly { readonly customer: string }[]): string[] =>
  rows.map(({ customer }) => customer)

/** Whom time alone may move by this day, in order. */
export const levelsDue = async (
  reader: Reader,
  todayNo: number,
  after: string,
  limit: number,
): Promise<string[]> =>
  names(
    await reader.rows<{ customer: string }>(
      `select customer from level_standing where next_no <= $1 and customer > $2 order by customer limit ${String(limit)}`,
      [todayNo, after],
    ),
  )

/** Whoever may stand above the lowest level: spent enough ever, was given one, or stood there. */
export const levelCandidates = async (
  reader: Reader,
  leastFen: number,
  after: string,
  limit: number,
): Promise<string[]> =>
  names(
    await reader.rows<{ customer: string }>(
      `select customer from (
         select customer from purchase_day where customer > $1 group by customer having sum(amount_fen) >= $2
         union select customer from level_standing where customer > $1
         union select customer from level_grant where customer > $1) c
       order by customer limit ${String(limit)}`,
      [after, leastFen],
    ),
  )

export interface SpentRow {
  readonly customer: string
  /** Within the window that ends today. */
  readonly spent: number
  /** Since her level began to be held. */
  readonly keeping: number
}

export const spentOf = (
  reader: Reader,
  customers: readonly string[] | null,
  todayNo: number,
  { windowDays, holdDays }: { readonly windowDays: number; readonly holdDays: number },
): Promise<SpentRow[]> =>
  rowsOf<SpentRow>(
    reader,
    customers,
    (among) => `select p.customer,
       cast(sum(case when p.day_no > ${String(todayNo - windowDays)} then p.amount_fen else 0 end) as bigint) as spent,
       cast(sum(case when p.day_no > s.keep_no - ${String(holdDays)} then p.amount_fen else 0 end) as bigint) as keeping
     from purchase_day p left join level_standing s on s.customer = p.customer
     where p.day_no > ${String(todayNo - Math.max(windowDays, holdDays))} and p.day_no <= ${String(todayNo)}
       and ${among.replace('customer', 'p.customer')}
     group by p.customer`,
  )

export const levelColumns = [
  'level',
  'earned',
  'since_no',
  'keep_no',
  'granted_no',
  'next_no',
  'spent',
  'keeping',
  'granted_why',
] as const

/** One row about the customer `$1`, for a screen that reads many things at once. */
export function levelRowSql(
  todayNo: number,
  { windowDays, holdDays }: { readonly windowDays: number; readonly holdDays: number },
): string {
  const spentSince = (from: string): string =>
    `(select cast(coalesce(sum(p.amount_fen), 0) as bigint) from purchase_day p
      where p.customer = c.customer and p.day_no > ${from} and p.day_no <= ${String(todayNo)})`
  return `select s.level, s.earned, s.since_no, s.keep_no, s.granted_no, s.next_no,
      ${spentSince(String(todayNo - windowDays))} as spent, ${spentSince(`s.keep_no - ${String(holdDays)}`)} as keeping,
      (select max(g.why) from level_grant g
        where g.customer = s.customer and g.level = s.level and g.until_no = s.granted_no) as granted_why
    from (select cast($1 as text) as customer) c left join level_standing s on s.customer = c.customer`
}

export const deleteLevel = (tx: Tx, customer: string): Promise<number> =>
  tx.run('DELETE FROM level_standing WHERE customer = $1', [customer])

/** `backTo`: only gifts that were given to her. */
export async function moveGrants(tx: Tx, from: string, to: string, backTo: string | null): Promise<void> {
  await tx.run(
    `UPDATE level_grant SET customer = $1 WHERE customer = $2 ${backTo === null ? '' : 'AND given_to = $3'}`,
    [to, from, ...(backTo === null ? [] : [backTo])],
  )
}
