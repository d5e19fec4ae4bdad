/**
 * R12: a shop lives through a month, five times, each as another seed has it; the invariants are held against WeCom's own
 * ledger after every day. `R12_SEEDS=17` (or `3,4,5`) and `R12_DAYS=12` choose others; a seed takes the same steps every
 * time, so a failure is seen again by its number alone. On a machine that is too busy no other seed is begun after
 * `R12_SECONDS`, and the figures say how many there were; `npm run test:long -- R12` lives all of them however long it takes.
 */
import { afterAll, expect, it } from 'vitest'
import { live } from './life.ts'
import type { LifeReport } from './life.ts'
import { figuresOf, secondsSince } from './report.ts'
import { removeTowns } from './town.ts'

afterAll(removeTowns)

const days = Number(process.env['R12_DAYS'] ?? 30)
const seeds = (process.env['R12_SEEDS'] ?? '1,2,3,4,5').split(',').map(Number)
const patienceSeconds = Number(process.env['R12_SECONDS'] ?? 30)
const replayedDays = Math.min(days, 6)

it(
  'R12: whatever comes when, everybody due is told once or not at all, and why',
  { timeout: 900_000 },
  async () => {
    const since = secondsSince()
    const reports: LifeReport[] = []
    const hashes: string[] = []
    for (const seed of seeds) {
      if (reports.length > 0 && since() > patienceSeconds) break
      reports.push(
        await live({
          seed,
          days,
          onDay: (day, hash) => {
            if (seed === seeds[0] && day <= replayedDays) hashes.push(hash)
          },
        }),
      )
    }
    const again: string[] = []
    await live({
      seed: seeds[0] ?? 1,
      days,
      until: replayedDays,
      onDay: (_day, hash) => void again.push(hash),
    })
    const figures = { asked: seeds.length, ...figuresOf(reports, since()) }
    process.stderr.write(`R12 ${JSON.stringify(figures)}\n`)
    const failed = reports.flatMap(({ seed, violations }) =>
      violations.map(
        (one) =>
          `R12_SEEDS=${String(seed)} R12_DAYS=${String(days)}: ${one.invariant} on ${one.day}: ${one.words}`,
      ),
    )
    expect.soft(failed).toEqual([])
    expect.soft(again, 'the same seed takes the same steps').toEqual(hashes)
    expect(figures.crashes).toBeGreaterThan(0)
    expect(figures.checked).toMatchObject(
      Object.fromEntries(
        ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'due'].map((name) => [
          name,
          expect.any(Number),
        ]),
      ),
    )
  },
)
