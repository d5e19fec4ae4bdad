/** What `config/radar.yaml` may say. */
import { join } from 'node:path'
import { z } from 'zod'
import { readSettings } from '../../base/settings-file.ts'

const score = z.int().min(0).max(100)
const isRising = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > (values[i - 1] ?? 0))
const isMonotone = (scores: readonly number[]): boolean =>
  scores.every((value, i) => i === 0 || value >= (scores[i - 1] ?? 0)) ||
  scores.every((value, i) => i === 0 || value <= (scores[i - 1] ?? 0))

const line = z
  .array(z.tuple([z.int().min(0).max(1_000_000_000_000), score]))
  .min(2)
  .max(30)
  .refine((points) => isRising(points.map(([value]) => value)), 'the values must rise')
  .refine((points) => isMonotone(points.map(([, at]) => at)), 'the scores must only rise, or only fall')

const scale = z.enum(['points', 'percentile']).default('points')
const days = z.int().min(1).max(3650)

export const radarShape = z.strictObject({
  recency: z.strictObject({ points: line }).default({
    points: [
      [0, 100],
      [7, 95],
      [30, 80],
      [90, 50],
      [180, 25],
      [360, 5],
      [720, 0],
    ],
  }),
  frequency: z.strictObject({ scale, points: line }).default({
    scale: 'percentile',
    points: [
      [0, 0],
      [100, 20],
      [200, 40],
      [400, 60],
      [800, 80],
      [2400, 100],
    ],
  }),
  spend: z.strictObject({ scale, points: line }).default({
    scale: 'percentile',
    points: [
      [0, 0],
      [10_000, 15],
      [50_000, 40],
      [200_000, 70],
      [500_000, 85],
      [2_000_000, 100],
    ],
  }),
  engagement: z.strictObject({ days, points: line }).default({
    days: 90,
    points: [
      [0, 0],
      [1, 20],
      [3, 40],
      [8, 60],
      [20, 80],
      [60, 100],
    ],
  }),
  advocacy: z.strictObject({ days, satisfaction: line, words: line }).default({
    days: 180,
    satisfaction: [
      [1, 0],
      [2, 0],
      [3, 20],
      [4, 40],
      [5, 60],
    ],
    words: [
      [0, 0],
      [1, 10],
      [3, 20],
      [10, 40],
    ],
  }),
  potential: z
    .strictObject({
      scale,
      points: line,
      stages: z.strictObject({
        attraction: score,
        conversion: score,
        growth: score,
        maturity: score,
        decline: score,
      }),
    })
    .default({
      scale: 'percentile',
      points: [
        [0, 0],
        [10_000, 20],
        [50_000, 45],
        [200_000, 70],
        [500_000, 85],
        [2_000_000, 100],
      ],
      stages: { attraction: 30, conversion: 55, growth: 75, maturity: 60, decline: 15 },
    }),
})

export type RadarSettings = z.infer<typeof radarShape>
export type Line = z.infer<typeof line>

export const loadRadarSettings = (configDir: string): RadarSettings =>
  readSettings(
    join(configDir, 'radar.yaml'),
    radarShape,
    'The value radar cannot be drawn by these settings:',
  )
