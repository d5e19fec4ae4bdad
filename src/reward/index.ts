import type { Privacy } from '../interaction/index.ts'
export { givePoints, issueCoupon, presentCoupon } from './reward.ts'
export type { Coupon } from './reward.ts'
export { countCoupons, couponOfSource, couponsOf, pointsOf } from './reward.store.ts'
export { rewardTables } from './reward.tables.ts'
export { rewardRegroup } from './regroup.ts'

/** What she earned. */
export const rewardPrivacy: Privacy = {
  folder: 'reward',
  tables: [
    { table: 'points', of: 'player', by: 'either', then: 'keep' },
    { table: 'coupon', of: 'player', by: 'either', then: 'keep' },
  ],
}
