/**
 * The life of a coupon: issued, perhaps held for an order, redeemed or expired. Each move is one conditional update of its
 * row, so of any number who try at once one wins on either database; a key makes the same move twice be one. What a
 * lock leaves behind needs nobody to clear it: past its time it binds no one.
 */
import { randomInt } from 'node:crypto'
import type { Ctx, Who } from '../base/act.ts'
import { days, minutes } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { isoOf } from '../base/calendar.ts'
import { codeLength, codeLetters, isLocked, presentCoupon } from './coupon.ts'
import type { Coupon, CouponRow, CouponTerms } from './coupon.ts'
import {
  couponOfCode,
  couponOfSource,
  expireIssued,
  insertCoupon,
  lockIssued,
  redeemIssued,
  unlock,
} from './coupon.store.ts'
import { whoOfPlayers } from './player-who.ts'

export const lockMinutes = 15

const newCode = (): string =>
  Array.from({ length: codeLength }, () => codeLetters[randomInt(codeLetters.length)]).join('')

export interface CouponGift {
  readonly player: string
  readonly who: Who
  readonly title: string
  readonly validDays: number
  /** Makes it be issued once. */
  readonly key: string
  readonly family?: string
  readonly terms?: CouponTerms
}

/** Issues the coupon of this key once; a second call answers the same coupon. */
export async function issueCoupon(
  ctx: Ctx,
  gift: CouponGift,
): Promise<{ readonly coupon: Coupon; readonly fresh: boolean }> {
  const known = await couponOfSource(ctx.tx, gift.key)
  if (known) return { coupon: presentCoupon(known, ctx.now), fresh: false }
  const { family, terms } = gift
  const row: CouponRow & { readonly source_key: string } = {
    code: newCode(),
    player: gift.player,
    title: gift.title,
    state: 'issued',
    issued_at: ctx.now,
    expires_at: ctx.now + days(gift.validDays),
    source_key: gift.key,
    family: family ?? null,
    terms: terms === undefined ? null : JSON.stringify(terms),
    lock_holder: null,
    lock_until: null,
    redeemed_at: null,
    redeemed_by: null,
    redeem_key: null,
  }
  await insertCoupon(ctx.tx, row)
  ctx.record({
    kind: 'coupon-issued',
    at: ctx.now,
    source: 'reward',
    sourceKey: `coupon:${gift.key}`,
    who: gift.who,
    detail: {
      code: row.code,
      title: row.title,
      expiresAt: row.expires_at,
      ...(family === undefined ? {} : { family }),
      ...(terms === undefined ? {} : { terms }),
    },
  })
  return { coupon: presentCoupon(row, ctx.now), fresh: true }
}

// ------------------------------------------------------------------ why not

export const unknownCoupon = (): Refusal =>
  new Refusal('coupon-unknown', '查无此券', 404, { fix: '请核对券码，共 10 位，没有 0、O、1、I、L' })

/** In words that can be said to the customer at the counter. */
function refusalOf(row: CouponRow | undefined, at: Instant, now: Instant): Refusal {
  if (!row) return unknownCoupon()
  if (row.state === 'redeemed')
    return new Refusal('coupon-redeemed', `已核销于 ${clockWords(row.redeemed_at ?? now)}`, 409, {
      fix: '一张券只能用一次；如有疑问请核对客户的订单',
    })
  if (row.state === 'expired' || row.expires_at <= at)
    return new Refusal('coupon-expired', `已过期，有效期至 ${clockWords(row.expires_at)}`, 409, {
      fix: '过期的券不能核销；如需补偿，可在客户页另发一张',
    })
  if (row.issued_at > at)
    return new Refusal('coupon-not-yet', '这张券在下单之后才发放', 409, { fix: '请核对券码与订单时间' })
  if (isLocked(row, now))
    return new Refusal(
      'coupon-locked',
      `正被其他订单占用，${clockWords(row.lock_until ?? now)} 前会释放`,
      409,
      { fix: '请稍后再试，或请占用的同事先释放' },
    )
  throw new Error(`Coupon ${row.code} could be used and was refused.`)
}

/** `11-28 20:05`, the shop's time. */
const clockWords = (at: Instant): string => isoOf(at).slice(5, 16).replace('T', ' ')

/** Null when it can be redeemed now by whoever does not hold it for somebody else. */
export const whyNotUsable = (row: CouponRow | undefined, now: Instant): Refusal | null =>
  row && presentCoupon(row, now).state === 'issued' ? null : refusalOf(row, now, now)

