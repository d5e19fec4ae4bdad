/** R1 in its short form: 500 deliveries of two API kinds, 20 kills. The long one is test/long/R1.test.ts. */
import { afterAll, expect, it } from 'vitest'
import { stopEverything } from './harness.ts'
import { drainUnderFire } from './drain.ts'
import type { DrainReport } from './drain.ts'

afterAll(stopEverything)

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))

function expectExactlyOnce(report: DrainReport): void {
  const { warnings, ...figures } = report
  process.stderr.write(`R1 seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
  expect({ lost: report.lost, twice: report.twice, dropped: report.dropped }, warnings.join('\n')).toEqual({
    lost: [],
    twice: [],
    dropped: 0,
  })
  expect(report.sentWithoutIntent).toEqual([])
  expect(report.openParcels).toBe(0)
  expect(Object.keys(report.states).filter((state) => !/ (waiting|sent)$/.test(state))).toEqual([])
  // The median: two cores are shared with the rest of the suite, and some lives begin while it compiles.
  expect(report.restartToFirstSendMs.median).toBeLessThan(5_000)
}

it('loses nothing and sends nothing twice over 20 kills', { timeout: 240_000 }, async () => {
  const report = await drainUnderFire({
    seed,
    cards: 250,
    broadcasts: 250,
    groupBroadcasts: 0,
    kills: 20,
    latencyMs: 150,
    longestLifeMs: 700,
    cardsForOne: 34,
    databaseUrl: null,
    patienceMs: 150_000,
  })
  expect(report.promises).toBe(500)
  expectExactlyOnce(report)
  expect(report.killsInHand).toBeGreaterThan(8)
})
