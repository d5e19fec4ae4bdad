import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export type ReferralState = 'joined' | 'ordered' | 'credited' | 'ended'

export interface ReferralRow {
  readonly friend: string
  readonly inviter: string
  readonly friend_was: string
  readonly inviter_was: string
  readonly via: string
  readonly state: ReferralState
  readonly why: string
  readonly joined_at: number
  readonly order_key: string | null
  readonly due_no: number | null
  readonly settled_at: number | null
}

export async function codeOfPlayer(reader: Reader, player: string): Promise<string | null> {
  const [row] = await reader.rows<{ code: string }>('select code from referral_code where player = $1', [
    player,
  ])
  return row?.code ?? null
}

export async function playerOfCode(reader: Reader, code: string): Promise<string | null> {
  const [row] = await reader.rows<{ player: string }>('select player from referral_code where code = $1', [
    code,
  ])
  return row?.player ?? null
}

export const putCode = (tx: Tx, code: string, player: string): Promise<number> =>
  tx.insert('referral_code', [{ code, player }], 'ON CONFLICT (player) DO NOTHING')

/** The customer behind a player, when she is known by now. */
export async function playersNow(reader: Reader, players: readonly string[]): Promise<Map<string, string>> {
  const names = new Map(players.map((player) => [player, player]))
  if (players.length === 0) return names
  const rows = await reader.rows<{ value: string; customer: string }>(
    `select value, customer from identity where kind = 'external' and value in (${players.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
    players,
  )
  for (const { value, customer } of rows) names.set(value, customer)
  return names
}

/** The row in which this person is the friend, under any name of hers. */
export async function referralOfFriend(reader: Reader, friend: string): Promise<ReferralRow | null> {
  const [row] = await reader.rows<ReferralRow>(
    `select * from referral where friend = $1
       or friend in (select value from identity where kind = 'external' and customer = $1)
     order by joined_at, friend limit 1`,
    [friend],
  )
  return row ?? null
}

export const insertReferral = async (tx: Tx, row: ReferralRow): Promise<boolean> =>
  (await tx.insert('referral', [{ ...row }], 'ON CONFLICT (friend) DO NOTHING')) === 1

/** False when it stands elsewhere by now. */
export const moveReferral = async (
  tx: Tx,
  friend: string,
  from: ReferralState,
  to: Pick<ReferralRow, 'state' | 'why' | 'order_key' | 'due_no' | 'settled_at'>,
): Promise<boolean> =>
  (await tx.run(
    `UPDATE referral SET state = $1, why = $2, order_key = $3, due_no = $4, settled_at = $5
     WHERE friend = $6 AND state = $7`,
    [to.state, to.why, to.order_key, to.due_no, to.settled_at, friend, from],
  )) === 1

export const dueReferrals = (reader: Reader, todayNo: number, limit: number): Promise<ReferralRow[]> =>
  reader.rows<ReferralRow>(
    `select * from referral where state = 'ordered' and due_no <= $1 order by due_no, friend limit ${String(limit)}`,
    [todayNo],
  )

export async function creditedSince(reader: Reader, inviter: string, since: Instant): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from referral
     where inviter = $1 and state = 'credited' and why = '' and settled_at >= $2`,
    [inviter, since],
  )
  return row?.n ?? 0
}

export const referralsOf = (reader: Reader, inviter: string): Promise<ReferralRow[]> =>
  reader.rows<ReferralRow>('select * from referral where inviter = $1 order by joined_at desc limit 500', [
    inviter,
  ])

export interface OrderFacts {
  readonly customer: string
  readonly at: number
  readonly isReturned: boolean
}

export async function orderFacts(reader: Reader, key: string): Promise<OrderFacts | null> {
  const [row] = await reader.rows<{ customer: string; at: number; refunded_day: string | null }>(
    'select customer, at, refunded_day from shop_order where source_key = $1',
    [key],
  )
  return row ? { customer: row.customer, at: row.at, isReturned: row.refunded_day !== null } : null
}

/** Null for who never ordered. */
export async function firstOrderAt(reader: Reader, customer: string): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>(
    'select min(at) as at from shop_order where customer = $1',
    [customer],
  )
  return row?.at ?? null
}

// ------------------------------------------------------------------ merges

export async function moveReferrals(tx: Tx, from: string, to: string, backTo: string | null): Promise<void> {
  const was = (column: string): string => (backTo === null ? '' : `AND ${column} = $3`)
  const params = [to, from, ...(backTo === null ? [] : [backTo])]
  await tx.run(`UPDATE referral SET inviter = $1 WHERE inviter = $2 ${was('inviter_was')}`, params)
  // She can have come only once: the earlier name's row stays as it is.
  await tx.run(
    `UPDATE referral SET friend = $1 WHERE friend = $2 ${was('friend_was')}
     AND NOT EXISTS (SELECT 1 FROM referral r WHERE r.friend = $1)`,
    params,
  )
  await tx.run(
    `UPDATE referral_code SET player = $1 WHERE player = $2 AND NOT EXISTS (SELECT 1 FROM referral_code c WHERE c.player = $1)`,
    [to, from],
  )
}
