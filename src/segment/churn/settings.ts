/**
 * The shape of config/churn.yaml and the parameters that an own calibration replaces. Everything here has a unit in
 * its name or is a plain number of the model; what the numbers mean is said in rhythm.ts and signal.ts.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '../../base/ids.ts'
import { readSettings } from '../../base/settings-file.ts'

const days = z.int().min(1).max(3650)
const share = z.number().min(0.01).max(0.99)

/** Parameters of a calibration: from the shop's own data, or the shipped ones. */
export const parametersShape = z.strictObject({
  /** rhythm.ts: regularity of intervals, and the Gamma of the shop's rates. */
  rhythm: z.strictObject({
    shape: z.number().min(0.2).max(50),
    r: z.number().min(0.05).max(1000),
    alphaDays: z.number().min(0.01).max(1e7),
  }),
  /** signal.ts: the logistic. */
  weights: z.strictObject({
    intercept: z.number().min(-50).max(50),
    surprise: z.number().min(0.001).max(50),
    fewPurchases: z.number().min(-50).max(50),
    activityDrop: z.number().min(0).max(50),
  }),
  /** Acts (browsing, clicks, words) per customer and day: what the shop is used to. */
  actsPerDay: z.number().min(0).max(1000),
  /** Alarm at this risk. */
  threshold: z.number().min(0).max(1),
  /** The catalogue's replenishment days foretold the next purchase better than the rhythm did. */
  trustSupply: z.boolean().default(false),
  /** Of the forecast's own distribution: the levels between which 50 % and 80 % of next purchases came. */
  levels: z
    .strictObject({ p10: share, p25: share, p50: share, p75: share, p90: share })
    .refine(
      ({ p10, p25, p50, p75, p90 }) => p10 <= p25 && p25 <= p50 && p50 <= p75 && p75 <= p90,
      'levels rise: p10 ≤ p25 ≤ p50 ≤ p75 ≤ p90',
    ),
})
export type Parameters = z.infer<typeof parametersShape>

export const churnShape = z.strictObject({
  /** Who has bought on fewer days has no rhythm of her own and is out of scope. */
  leastPurchases: z.int().min(2).max(100).default(2),
  /** A warning comes this long before the alarm. */
  leadDays: z.int().min(0).max(365).default(14),
  /** Churned = no purchase within the next max(leastDays, rhythm × own mean interval). */
  label: z
    .strictObject({ leastDays: days.default(90), rhythm: z.number().min(0.5).max(20).default(2) })
    .prefault({}),
  /** The rules ours is compared with. */
  baselines: z
    .strictObject({ silenceDays: days.default(180), rhythm: z.number().min(0.5).max(20).default(2) })
    .prefault({}),
  activity: z.strictObject({ windowDays: days.default(30), earlierDays: days.default(180) }).prefault({}),
  criterion: z
    .discriminatedUnion('best', [
      z.strictObject({ best: z.literal('youden') }),
      z.strictObject({ best: z.literal('f1') }),
      z.strictObject({ best: z.literal('precision'), recallAtLeast: share }),
    ])
    .default({ best: 'youden' }),
  calibration: z
    .strictObject({
      everyDays: days.default(30),
      leastCases: z.int().min(10).max(1_000_000).default(300),
      leastOfEach: z.int().min(5).max(100_000).default(50),
      leastCustomers: z.int().min(5).max(1_000_000).default(100),
      mostCustomers: z.int().min(100).max(1_000_000).default(10_000),
    })
    .prefault({}),
  defaults: parametersShape.default({
    rhythm: { shape: 1.048, r: 2.986, alphaDays: 136.1 },
    weights: { intercept: 1.06, surprise: 0.544, fewPurchases: 1.2, activityDrop: 0.5 },
    actsPerDay: 0,
    threshold: 0.672,
    trustSupply: false,
    levels: { p10: 0.125, p25: 0.291, p50: 0.567, p75: 0.836, p90: 0.95 },
  }),
})

export interface ChurnRules extends z.infer<typeof churnShape> {
  readonly hash: string
}

const complete = (shape: z.infer<typeof churnShape>): ChurnRules => ({
  ...shape,
  hash: sha256(JSON.stringify(shape)).slice(0, 16),
})

export const loadChurnRules = (configDir: string): ChurnRules =>
  complete(readSettings(join(configDir, 'churn.yaml'), churnShape, 'The churn rules cannot be used:'))

/** The rules of a shop that changed nothing. */
export const shippedChurnRules = (): ChurnRules => complete(churnShape.parse({}))
