/** R1 in full: 5,000 deliveries, 200 kills. R1_DATABASE_URL runs it on a PostgreSQL of yours, R1_SCALE=0.1 a tenth of it. */
import { afterAll, expect, it } from 'vitest'
import { drainUnderFire, problemsOf } from '../process/drain.ts'
import { stopEverything } from '../process/harness.ts'

afterAll(stopEverything)

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const scale = Number(process.env['R1_SCALE'] ?? 1)

it('R1: 5,000 deliveries, 200 kills, nothing lost, nothing twice', { timeout: 3_600_000 }, async () => {
  const copies = Math.max(0, Math.round(10 * scale) - 1)
  const report = await drainUnderFire({
    seed,
    cards: 240,
    broadcasts: 240,
    groupBroadcasts: 20,
    copies,
    kills: Math.round(200 * scale),
    latencyMs: 150,
    longestLifeMs: 1_500,
    cardsForOne: 30,
    databaseUrl: process.env['R1_DATABASE_URL'] ?? null,
    patienceMs: 2_400_000,
  })
  const { warnings, ...figures } = report
  process.stderr.write(`R1 seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
  expect(report.promises).toBe(500 * (copies + 1))
  expect(problemsOf(report), warnings.slice(-50).join('\n')).toEqual([])
  expect(report.restartToFirstSendMs.worst).toBeLessThan(5_000)
})
