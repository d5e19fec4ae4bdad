export { givePoints, issueCoupon, presentCoupon } from './reward.ts'
export type { Coupon } from './reward.ts'
export { countCoupons, couponOfSource, couponsOf, pointsOf } from './reward.store.ts'
export { rewardTables } from './reward.tables.ts'
