/** R2 in full: 100,000 calls and more. R2_DATABASE_URL is not needed: SQLite is the slower writer. R2_SCALE=0.1: a tenth. */
import { expect, it } from 'vitest'
import { callAllUnderFaults } from '../all-calls.ts'
import { sqliteDatabase } from '../database.ts'
import { deliverUnderFaults, faultsOf } from '../fault-mix.ts'

const seed = Number(process.env['R2_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const scale = Number(process.env['R2_SCALE'] ?? 1)

it('R2: 100,000 calls under a mix of faults', { timeout: 3_600_000 }, async () => {
  const of = (n: number): number => Math.round(n * scale)
  const report = await deliverUnderFaults(sqliteDatabase, {
    seed,
    cards: of(5_000),
    broadcasts: of(22_000),
    groupBroadcasts: of(1_500),
    welcomes: of(8_000),
    customers: 2_000,
    keepsHours: 24 * 14,
    bursts: of(30),
    burstEvery: 25,
    say: (line) => {
      if (line.endsWith('00 calls')) process.stderr.write(`${line}\n`)
    },
  })
  process.stderr.write(`R2 seed ${String(seed)}: ${JSON.stringify(report)}\n`)
  expect(faultsOf(report)).toEqual([])
  expect(report.allCalls).toBeGreaterThanOrEqual(100_000 * scale)
})

it('R2: 100,000 calls of every name', { timeout: 3_600_000 }, async () => {
  const report = await callAllUnderFaults({ invocations: Math.round(100_000 * scale), seed, lanes: 6 })
  process.stderr.write(`R2 all calls, seed ${String(seed)}: ${JSON.stringify(report)}\n`)
  expect(report.untrue).toEqual([])
  expect(report.insideLimits).toBe(0)
})
