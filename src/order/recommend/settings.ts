/** What `config/recommend.yaml` may say. */
import { join } from 'node:path'
import { z } from 'zod'
import { readSettings } from '../../base/settings-file.ts'

export const recommendShape = z.strictObject({
  windowDays: z.int().min(7).max(3650).default(365),
  unit: z.enum(['customer', 'order']).default('customer'),
  /** In how many units an item must be to take part, and a pair to count. */
  minSupport: z.int().min(1).max(1_000_000).default(5),
  minTogether: z.int().min(1).max(1_000_000).default(3),
  measure: z.enum(['cosine', 'lift']).default('cosine'),
  /** Bounds: newest items of a unit, units looked at per item, neighbours kept per item. */
  perUnit: z.int().min(2).max(500).default(50),
  unitsPerItem: z.int().min(100).max(100_000).default(5_000),
  perItem: z.int().min(1).max(100).default(20),
  /** Her newest items that recommendations start from. */
  historyItems: z.int().min(1).max(100).default(20),
  replenishFromPercent: z.int().min(10).max(200).default(80),
})

export type RecommendSettings = z.infer<typeof recommendShape>
export type Measure = RecommendSettings['measure']

export const loadRecommendSettings = (configDir: string): RecommendSettings =>
  readSettings(
    join(configDir, 'recommend.yaml'),
    recommendShape,
    'The settings of recommendations cannot be used:',
  )
