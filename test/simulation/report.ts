/** What a run of several seeds says of itself. */
import type { LifeReport } from './life.ts'

/** Node’s finest clock: a simulation leaves it alone. */
const hrtime = process.hrtime.bigint.bind(process.hrtime)

export function secondsSince(): () => number {
  const startedAt = hrtime()
  return () => Math.round(Number(hrtime() - startedAt) / 1e8) / 10
}

export interface Figures {
  readonly seeds: number
  readonly days: number
  readonly steps: number
  readonly turns: number
  readonly crashes: number
  readonly calls: number
  readonly faults: Readonly<Record<string, number>>
  readonly callbacks: Readonly<Record<string, number>>
  readonly promises: Readonly<Record<string, number>>
  readonly checked: Readonly<Record<string, number>>
  readonly violations: number
  readonly seconds: number
}

export function figuresOf(reports: readonly LifeReport[], seconds: number): Figures {
  const sum = (of: (report: LifeReport) => number): number =>
    reports.reduce((total, one) => total + of(one), 0)
  const sums = (of: (report: LifeReport) => Readonly<Record<string, number>>): Record<string, number> => {
    const total: Record<string, number> = {}
    for (const report of reports)
      for (const [name, n] of Object.entries(of(report))) total[name] = (total[name] ?? 0) + n
    return total
  }
  return {
    seeds: reports.length,
    days: sum(({ days }) => days),
    steps: sum(({ steps }) => steps),
    turns: sum(({ turns }) => turns),
    crashes: sum(({ crashes }) => crashes),
    calls: sum(({ calls }) => calls),
    faults: sums(({ faults }) => faults),
    callbacks: sums(({ callbacks }) => callbacks),
    promises: sums(({ promises }) => promises),
    checked: sums(({ checked }) => checked),
    violations: sum(({ violations }) => violations.length),
    seconds,
  }
}
