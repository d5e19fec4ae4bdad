/** The `offers:` section of tiers.yaml: the numbers a trade promises by. Data only; touchpoints and wordings read them. */
import { z } from 'zod'

const days = z.int().min(1).max(3650)
const percentOff = z.int().min(1).max(99)
/** Yuan with at most two decimals. */
const yuan = z
  .number()
  .min(0.01)
  .max(1_000_000)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, 'at most two decimals')
const words = z.string().min(1).max(80)

const wakeUp = z.strictObject({
  /** Quiet for so many days: so much off. */
  ladder: z
    .array(z.strictObject({ afterDays: days, percentOff }))
    .min(1)
    .max(6)
    .refine(
      (steps) =>
        steps.every((step, i) => {
          const before = steps[i - 1]
          return !before || (step.afterDays > before.afterDays && step.percentOff >= before.percentOff)
        }),
      'each step comes later than the one before it and gives no less',
    ),
  couponHours: z.int().min(1).max(720).default(48),
  /** One ladder coupon per customer in so many days, so that waiting never pays. */
  oncePerDays: days.default(360),
  returnGiftDays: days.default(3),
  /** Quiet for so long but not dormant yet: the light reminder. */
  lightReminderDays: days.default(60),
})

const recall = z.strictObject({
  words,
  /** Only customers whose child is of this age, in years. */
  childAge: z.strictObject({ from: z.int().min(0).max(18), to: z.int().min(0).max(18) }).optional(),
  product: words.optional(),
  afterDays: days.optional(),
  yuanOff: yuan.optional(),
})

const repeatOrder = z.strictObject({
  withinDays: days,
  percentOff,
  giftWithinDays: days.optional(),
  trialPackYuan: yuan.optional(),
})

export const offersShape = z.strictObject({
  wakeUp: wakeUp.optional(),
  recall: z.array(recall).max(10).default([]),
  /** What the second order brings. */
  repeatOrder: repeatOrder.optional(),
  subscription: z.strictObject({ percentOff }).optional(),
  /** How many of the first buyers hear from us, and until when. */
  firstBuyers: z.strictObject({ reachPercent: z.int().min(1).max(100), withinDays: days }).optional(),
  bundle: z.strictObject({ buy: z.int().min(1).max(100), free: z.int().min(1).max(100) }).optional(),
  points: z
    .strictObject({
      survey: z.int().min(0).max(1_000_000).default(100),
      birthdayTimes: z.int().min(1).max(10).default(2),
      birthdaySpan: z.enum(['day', 'month']).default('month'),
    })
    .optional(),
  levels: z
    .array(
      z.strictObject({
        name: words,
        fromYuan: z.int().min(0).max(100_000_000),
        freeShipping: z.strictObject({ times: z.int().min(1).max(100), days }).optional(),
      }),
    )
    .max(10)
    .default([]),
  /** A level is kept, or lent on return, for so many days. */
  keepLevelDays: days.optional(),
  referral: z.strictObject({ senderYuan: yuan, friendYuan: yuan }).optional(),
  /** The share of customers, by expected value, who get a named advisor. */
  advisors: z.strictObject({ topPercent: z.int().min(1).max(100) }).optional(),
  scenes: z
    .strictObject({
      clickedNotBoughtHours: z.int().min(1).max(168).default(24),
      countdownHours: z.int().min(1).max(24).default(2),
      related: z
        .array(z.strictObject({ bought: words, browsed: words, withinDays: days, yuanOff: yuan }))
        .max(20)
        .default([]),
    })
    .optional(),
})

export type Offers = z.infer<typeof offersShape>
