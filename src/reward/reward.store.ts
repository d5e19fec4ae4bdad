import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface CouponRow {
  readonly code: string
  readonly player: string
  readonly title: string
  readonly state: 'issued' | 'redeemed'
  readonly issued_at: number
  readonly expires_at: number
}

/** False when this gift was given before. */
export async function insertPoints(
  tx: Tx,
  row: { id: string; player: string; amount: number; words: string; unique_key: string; at: Instant },
): Promise<boolean> {
  return (await tx.insert('points', [row], 'ON CONFLICT (unique_key) DO NOTHING')) === 1
}

export async function pointsOf(reader: Reader, player: string): Promise<number> {
  const [row] = await reader.rows<{ total: number | null }>(
    'select cast(sum(amount) as bigint) as total from points where player = $1',
    [player],
  )
  return row?.total ?? 0
}

/** The coupon of this source, if it was issued before. */
export async function couponOfSource(reader: Reader, sourceKey: string): Promise<CouponRow | undefined> {
  return (await reader.rows<CouponRow>('select * from coupon where source_key = $1', [sourceKey]))[0]
}

export const insertCoupon = (tx: Tx, row: CouponRow & { readonly source_key: string }): Promise<number> =>
  tx.insert('coupon', [{ ...row }])

export const couponsOf = (reader: Reader, player: string): Promise<CouponRow[]> =>
  reader.rows<CouponRow>('select * from coupon where player = $1 order by issued_at desc limit 100', [player])

export async function countCoupons(reader: Reader, sourcePrefix: string): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from coupon where substr(source_key, 1, ${String(sourcePrefix.length)}) = $1`,
    [sourcePrefix],
  )
  return row?.n ?? 0
}

/** `givenTo`: only gifts that carry this player in their key. */
export async function moveRewards(tx: Tx, from: string, to: string, givenTo: string | null): Promise<void> {
  for (const [name, key] of [
    ['points', 'unique_key'],
    ['coupon', 'source_key'],
  ] as const)
    await tx.run(
      `UPDATE ${name} SET player = $1 WHERE player = $2 ${givenTo === null ? '' : `AND ${key} LIKE $3`}`,
      [to, from, ...(givenTo === null ? [] : [`%${givenTo}%`])],
    )
}
