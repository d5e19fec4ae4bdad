/** A coupon used in the shop: an order names its code, or the shop tells the redemption by itself. Once per order. */
import type { Ctx, Happening } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import type { Follower } from '../interaction/index.ts'
import { orderKeyOf } from '../order/index.ts'
import { readCode } from './coupon.ts'
import { redeemCoupon } from './coupons.ts'

export interface CouponWarning {
  readonly code: string
  readonly words: string
  readonly fix: string
}

/** What the order says of a coupon; a shop may have coupons of its own. */
export const couponIn = ({ detail }: Pick<Happening, 'detail'>): string | null => {
  const said = detail['coupon'] ?? detail['couponCode']
  return typeof said === 'string' && said !== '' ? said : null
}

export const shopHolder = (orderKey: string): string => `shop:${orderKey}`

type Told = Pick<Happening, 'kind' | 'at' | 'source' | 'sourceKey' | 'who' | 'detail'>

/** Null when it is redeemed by this order, now or before; else why not. The order itself stands in any case. */
export async function redeemForOrder(ctx: Ctx, row: Told): Promise<CouponWarning | null> {
  const said = couponIn(row)
  if (said === null) return null
  const code = readCode(said)
  if (code === null)
    return {
      code: 'coupon-unknown',
      words: `查无此券：${said.slice(0, 40)}`,
      fix: '不是本系统发放的券码，订单已正常记录；如是门店自己的券可忽略',
    }
  const orderKey = orderKeyOf(row)
  const orderId = row.detail['orderId']
  try {
    await redeemCoupon(ctx, {
      code,
      holder: shopHolder(orderKey),
      key: `order:${orderKey}`,
      at: row.at,
      who: row.who,
      ...(typeof orderId === 'string' && orderId !== '' ? { orderId } : {}),
      told: row.kind === 'coupon-redeemed',
    })
    return null
  } catch (error) {
    // An expected outcome: said to whoever told the order.
    if (!(error instanceof Refusal)) throw error
    return { code: error.code, words: `${code}：${error.message}`, fix: error.fix ?? '' }
  }
}

/** Whatever way an order came in, and whatever the door did not live to do. */
export const orderCouponFollower: Follower = {
  name: 'order-coupons',
  kinds: ['order-placed', 'coupon-redeemed'],
  async handle(ctx, rows) {
    for (const row of rows)
      if (row.source !== 'reward' && couponIn(row) !== null) await redeemForOrder(ctx, row)
  },
}
