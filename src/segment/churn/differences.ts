/**
 * Ours minus another rule, with an interval that takes a customer's many cases for one: whole customers are drawn again
 * (cluster bootstrap, percentile, fixed seed).
 */
import { quantileOf, seeded } from '../../base/statistics.ts'
import type { Verdict } from './evaluate.ts'
import { f1Of, youdenOf } from './metrics.ts'
import type { Counts } from './metrics.ts'

const measures = {
  precision: ({ tp, fp }: Counts): number | null => (tp + fp === 0 ? null : tp / (tp + fp)),
  recall: ({ tp, fn }: Counts): number | null => (tp + fn === 0 ? null : tp / (tp + fn)),
  f1: f1Of,
  youden: youdenOf,
} as const
type Measure = keyof typeof measures
const measureNames = Object.keys(measures) as readonly Measure[]

const others = ['fixedSilence', 'twiceRhythm', 'rhythmOnly', 'everybody'] as const
const rules = ['ours', ...others] as const

export interface Difference {
  readonly measure: Measure
  readonly against: (typeof others)[number]
  readonly ours: number | null
  readonly theirs: number | null
  readonly difference: number | null
  /** 95 %. */
  readonly low: number | null
  readonly high: number | null
  readonly verdict: 'better' | 'worse' | 'undecided'
}

const perRule = 4
const place = { tp: 0, fp: 1, fn: 2, tn: 3 } as const

/** Each customer's counts under each rule, flat: 4 numbers per rule. */
function countsPerCustomer(verdicts: readonly Verdict[]): Float64Array[] {
  const counts = new Map<number, Float64Array>()
  for (const { one, warned } of verdicts) {
    const own = counts.get(one.customer) ?? new Float64Array(perRule * rules.length)
    counts.set(one.customer, own)
    rules.forEach((rule, n) => {
      const cell = warned[rule] ? (one.churned ? place.tp : place.fp) : one.churned ? place.fn : place.tn
      own[n * perRule + cell] = (own[n * perRule + cell] ?? 0) + 1
    })
  }
  return [...counts].sort(([a], [b]) => a - b).map(([, own]) => own)
}

function sumOf(customers: readonly Float64Array[], pick: (n: number) => number): Float64Array {
  const sum = new Float64Array(perRule * rules.length)
  for (let n = 0; n < customers.length; n += 1) {
    const own = customers[pick(n)]
    if (own) for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (own[i] ?? 0)
  }
  return sum
}

const read = (sum: Float64Array, rule: number): Counts => ({
  tp: sum[rule * perRule + place.tp] ?? 0,
  fp: sum[rule * perRule + place.fp] ?? 0,
  fn: sum[rule * perRule + place.fn] ?? 0,
  tn: sum[rule * perRule + place.tn] ?? 0,
})

/** About ten million additions at most. */
const drawsFor = (customers: number): number =>
  Math.max(200, Math.min(1000, Math.floor(2e6 / Math.max(1, customers))))

export function differencesOf(verdicts: readonly Verdict[]): Difference[] {
  const customers = countsPerCustomer(verdicts)
  const whole = sumOf(customers, (n) => n)
  const random = seeded(20_261_122)
  const draws =
    customers.length === 0
      ? []
      : Array.from({ length: drawsFor(customers.length) }, () =>
          sumOf(customers, () => Math.floor(random() * customers.length)),
        )
  const minus = (sum: Float64Array, measure: Measure, against: number): number | null => {
    const [ours, theirs] = [measures[measure](read(sum, 0)), measures[measure](read(sum, against))]
    return ours === null || theirs === null ? null : ours - theirs
  }
  return others.flatMap((against, n) =>
    measureNames.map((measure): Difference => {
      const drawn = draws.flatMap((sum) => minus(sum, measure, n + 1) ?? []).sort((a, b) => a - b)
      const [low, high] = [quantileOf(drawn, 0.025), quantileOf(drawn, 0.975)]
      return {
        measure,
        against,
        ours: measures[measure](read(whole, 0)),
        theirs: measures[measure](read(whole, n + 1)),
        difference: minus(whole, measure, n + 1),
        low,
        high,
        verdict: low !== null && low > 0 ? 'better' : high !== null && high < 0 ? 'worse' : 'undecided',
      }
    }),
  )
}
