/** Points and coupons: each gift has a key in words (`poll-2026-W47:c42`), so giving twice is not an error, it is impossible. */
import { randomInt } from 'node:crypto'
import type { Ctx, Who } from '../base/act.ts'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { couponOfSource, insertCoupon, insertPoints } from './reward.store.ts'
import type { CouponRow } from './reward.store.ts'

export interface Coupon {
  readonly code: string
  readonly title: string
  readonly state: 'issued' | 'redeemed' | 'expired'
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

export const presentCoupon = (row: CouponRow, now: Instant): Coupon => ({
  code: row.code,
  title: row.title,
  state: row.state === 'issued' && row.expires_at <= now ? 'expired' : row.state,
  issuedAt: row.issued_at,
  expiresAt: row.expires_at,
})

/** Answers the points really given now: 0 when this key was given before. */
export async function givePoints(
  ctx: Ctx,
  gift: {
    readonly player: string
    readonly who: Who
    readonly amount: number
    readonly words: string
    readonly key: string
  },
): Promise<number> {
  if (gift.amount === 0) return 0
  const { player, amount, words, key } = gift
  const fresh = await insertPoints(ctx.tx, {
    id: ctx.newId(),
    player,
    amount,
    words,
    unique_key: key,
    at: ctx.now,
  })
  if (!fresh) return 0
  ctx.record({
    kind: 'points-given',
    at: ctx.now,
    source: 'reward',
    sourceKey: `points:${key}`,
    who: gift.who,
    detail: { amount, words },
  })
  return amount
}

/** No 0/O, 1/I/L: a person reads it aloud at the counter. 31^10 codes: guessing is hopeless. */
const letters = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const newCode = (): string => Array.from({ length: 10 }, () => letters[randomInt(letters.length)]).join('')

/** Issues the coupon of this key once; a second call answers the same coupon. */
export async function issueCoupon(
  ctx: Ctx,
  gift: {
    readonly player: string
    readonly who: Who
    readonly title: string
    readonly validDays: number
    readonly key: string
  },
): Promise<{ readonly coupon: Coupon; readonly fresh: boolean }> {
  const known = await couponOfSource(ctx.tx, gift.key)
  if (known) return { coupon: presentCoupon(known, ctx.now), fresh: false }
  const row = {
    code: newCode(),
    player: gift.player,
    title: gift.title,
    state: 'issued' as const,
    issued_at: ctx.now,
    expires_at: ctx.now + days(gift.validDays),
    source_key: gift.key,
  }
  await insertCoupon(ctx.tx, row)
  const detail = { code: row.code, title: row.title, expiresAt: row.expires_at }
  ctx.record({
    kind: 'coupon-issued',
    at: ctx.now,
    source: 'reward',
    sourceKey: `coupon:${gift.key}`,
    who: gift.who,
    detail,
  })
  return { coupon: presentCoupon(row, ctx.now), fresh: true }
}
