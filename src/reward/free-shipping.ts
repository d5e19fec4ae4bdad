/**
 * 包邮次数: each level has so many free deliveries in a period of whole calendar months. Who wants one takes it on her page,
 * as a coupon until the end of the period; nothing is given to the many who order nothing.
 */
import type { Ctx, Who } from '../base/act.ts'
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { presentCoupon } from './coupon.ts'
import type { Coupon } from './coupon.ts'
import { couponsOfFamily } from './coupon.store.ts'
import { issueCoupon } from './coupons.ts'
import { currentLevelRules } from './level-rules.ts'
import { levelOf } from './levels.ts'
import { lockAccount } from './points.store.ts'

const family = 'free-shipping'

export interface ShippingQuota {
  /** In each period. */
  readonly times: number
  readonly months: number
  readonly left: number
  /** The last day of this period. */
  readonly until: Day
}

/** The calendar months of `day`'s period: quarters begin in January, two months in January, March … */
export function periodOf(day: Day, months: number): { readonly from: Day; readonly until: Day } {
  const month = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
  const first = month - (month % months)
  const startOf = (n: number): Day =>
    `${String(Math.floor(n / 12)).padStart(4, '0')}-${String((n % 12) + 1).padStart(2, '0')}-01`
  return { from: startOf(first), until: addDays(startOf(first + months), -1) }
}

/** Null where her level has none. What she took in this period counts, whatever her level was then. */
export async function shippingQuotaOf(
  reader: Reader,
  player: string,
  day: Day,
): Promise<ShippingQuota | null> {
  const { levels } = await currentLevelRules(reader)
  const { level } = await levelOf(reader, player, day)
  const quota = levels.find(({ name }) => name === level)?.freeShipping
  if (quota === undefined) return null
  const { from, until } = periodOf(day, quota.months)
  const taken = await couponsOfFamily(reader, player, family, instantOf(from))
  return { ...quota, left: Math.max(0, quota.times - taken.length), until }
}

/**
 * Takes one of this period. The same key again answers the same coupon; a Refusal when none is left.
 */
export async function takeFreeShipping(
  ctx: Ctx,
  { player, who, key }: { readonly player: string; readonly who: Who; readonly key: string },
): Promise<Coupon> {
  // Two taps at once: the second counts what the first took.
  await lockAccount(ctx.tx, player)
  const day = dayOf(ctx.now)
  const sourceKey = `${family}:${player}:${key}`
  const taken = (await couponsOfFamily(ctx.tx, player, family, 0)).find((row) => row.source_key === sourceKey)
  if (taken) return presentCoupon(taken, ctx.now)
  const quota = await shippingQuotaOf(ctx.tx, player, day)
  if (quota === null)
    throw new Refusal('no-free-shipping', '当前等级没有包邮次数', 409, { fix: '升级后可以领取' })
  if (quota.left === 0)
    throw new Refusal('no-free-shipping', '本期的包邮券已经领完', 409, {
      fix: `${addDays(quota.until, 1)} 起可以再领`,
    })
  const endsAt = instantOf(addDays(quota.until, 1))
  const { coupon } = await issueCoupon(ctx, {
    player,
    who,
    title: '会员包邮券',
    validDays: (endsAt - ctx.now) / days(1),
    family,
    terms: { kind: 'free-shipping' },
    key: sourceKey,
  })
  return coupon
}
