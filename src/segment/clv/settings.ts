/** config/clv.yaml. BG/NBD is no choice here: it calls every one-time buyer alive. */
import { join } from 'node:path'
import { z } from 'zod'
import { readSettings } from '../../base/settings-file.ts'

export const clvShape = z.strictObject({
  model: z.enum(['pareto-nbd', 'mbg-nbd']).default('pareto-nbd'),
  weeks: z.int().min(4).max(520).default(52),
  intervalPercent: z.int().min(50).max(99).default(80),
  draws: z.int().min(50).max(5_000).default(200),
  advisorPercent: z.number().min(0).max(100).default(5),
  leastCustomers: z.int().min(1).max(1_000_000).default(30),
  leastRepeatBuyers: z.int().min(1).max(1_000_000).default(10),
})

export type ClvSettings = z.infer<typeof clvShape>

export const loadClvSettings = (configDir: string): ClvSettings =>
  readSettings(join(configDir, 'clv.yaml'), clvShape, 'The settings of customer value cannot be used:')
