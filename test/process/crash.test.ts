/** R1 in its short form: 500 deliveries of two API kinds, 20 kills. The long one is test/long/R1.test.ts. */
import { afterAll, expect, inject, it } from 'vitest'
import { postgresDatabase } from '../database.ts'
import { drainUnderFire, problemsOf } from './drain.ts'
import { stopEverything } from './harness.ts'

afterAll(stopEverything)

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it('loses nothing and sends nothing twice over 20 kills', { timeout: 420_000 }, async () => {
  const report = await drainUnderFire({
    seed,
    cards: 250,
    broadcasts: 250,
    groupBroadcasts: 0,
    copies: 0,
    kills: 20,
    latencyMs: 150,
    longestLifeMs: 700,
    cardsForOne: 34,
    databaseUrl: null,
    patienceMs: 300_000,
  })
  expect(report.promises).toBe(500)
  const { warnings, ...figures } = report
  process.stderr.write(`R1 seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
  expect(problemsOf(report), warnings.join('\n')).toEqual([])
  // The median: two cores are shared with the rest of the suite, and some lives begin while it compiles.
  expect(report.restartToFirstSendMs.median).toBeLessThan(5_000)
  expect(report.killsInHand).toBeGreaterThan(8)
})

const postgres = inject('postgresUrl')
if (postgres === null) process.stderr.write('!! skipped on PostgreSQL: a drain under kills\n')

it.runIf(postgres !== null)('nor on PostgreSQL, over five', { timeout: 240_000 }, async () => {
  const database = await postgresDatabase(postgres ?? '')
  const report = await drainUnderFire({
    seed,
    cards: 60,
    broadcasts: 60,
    groupBroadcasts: 10,
    copies: 0,
    kills: 5,
    latencyMs: 150,
    longestLifeMs: 700,
    cardsForOne: 10,
    databaseUrl: database.url,
    patienceMs: 180_000,
  })
  await database.drop()
  const { warnings, ...figures } = report
  process.stderr.write(`R1 on PostgreSQL, seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
  expect(problemsOf(report), warnings.join('\n')).toEqual([])
})
