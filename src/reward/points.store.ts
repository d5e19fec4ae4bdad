import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

const chunk = 500
const list = (values: readonly unknown[]): string => values.map((_, i) => `$${String(i + 1)}`).join(', ')

export interface PointsRow {
  readonly id: string
  readonly player: string
  readonly amount: number
  readonly words: string
  readonly unique_key: string
  readonly at: Instant
}

/** False when this gift or payment was made before. */
export const insertPoints = async (tx: Tx, row: PointsRow): Promise<boolean> =>
  (await tx.insert('points', [{ ...row }], 'ON CONFLICT (unique_key) DO NOTHING')) === 1

export async function pointsOfKey(
  reader: Reader,
  key: string,
): Promise<{ readonly amount: number } | undefined> {
  return (await reader.rows<{ amount: number }>('select amount from points where unique_key = $1', [key]))[0]
}

const customerIdLength = 25

/** Whether points were given for a review of this order, to whoever it belonged then. */
export async function wasReviewed(reader: Reader, orderId: string): Promise<boolean> {
  const prefix = `review:${orderId}:`
  const rows = await reader.rows(
    `select 1 from points where unique_key >= $1 and unique_key < $2 and length(unique_key) = $3 limit 1`,
    [prefix, `review:${orderId};`, prefix.length + customerIdLength],
  )
  return rows.length > 0
}

export async function pointsOf(reader: Reader, player: string): Promise<number> {
  const [row] = await reader.rows<{ total: number | null }>(
    'select cast(sum(amount) as bigint) as total from points where player = $1',
    [player],
  )
  return row?.total ?? 0
}

/**
 * Balances by customer, with what she earned under an identity before she was known; null = of everybody. Who never had
 * any is absent.
 */
export async function pointsOfMany(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const take = async (sql: string, params: readonly string[]): Promise<void> => {
    const rows = await reader.rows<{ customer: string; total: number }>(sql, params)
    for (const { customer, total } of rows) found.set(customer, total)
  }
  if (customers === null) {
    await take(
      `select coalesce(i.customer, p.player) as customer, cast(sum(p.amount) as bigint) as total
       from points p left join identity i on i.kind = 'external' and i.value = p.player
       group by coalesce(i.customer, p.player)`,
      [],
    )
    return found
  }
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    await take(
      `select customer, cast(sum(amount) as bigint) as total from (
         select player as customer, amount from points where player in (${list(part)})
         union all
         select i.customer, p.amount from identity i join points p on p.player = i.value
         where i.kind = 'external' and i.customer in (${list(part)})) p group by customer`,
      part,
    )
  }
  return found
}

/** Held until the commit: who spends waits for whoever spends before her. */
export async function lockAccount(tx: Tx, player: string): Promise<void> {
  await tx.run(
    'INSERT INTO points_account (player) VALUES ($1) ON CONFLICT (player) DO UPDATE SET player = excluded.player',
    [player],
  )
}

export interface Leftover {
  readonly player: string
  readonly amount: number
}

/**
 * What is left of the points earned before `earnedBefore`, the oldest spent first, by what had gone out before
 * `spentBefore`.
 */
export const leftovers = (
  reader: Reader,
  {
    earnedBefore,
    spentBefore,
    player,
  }: { earnedBefore: Instant; spentBefore: Instant; player: string | null },
): Promise<Leftover[]> =>
  reader.rows<Leftover>(
    `select player, cast(earned - used as bigint) as amount from (
       select player, sum(case when amount > 0 and at < $1 then amount else 0 end) as earned,
         sum(case when amount < 0 and at < $2 then -amount else 0 end) as used
       from points ${player === null ? '' : 'where player = $3'} group by player) p
     where earned > used order by player`,
    [earnedBefore, spentBefore, ...(player === null ? [] : [player])],
  )
