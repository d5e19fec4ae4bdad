/** How many are what: the eight types with their matrix, the four classes, the named segments, the edges behind them. */
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { edgesOf, linesOf } from './edges.ts'
import type { Dimension, RfmCuts } from './edges.ts'
import { buyersSql, computeRfmCuts, countScored, scoredSql } from './rfm.store.ts'
import type { Counted } from './rfm.store.ts'
import { scaleOf } from './score.ts'
import { valueTypes } from './settings.ts'
import type { RfmRules, ValueType } from './settings.ts'

/** Money in yuan; `average` is revenue per order, to the fen. */
export interface SegmentDetail {
  readonly segment: string
  readonly customers: number
  readonly orders: number
  readonly revenue: number
  readonly average: number | null
}

export interface MatrixRow {
  readonly type: ValueType
  readonly recency: '高' | '低'
  readonly frequency: '高' | '低'
  readonly monetary: '高' | '低'
  readonly customers: number
  readonly actions: readonly string[]
}

export interface ClassCount extends SegmentDetail {
  readonly actions: readonly string[]
}

export interface RfmSummary {
  readonly buyers: number
  /** What `segments` counts: `types`, `named` or `classes`. */
  readonly report: RfmRules['report']
  readonly segments: Readonly<Record<string, number>>
  readonly details: readonly SegmentDetail[]
  readonly matrix: readonly MatrixRow[]
  readonly classes: readonly ClassCount[]
  readonly rfm: RfmSettingsShown
}

export interface RfmSettingsShown {
  readonly window: RfmRules['window']
  readonly frequency: RfmRules['frequency']
  readonly monetary: RfmRules['monetary']
  readonly method: RfmRules['scores']['method']
  /** Days, orders (or customer-days), yuan: the second bin begins at the first edge, and so on. */
  readonly edges: Readonly<Record<Dimension, readonly number[]>> | null
  /** High for the eight types: recency at most so many days, frequency and yuan at least so much. */
  readonly lines: Readonly<Record<Dimension, number>> | { readonly atLeastScore: number } | null
}

const unitOf: Readonly<Record<Dimension, number>> = { recency: 100, frequency: 100, monetary: 10_000 }

export function shownSettings(rules: RfmRules, cuts: RfmCuts): RfmSettingsShown {
  const { window, frequency, monetary, scores, split } = rules
  const written = scores.method === 'thresholds' || cuts.buyers > 0
  const edges = (dimension: Dimension): number[] =>
    edgesOf(rules, cuts, dimension).map(
      // A tie that goes down sits a hundredth above the edge it belongs to.
      (edge) =>
        (scores.method === 'quantiles' && scores.tie === 'lower' ? edge - 1 : edge) / unitOf[dimension],
    )
  const lines = linesOf(rules, cuts)
  return {
    window,
    frequency,
    monetary,
    method: scores.method,
    edges: written
      ? { recency: edges('recency'), frequency: edges('frequency'), monetary: edges('monetary') }
      : null,
    lines: lines
      ? cuts.buyers > 0 || typeof split === 'object'
        ? {
            recency: lines.recencyMost,
            frequency: lines.frequencyLeast,
            monetary: lines.monetaryLeast / 100,
          }
        : null
      : { atLeastScore: typeof split === 'object' && 'atLeastScore' in split ? split.atLeastScore : 0 },
  }
}

/** Everybody at the end of `day`, with the cut points given or, without, those of that day itself. */
export async function rfmSummary(
  reader: Reader,
  rules: RfmRules,
  day: Day,
  frozen: RfmCuts | null = null,
): Promise<RfmSummary> {
  const query = { rules, day, when: 'end-of-day' } as const
  const cuts = frozen ?? (await computeRfmCuts(reader, query))
  const scored = scoredSql(await buyersSql(reader, query), scaleOf(rules, cuts), day)
  return summaryOf(rules, cuts, await countScored(reader, scored))
}

const yuan = (fen: number): number => fen / 100

interface Sum {
  customers: number
  orders: number
  fen: number
}

function tally(names: readonly string[], rows: readonly Counted[], placeOf: (row: Counted) => number): Sum[] {
  const sums = names.map((): Sum => ({ customers: 0, orders: 0, fen: 0 }))
  for (const row of rows) {
    const sum = sums[placeOf(row)]
    if (!sum) continue
    sum.customers += row.customers
    sum.orders += row.orders
    sum.fen += row.amount_fen
  }
  return sums
}

const detailOf = (segment: string, { customers, orders, fen }: Sum): SegmentDetail => ({
  segment,
  customers,
  orders,
  revenue: yuan(fen),
  average: orders === 0 ? null : yuan(Math.round(fen / orders)),
})

function summaryOf(rules: RfmRules, cuts: RfmCuts, rows: readonly Counted[]): RfmSummary {
  const kinds = {
    types: { names: [...valueTypes], placeOf: ({ type }: Counted) => type },
    named: {
      names: [...rules.named.map(({ name }) => name), rules.others],
      placeOf: ({ segment }: Counted) => segment,
    },
    classes: { names: rules.classes.map(({ name }) => name), placeOf: (row: Counted) => row.class },
  }
  const detailsOf = (kind: RfmRules['report']): SegmentDetail[] => {
    const { names, placeOf } = kinds[kind]
    return tally(names, rows, placeOf).map((sum, i) => detailOf(names[i] ?? '', sum))
  }
  // Others is listed only when somebody is left over.
  const details = detailsOf(rules.report).filter(
    ({ segment, customers }) => rules.report !== 'named' || segment !== rules.others || customers > 0,
  )
  const types = detailsOf('types')
  return {
    buyers: rows.reduce((sum, { customers }) => sum + customers, 0),
    report: rules.report,
    segments: Object.fromEntries(details.map(({ segment, customers }) => [segment, customers])),
    details,
    matrix: valueTypes.map((type, place) => ({
      type,
      recency: place % 4 < 2 ? '高' : '低',
      frequency: place % 2 === 0 ? '高' : '低',
      monetary: place < 4 ? '高' : '低',
      customers: types[place]?.customers ?? 0,
      actions: rules.actionsOf[type],
    })),
    classes: detailsOf('classes').map((one, i) => ({ ...one, actions: rules.classes[i]?.actions ?? [] })),
    rfm: shownSettings(rules, cuts),
  }
}
