/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
export { couponTermsShape, presentCoupon, readCode, termsWords } from './coupon.ts'
export type { Coupon, CouponRow, CouponTerms } from './coupon.ts'
export { issueCoupon, lockCoupon, lockMinutes, redeemCoupon, releaseCoupon } from './coupons.ts'
export type { CouponGift, Redemption, Use } from './coupons.ts'
export {
  countCoupons,
  couponOfCode,
  couponOfSource,
  couponsOf,
  endingCoupons,
  lastCouponOfFamily,
} from './coupon.store.ts'
export type { EndingCoupon } from './coupon.store.ts'
export { unknownCoupon, whyNotUsable } from './coupons.ts'
export { redeemForOrder, couponIn, shopHolder } from './order-coupons.ts'
export type { CouponWarning } from './order-coupons.ts'
export { pointsFactor, timesPoints } from './points-factor.ts'
export { joinReferral, referralCode, referralFigures } from './referral.ts'
export type { Joined } from './referral.ts'
export {
  applyRewardSettings,
  currentRewardSettings,
  loadRewardSettings,
  rewardSettingsShape,
  termsOfSetting,
} from './settings.ts'
export type { CouponTemplate, RewardSettings } from './settings.ts'
export { issueFromTemplate } from './templates.ts'
export { signIn, signInOf } from './sign-in.ts'
export { donate, donationsOf } from './donation.ts'
export { shippingQuotaOf, takeFreeShipping } from './free-shipping.ts'
export { givePoints, spendPoints } from './points.ts'
export type { PointsMove } from './points.ts'
export { pointsOf, pointsOfMany } from './points.store.ts'
export { applyLevelRules, currentLevelRules, levelRulesShape, loadLevelRules } from './level-rules.ts'
export type { LevelRules } from './level-rules.ts'
export { grantLevel, levelOf, levelsOf, presentLevelRow } from './levels.ts'
export { levelColumns, levelRowSql } from './level.store.ts'
export type { LevelCause, LevelGift, LevelOf } from './levels.ts'
export { createRewardFollowers, createRewardJobs } from './reward.jobs.ts'
export { rewardTables } from './reward.tables.ts'
export { rewardRegroup } from './regroup.ts'
export { levelsRetold } from './retold.ts'
export type { LevelsRetoldParts } from './retold.ts'

/** What she earned, and whom she brought. */
export const rewardPrivacy: Privacy = {
  folder: 'reward',
  tables: [
    { table: 'points', of: 'player', by: 'either', then: 'keep' },
    { table: 'points_account', of: 'player', by: 'either', then: 'keep' },
    { table: 'donation', of: 'player', by: 'either', then: 'keep' },
    { table: 'coupon', of: 'player', by: 'either', then: 'keep' },
    { table: 'level_standing', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'level_grant', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'referral_code', of: 'player', by: 'either', then: 'delete' },
    { table: 'referral', of: 'friend', by: 'either', then: 'keep' },
    { table: 'referral', of: 'inviter', by: 'either', then: 'keep' },
  ],
}
