/** R2 (RELIABILITY.md §4) in its short form; `npm run test:long -- R2` makes a hundred thousand calls. */
import { expect, it } from 'vitest'
import { callAllUnderFaults } from './all-calls.ts'
import { sqliteDatabase } from './database.ts'
import { deliverUnderFaults, faultsOf } from './fault-mix.ts'

it(
  'R2: an API that fails in every way loses nothing and makes nothing twice',
  { timeout: 120_000 },
  async () => {
    const report = await deliverUnderFaults(sqliteDatabase, {
      seed: 20_261_130,
      cards: 250,
      broadcasts: 1_050,
      groupBroadcasts: 60,
      welcomes: 300,
      customers: 100,
      keepsHours: 72,
      bursts: 4,
      burstEvery: 12,
    })
    process.stderr.write(`R2 short: ${JSON.stringify(report)}\n`)
    expect(faultsOf(report)).toEqual([])
    expect(report.allCalls).toBeGreaterThan(5_000)
    expect(Object.keys(report.faults).length).toBeGreaterThan(8)
    expect(report.blocks).toBeGreaterThan(0)
  },
)

it('R2: whatever is called, the client tells what became of it', { timeout: 120_000 }, async () => {
  const report = await callAllUnderFaults({ invocations: 5_000, seed: 20_261_130, lanes: 4 })
  process.stderr.write(`R2 all calls, short: ${JSON.stringify(report)}\n`)
  expect(report.untrue).toEqual([])
  expect(report.names).toBeGreaterThan(130)
  expect(Object.keys(report.faults).length).toBe(15)
  // The one call that goes first after a limit is the most that may meet it.
  expect(report.insideLimits).toBe(0)
})
