/** config/rewards.yaml; what is in force is kept in the database too, for whoever asks without a file. */
import { join } from 'node:path'
import { z } from 'zod'
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { readSettings } from '../base/settings-file.ts'
import type { CouponTerms } from './coupon.ts'

const yuan = z.number().min(0.01).max(1_000_000)
const minYuan = z.number().min(0).max(1_000_000).default(0)
const validDays = z.int().min(1).max(3650)
const title = z.string().min(1).max(20)
const factor = z.number().min(1).max(10)

/** As people write it: in yuan. */
const terms = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('percent'), percentOff: z.int().min(1).max(99), minYuan }),
  z.strictObject({ kind: z.literal('amount'), offYuan: yuan, minYuan }),
  z.strictObject({ kind: z.literal('gift'), words: z.string().min(1).max(40) }),
  z.strictObject({ kind: z.literal('free-shipping') }),
])

const fenOf = (amount: number): number => Math.round(amount * 100)

export function termsOfSetting(setting: z.infer<typeof terms>): CouponTerms {
  switch (setting.kind) {
    case 'percent':
      return { kind: 'percent', percentOff: setting.percentOff, minFen: fenOf(setting.minYuan) }
    case 'amount':
      return { kind: 'amount', offFen: fenOf(setting.offYuan), minFen: fenOf(setting.minYuan) }
    case 'gift':
    case 'free-shipping':
      return setting
  }
}

const couponSetting = z.strictObject({ title, validDays, terms })
const template = couponSetting.extend({
  /** Part of the coupon's family: never changes once used. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name is a short English word such as care-20'),
})

const fifty = (name: string) => ({
  title: name,
  validDays: 30,
  terms: { kind: 'amount' as const, offYuan: 50, minYuan: 0 },
})

export const rewardSettingsShape = z.strictObject({
  points: z
    .strictObject({
      birthdayFactor: factor.default(2),
      membersDay: z
        .strictObject({ dayOfMonth: z.int().min(1).max(28), factor: factor.default(2) })
        .optional(),
      /** For coming to her page, once a day; 0 = none. */
      signIn: z.int().min(0).max(1_000).default(2),
      /** For a review of an order of hers, once per order, whatever it says; 0 = none. */
      review: z.int().min(0).max(10_000).default(20),
      /** A good cause to give points to; absent = none. */
      donation: z
        .strictObject({
          cause: z.string().min(2).max(30),
          /** The brand adds so many points to each. */
          match: z.number().min(0).max(10).default(1),
          least: z.int().min(1).max(100_000).default(10),
        })
        .optional(),
    })
    .prefault({}),
  coupons: z
    .strictObject({
      templates: z
        .array(template)
        .max(20)
        .default([])
        .superRefine((templates, context) => {
          templates.forEach(({ name }, i) => {
            if (templates.findIndex((one) => one.name === name) !== i)
              context.addIssue({ code: 'custom', message: `"${name}" is used twice`, path: [i, 'name'] })
          })
        }),
    })
    .prefault({}),
  referral: z
    .strictObject({
      on: z.boolean().default(true),
      afterDays: z.int().min(0).max(90).default(7),
      capPerMonth: z.int().min(0).max(1_000).default(10),
      inviter: couponSetting.default(fifty('邀请好友奖励券')),
      friend: couponSetting.default(fifty('好友见面礼券')),
    })
    .prefault({}),
})

export type RewardSettings = z.infer<typeof rewardSettingsShape>
export type CouponTemplate = RewardSettings['coupons']['templates'][number]

export const loadRewardSettings = (configDir: string): RewardSettings =>
  readSettings(
    join(configDir, 'rewards.yaml'),
    rewardSettingsShape,
    'The settings of rewards cannot be used:',
  )

const metaName = 'reward-settings'

export async function currentRewardSettings(reader: Reader): Promise<RewardSettings> {
  const stored = await readMeta(reader, metaName)
  return rewardSettingsShape.parse(stored === null ? {} : JSON.parse(stored))
}

export async function applyRewardSettings(ctx: Ctx, settings: RewardSettings): Promise<void> {
  const text = JSON.stringify(settings)
  if ((await readMeta(ctx.tx, metaName)) !== text) await writeMeta(ctx.tx, metaName, text)
}
