/** For the shop's own till, by bearer key: holds a coupon while an order is paid, gives it back when it is not. */
import type { Act } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import {
  couponOfCode,
  lockCoupon,
  presentCoupon,
  readCode,
  releaseCoupon,
  shopHolder,
  termsWords,
  unknownCoupon,
} from '../../reward/index.ts'
import type { Coupon } from '../../reward/index.ts'
import { couponHoldBody } from '../contract.ts'
import type { CouponHold } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'

export interface CouponHoldParts {
  readonly act: Act
  readonly reader: Reader
}

const actor = { kind: 'api', name: 'coupons' } as const

const holdOf = (coupon: Coupon): CouponHold => ({
  code: coupon.code,
  title: coupon.title,
  terms: termsWords(coupon.terms),
  state: coupon.state,
  expiresAt: isoOf(coupon.expiresAt),
})

const useIn = (call: Call): { code: string; holder: string } => {
  const { code, orderId } = parse(couponHoldBody, call.body)
  const known = readCode(code)
  if (known === null) throw unknownCoupon()
  return { code: known, holder: shopHolder(orderId) }
}

export const couponHoldRoutes = ({ act, reader }: CouponHoldParts): Route[] => [
  {
    method: 'POST',
    path: '/api/v1/coupons/lock',
    access: { kind: 'key' },
    async handle(call): Promise<Answer> {
      const use = useIn(call)
      return { json: holdOf(await act(actor, (ctx) => lockCoupon(ctx, use))) }
    },
  },
  {
    method: 'POST',
    path: '/api/v1/coupons/release',
    access: { kind: 'key' },
    async handle(call): Promise<Answer> {
      const use = useIn(call)
      await act(actor, (ctx) => releaseCoupon(ctx, use))
      const row = await couponOfCode(reader, use.code)
      if (!row) throw unknownCoupon()
      return { json: holdOf(presentCoupon(row, call.now)) }
    },
  },
]
