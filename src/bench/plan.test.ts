import { expect, it } from 'vitest'
import { benchPlan } from './plan.ts'

it('bench plan runs; planned again the day finds nothing to add, and neither does an edited rule', async () => {
  const { runs } = await benchPlan({ sizes: [400], pairs: 1, days: 3, ormSample: 20 })
  const [run] = runs
  expect(run).toMatchObject({ customers: 400, again: { written: 0 }, edited: { written: 0 } })
  expect(run?.promises).toBeGreaterThan(20)
  expect(run?.declined).toMatchObject({ 'no-advisor': expect.any(Number), holdout: expect.any(Number) })
  expect(run?.dryRun?.decisions).toBeGreaterThan(run?.candidates ?? 0)
}, 120_000)
