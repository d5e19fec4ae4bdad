/** What an advisor hands out beside a chat: one of the shop's templates, one of a kind at a time. */
import type { Ctx, Who } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import { presentCoupon } from './coupon.ts'
import type { Coupon } from './coupon.ts'
import { couponOfSource, couponsOf } from './coupon.store.ts'
import { issueCoupon } from './coupons.ts'
import { lockAccount } from './points.store.ts'
import { currentRewardSettings, termsOfSetting } from './settings.ts'

export const templateFamily = (name: string): string => `advisor:${name}`

export async function issueFromTemplate(
  ctx: Ctx,
  gift: { readonly player: string; readonly who: Who; readonly template: string; readonly key: string },
): Promise<Coupon> {
  const { coupons } = await currentRewardSettings(ctx.tx)
  const template = coupons.templates.find(({ name }) => name === gift.template)
  if (!template)
    throw new Refusal('unknown-template', '没有这种券', 404, { fix: '券的种类可能刚调整过，请刷新后再选' })
  const key = `template:${template.name}:${gift.player}:${gift.key}`
  const known = await couponOfSource(ctx.tx, key)
  if (known) return presentCoupon(known, ctx.now)
  // Two advisors of one customer at once: the second finds what the first gave.
  await lockAccount(ctx.tx, gift.player)
  const family = templateFamily(template.name)
  const held = (await couponsOf(ctx.tx, gift.player))
    .map((row) => presentCoupon(row, ctx.now))
    .find((one) => one.family === family && (one.state === 'issued' || one.state === 'locked'))
  if (held)
    throw new Refusal('coupon-held', `她手上还有一张未用的「${held.title}」`, 409, {
      fix: '请提醒她使用，或换一种券',
    })
  const { coupon } = await issueCoupon(ctx, {
    player: gift.player,
    who: gift.who,
    title: template.title,
    validDays: template.validDays,
    terms: termsOfSetting(template.terms),
    family,
    key,
  })
  return coupon
}
