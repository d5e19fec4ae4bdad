/** R1 in its short form: 500 deliveries of two API kinds, 20 kills. The long one is test/long/R1.test.ts. */
import { afterAll, expect, it } from 'vitest'
import { drainUnderFire, problemsOf } from './drain.ts'
import { stopEverything } from './harness.ts'

afterAll(stopEverything)

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it('loses nothing and sends nothing twice over 20 kills', { timeout: 240_000 }, async () => {
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
    patienceMs: 150_000,
  })
  expect(report.promises).toBe(500)
  const { warnings, ...figures } = report
  process.stderr.write(`R1 seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
  expect(problemsOf(report), warnings.join('\n')).toEqual([])
  // The median: two cores are shared with the rest of the suite, and some lives begin while it compiles.
  expect(report.restartToFirstSendMs.median).toBeLessThan(5_000)
  expect(report.killsInHand).toBeGreaterThan(8)
})
