import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import type { CouponRow } from './coupon.ts'

const chunk = 500
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

/** The coupon of this source, if it was issued before. */
export async function couponOfSource(reader: Reader, sourceKey: string): Promise<CouponRow | undefined> {
  return (await reader.rows<CouponRow>('select * from coupon where source_key = $1', [sourceKey]))[0]
}

export async function couponOfCode(reader: Reader, code: string): Promise<CouponRow | undefined> {
  return (await reader.rows<CouponRow>('select * from coupon where code = $1', [code]))[0]
}

export const insertCoupon = (tx: Tx, row: CouponRow & { readonly source_key: string }): Promise<number> =>
  tx.insert('coupon', [{ ...row }])

export const couponsOf = (reader: Reader, player: string): Promise<CouponRow[]> =>
  reader.rows<CouponRow>('select * from coupon where player = $1 order by issued_at desc limit 100', [player])

/** Hers of this family, issued since then. */
export const couponsOfFamily = (
  reader: Reader,
  player: string,
  family: string,
  since: Instant,
): Promise<(CouponRow & { readonly source_key: string })[]> =>
  reader.rows(
    'select * from coupon where player = $1 and family = $2 and issued_at >= $3 order by issued_at',
    [player, family, since],
  )

export async function countCoupons(reader: Reader, sourcePrefix: string): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from coupon where substr(source_key, 1, ${String(sourcePrefix.length)}) = $1`,
    [sourcePrefix],
  )
  return row?.n ?? 0
}

/**
 * When each of them was last given a coupon of this family, since then; null = of everybody. Who had none is absent.
 * A person may have played under an identity before she was known: that counts as hers.
 */
export async function lastCouponOfFamily(
  reader: Reader,
  customers: readonly string[] | null,
  family: string,
  since: Instant,
): Promise<Map<string, Instant>> {
  const found = new Map<string, Instant>()
  const take = async (sql: string, params: readonly (string | number)[]): Promise<void> => {
    const rows = await reader.rows<{ player: string; at: number }>(sql, params)
    for (const { player, at } of rows) found.set(player, at)
  }
  if (customers === null) {
    await take(
      `select coalesce(i.customer, c.player) as player, max(c.issued_at) as at
       from coupon c left join identity i on i.kind = 'external' and i.value = c.player
       where c.family = $1 and c.issued_at >= $2 group by coalesce(i.customer, c.player)`,
      [family, since],
    )
    return found
  }
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    await take(
      `select player, max(at) as at from (
         select player, issued_at as at from coupon
         where player in (${list(part)}) and family = $${String(part.length + 1)} and issued_at >= $${String(part.length + 2)}
         union all
         select i.customer as player, c.issued_at as at from identity i join coupon c on c.player = i.value
         where i.kind = 'external' and i.customer in (${list(part)}) and c.family = $${String(part.length + 1)} and c.issued_at >= $${String(part.length + 2)}) c
       group by player`,
      [...part, family, since],
    )
  }
  return found
}

export interface EndingCoupon {
  readonly code: string
  /** Whose it is: a customer's id, or an identity as seen. */
  readonly customer: string
  readonly title: string
  readonly family: string | null
  readonly expiresAt: Instant
}

/** Unused coupons that end in (from, to], the first to end first. */
export const endingCoupons = (reader: Reader, from: Instant, to: Instant): Promise<EndingCoupon[]> =>
  reader.rows<EndingCoupon>(
    `select c.code, coalesce(i.customer, c.player) as customer, c.title, c.family, c.expires_at as "expiresAt"
     from coupon c left join identity i on i.kind = 'external' and i.value = c.player
     where c.state = 'issued' and c.expires_at > $1 and c.expires_at <= $2 order by c.expires_at, c.code`,
    [from, to],
  )

// ------------------------------------------------------------------ moves: each is one conditional update

/** Free for this holder: never held, held by herself, or the holder's time is over. */
const free = (now: string, holder: string): string =>
  `(lock_until is null or lock_until <= ${now} or lock_holder = ${holder})`

export async function lockIssued(
  tx: Tx,
  { code, holder, until, now }: { code: string; holder: string; until: Instant; now: Instant },
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE coupon SET lock_holder = $1, lock_until = $2
     WHERE code = $3 AND state = 'issued' AND expires_at > $4 AND ${free('$4', '$1')}`,
    [holder, until, code, now],
  )
  return changed === 1
}

export async function unlock(tx: Tx, code: string, holder: string, now: Instant): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE coupon SET lock_holder = null, lock_until = null
     WHERE code = $1 AND state = 'issued' AND lock_holder = $2 AND lock_until > $3`,
    [code, holder, now],
  )
  return changed === 1
}

export interface Redeeming {
  readonly code: string
  readonly holder: string
  readonly key: string
  /** When it was used; decides whether it had expired. */
  readonly at: Instant
  /** Whether somebody else holds it is asked now. */
  readonly now: Instant
}

export async function redeemIssued(tx: Tx, use: Redeeming): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE coupon SET state = 'redeemed', redeemed_at = $1, redeemed_by = $2, redeem_key = $3, lock_holder = null, lock_until = null
     WHERE code = $4 AND state = 'issued' AND expires_at > $1 AND issued_at <= $1 AND ${free('$5', '$2')}`,
    [use.at, use.holder, use.key, use.code, use.now],
  )
  return changed === 1
}

/** The oldest that ended before `until`, at most `limit`. */
export const overdue = (reader: Reader, until: Instant, limit: number): Promise<CouponRow[]> =>
  reader.rows<CouponRow>(
    `select * from coupon where state = 'issued' and expires_at <= $1 order by expires_at, code limit ${String(limit)}`,
    [until],
  )

export const expireIssued = async (tx: Tx, code: string): Promise<boolean> =>
  (await tx.run(`UPDATE coupon SET state = 'expired' WHERE code = $1 AND state = 'issued'`, [code])) === 1