// ------------------------------------------------------------------ moves

export interface Use {
  readonly code: string
  /** `staff:<userid>` or `shop:<order>`: who holds or takes it. */
  readonly holder: string
  /** The identity in whose row it is told; the owner's when absent. */
  readonly who?: Who
  readonly staff?: string
}

const tell = async (ctx: Ctx, row: CouponRow, use: Use): Promise<Who> => ({
  ...(use.who ?? (await whoOfPlayers(ctx.tx, [row.player])).get(row.player) ?? {}),
  ...(use.staff === undefined ? {} : { staff: use.staff }),
})

/** Holds it for this holder, never longer than it is valid. Holding it again begins the time anew. */
export async function lockCoupon(ctx: Ctx, use: Use, heldMinutes = lockMinutes): Promise<Coupon> {
  const before = await couponOfCode(ctx.tx, use.code)
  const until = Math.min(ctx.now + minutes(heldMinutes), before?.expires_at ?? 0)
  const locked = await lockIssued(ctx.tx, { code: use.code, holder: use.holder, until, now: ctx.now })
  const row = await couponOfCode(ctx.tx, use.code)
  if (!row || !locked) throw refusalOf(row, ctx.now, ctx.now)
  ctx.record({
    kind: 'coupon-locked',
    at: ctx.now,
    source: 'reward',
    sourceKey: `locked:${row.code}:${ctx.newId()}`,
    who: await tell(ctx, row, use),
    detail: { code: row.code, holder: use.holder, until },
  })
  return presentCoupon(row, ctx.now)
}

/** Gives back what this holder holds; what she does not hold is left alone. */
export async function releaseCoupon(ctx: Ctx, use: Use): Promise<boolean> {
  if (!(await unlock(ctx.tx, use.code, use.holder, ctx.now))) return false
  const row = await couponOfCode(ctx.tx, use.code)
  if (!row) return false
  ctx.record({
    kind: 'coupon-released',
    at: ctx.now,
    source: 'reward',
    sourceKey: `released:${row.code}:${ctx.newId()}`,
    who: await tell(ctx, row, use),
    detail: { code: row.code, holder: use.holder },
  })
  return true
}

export interface Redemption extends Use {
  /** The same key again answers the same redemption, for a tap or a request that came twice. */
  readonly key: string
  /** When it was used, where the shop tells it later; never ahead of now. */
  readonly at?: Instant
  readonly orderId?: string
  /** The shop told the redemption itself: its own row is in the log already. */
  readonly told?: boolean
}

/** Redeems it, or throws why not. `fresh` false: this very redemption was made before. */
export async function redeemCoupon(
  ctx: Ctx,
  use: Redemption,
): Promise<{ readonly coupon: Coupon; readonly fresh: boolean }> {
  const at = Math.min(use.at ?? ctx.now, ctx.now)
  const won = await redeemIssued(ctx.tx, { ...use, at, now: ctx.now })
  const row = await couponOfCode(ctx.tx, use.code)
  if (row && !won && row.redeem_key === use.key) return { coupon: presentCoupon(row, ctx.now), fresh: false }
  if (!row || !won) throw refusalOf(row, at, ctx.now)
  if (use.told !== true)
    ctx.record({
      kind: 'coupon-redeemed',
      at,
      source: 'reward',
      sourceKey: `redeemed:${row.code}`,
      who: await tell(ctx, row, use),
      detail: {
        code: row.code,
        title: row.title,
        by: use.holder,
        ...(row.family === null ? {} : { family: row.family }),
        ...(use.orderId === undefined ? {} : { orderId: use.orderId }),
      },
    })
  return { coupon: presentCoupon(row, ctx.now), fresh: true }
}

/** Those whose time is over, noted once each; answers how many. */
export async function expireCoupons(ctx: Ctx, rows: readonly CouponRow[]): Promise<number> {
  const whos = await whoOfPlayers(ctx.tx, [...new Set(rows.map(({ player }) => player))])
  let ended = 0
  for (const row of rows) {
    if (!(await expireIssued(ctx.tx, row.code))) continue
    ended += 1
    ctx.record({
      kind: 'coupon-expired',
      at: row.expires_at,
      source: 'reward',
      sourceKey: `expired:${row.code}`,
      who: whos.get(row.player) ?? {},
      detail: { code: row.code, title: row.title, ...(row.family === null ? {} : { family: row.family }) },
    })
  }
  return ended
}
