/**
 * config/levels.yaml. What is in force is kept in the database too, so that whoever asks for a level needs no file, and
 * a change of the rules is noticed.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { Ctx } from '../base/act.ts'
import { isDay } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { sha256 } from '../base/ids.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { readSettings } from '../base/settings-file.ts'

const day = z.string().refine(isDay, 'a day is written 2026-11-11')

const level = z.strictObject({
  /** Stored and logged: never changes once used. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name is a short English word such as silver'),
  title: z.string().min(1).max(10),
  /** Spent within the window, in yuan; 0 for the lowest. */
  fromYuan: z.int().min(0).max(100_000_000),
  /** Points of this level are multiplied by it; 1 when it says nothing. */
  pointsFactor: z.number().min(1).max(10).optional(),
  /** Free deliveries, so many in each period of whole calendar months. */
  freeShipping: z
    .strictObject({
      times: z.int().min(1).max(100),
      months: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(6), z.literal(12)]),
    })
    .optional(),
  benefits: z.array(z.string().min(1).max(40)).max(12).default([]),
})

const promotion = z
  .strictObject({
    title: z.string().min(1).max(20),
    from: day,
    to: day,
    /** 0.5: half the amount is enough. */
    factor: z.number().min(0.05).max(1),
  })
  .refine(({ from, to }) => from <= to, { message: 'ends before it begins', path: ['to'] })

const usualLevels = [
  {
    name: 'ordinary',
    title: '普通会员',
    fromYuan: 0,
    freeShipping: { times: 1, months: 3 as const },
    benefits: ['每季度包邮 1 次'],
  },
  {
    name: 'silver',
    title: '银卡',
    fromYuan: 1_000,
    freeShipping: { times: 1, months: 2 as const },
    benefits: ['每两个月包邮 1 次', '生日当月双倍积分'],
  },
  {
    name: 'gold',
    title: '金卡',
    fromYuan: 5_000,
    freeShipping: { times: 1, months: 1 as const },
    benefits: ['每月包邮 1 次', '生日当月双倍积分', '优先客服'],
  },
  {
    name: 'platinum',
    title: '铂金',
    fromYuan: 20_000,
    freeShipping: { times: 2, months: 1 as const },
    benefits: ['每月包邮 2 次', '生日当月双倍积分', '专属顾问', '新品试用权'],
  },
]

/** Whoever buys again after a long quiet stands one level higher for a while. */
const comeback = z.strictObject({
  on: z.boolean().default(true),
  /** Days without a purchase after which coming back counts as a return. */
  afterDays: z.int().min(1).max(3650).default(90),
  /** The lift lasts so long. */
  days: z.int().min(1).max(3650).default(90),
  /** The same customer is lifted once in so many days. */
  onceInDays: z.int().min(1).max(3650).default(365),
})

export const levelRulesShape = z.strictObject({
  windowDays: z.int().min(30).max(3650).default(365),
  holdDays: z.int().min(30).max(3650).default(365),
  levels: z
    .array(level)
    .min(1)
    .max(10)
    .default(usualLevels)
    .superRefine((levels, context) => {
      levels.forEach((one, i) => {
        const before = levels[i - 1]
        const wrong = (message: string, field: string): void =>
          context.addIssue({ code: 'custom', message, path: [i, field] })
        if (i === 0 && one.fromYuan !== 0)
          wrong('the lowest level is everybody’s: write fromYuan: 0', 'fromYuan')
        if (before && one.fromYuan <= before.fromYuan)
          wrong(`must be more than the ${String(before.fromYuan)} yuan of "${before.name}"`, 'fromYuan')
        if (levels.findIndex(({ name }) => name === one.name) !== i)
          wrong(`"${one.name}" is used twice`, 'name')
      })
    }),
  promotions: z.array(promotion).max(50).default([]),
  comeback: comeback.prefault({}),
})

export type LevelRules = z.infer<typeof levelRulesShape>

export const loadLevelRules = (configDir: string): LevelRules =>
  readSettings(join(configDir, 'levels.yaml'), levelRulesShape, 'The rules of member levels cannot be used:')

const metaName = 'level-rules'

/** What is in force; before the first start, what we ship. */
export async function currentLevelRules(reader: Reader): Promise<LevelRules> {
  const stored = await readMeta(reader, metaName)
  return levelRulesShape.parse(stored === null ? {} : JSON.parse(stored))
}

/** Puts the file's rules in force. Everybody is looked at again by the next hourly look, see level.jobs. */
export async function applyLevelRules(ctx: Ctx, rules: LevelRules): Promise<boolean> {
  const text = JSON.stringify(rules)
  if ((await readMeta(ctx.tx, metaName)) === text) return false
  await writeMeta(ctx.tx, metaName, text)
  return true
}

/** Changes when a level may. Titles and benefits may be reworded freely. */
export const meaningOf = ({ windowDays, holdDays, levels, promotions }: LevelRules): string =>
  sha256(
    JSON.stringify([
      windowDays,
      holdDays,
      levels.map(({ name, fromYuan }) => [name, fromYuan]),
      promotions.map(({ from, to, factor }) => [from, to, factor]),
    ]),
  ).slice(0, 16)
