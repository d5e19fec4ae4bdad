/**
 * R12 in full: 20 seeds, a hundred days each. R12_SEEDS=40 lives forty, R12_FIRST=100 begins with that number, R12_DAYS
 * says how long; R12_SEEDS=1 R12_FIRST=17 lives seed 17 once more.
 */
import { afterAll, expect, it } from 'vitest'
import { live } from '../simulation/life.ts'
import type { LifeReport } from '../simulation/life.ts'
import { figuresOf, secondsSince } from '../simulation/report.ts'
import { removeTowns } from '../simulation/town.ts'

afterAll(removeTowns)

const count = Number(process.env['R12_SEEDS'] ?? 20)
const first = Number(process.env['R12_FIRST'] ?? 1)
const days = Number(process.env['R12_DAYS'] ?? 100)
/** Shops that begin before a month's end, a leap day, a new year. */
const beginnings = ['2026-05-18', '2027-01-20', '2028-02-14', '2026-09-21', '2026-12-01']

it(`R12: ${String(count)} seeds, ${String(days)} days each`, { timeout: 14_400_000 }, async () => {
  const since = secondsSince()
  const reports: LifeReport[] = []
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await live({
      seed,
      days,
      from: beginnings[seed % beginnings.length] ?? '2026-05-18',
      shopSeed: 1 + (seed % 3),
    })
    reports.push(report)
    for (const { invariant, day, words } of report.violations)
      process.stderr.write(
        `R12_SEEDS=1 R12_FIRST=${String(seed)} R12_DAYS=${String(days)}: ${invariant} on ${day}: ${words}\n`,
      )
  }
  const figures = figuresOf(reports, since())
  process.stderr.write(`R12 ${JSON.stringify(figures)}\n`)
  expect(reports.flatMap(({ violations }) => violations)).toEqual([])
})
