/** Counts of an experiment's arms, put together from what the database counted. Pure. */
import type { Share, Sums } from './comparison.ts'
import type { Assigned } from './complier.ts'
import type { GroupRow, TallyRow } from './outcomes.store.ts'
import type { Metric } from './shape.ts'

/** One arm's units whose window is over, and how many more there are. */
export interface ArmTally {
  readonly arm: string
  /** All who were due and could have been told, also those whose window is not over. */
  readonly entered: number
  readonly n: number
  readonly queued: number
  readonly sent: number
  readonly waiting: number
  readonly unreachable: number
  /** Had a promise of another arm, too: her first one counts. */
  readonly crossed: number
  readonly fresh: number
  /** By metric, of `n` and of those really sent to. */
  readonly hits: Readonly<Record<Metric, number>>
  readonly sentHits: Readonly<Record<Metric, number>>
  /** Opt-outs so far, of everybody who entered. */
  readonly optOuts: number
  readonly fen: Sums
  /** Of groups: the rate of each as one observation. Null for customers. */
  readonly rates: Readonly<Record<Metric, Sums>> | null
  readonly byVersion: ReadonlyMap<number, number>
  readonly newestAt: number
}

const columns = {
  'sent-to-order': 'ordered',
  reply: 'replied',
  click: 'clicked',
  'opt-out': 'opted_out',
} as const

const eachMetric = <T>(of: (metric: Metric) => T): Record<Metric, T> => ({
  'sent-to-order': of('sent-to-order'),
  reply: of('reply'),
  click: of('click'),
  'opt-out': of('opt-out'),
})

export function customerTally(arm: string, all: readonly TallyRow[]): ArmTally {
  const mine = all.filter((row) => row.arm === arm)
  const counted = mine.filter(({ dropped }) => dropped === 0)
  const mature = counted.filter((row) => row.mature === 1)
  const sum = (rows: readonly TallyRow[], of: (row: TallyRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  return {
    arm,
    entered: sum(counted, ({ n }) => n),
    n: sum(mature, ({ n }) => n),
    queued: sum(mature, ({ queued }) => queued),
    sent: sum(mature, ({ sent }) => sent),
    waiting: sum(counted, ({ n }) => n) - sum(mature, ({ n }) => n),
    unreachable: sum(mine, ({ n }) => n) - sum(counted, ({ n }) => n),
    crossed: sum(counted, ({ crossed }) => crossed),
    fresh: sum(counted, ({ fresh }) => fresh),
    hits: eachMetric((metric) => sum(mature, (row) => row[columns[metric]])),
    sentHits: eachMetric((metric) => sum(mature, (row) => row[`sent_${columns[metric]}`])),
    optOuts: sum(counted, ({ opted_out }) => opted_out),
    fen: {
      n: sum(mature, ({ n }) => n),
      sum: sum(mature, ({ fen }) => fen),
      squares: sum(mature, ({ fen_squares }) => fen_squares),
    },
    rates: null,
    byVersion: countBy(counted.map(({ version, n }) => [version, n])),
    newestAt: Math.max(0, ...counted.map(({ newest_at }) => newest_at)),
  }
}

/** A group is one unit: it did it as far as its members did. */
export function groupTally(arm: string, all: readonly GroupRow[], freshSince: number): ArmTally {
  const mine = all.filter((row) => row.arm === arm)
  const mature = mine.filter((row) => row.mature === 1)
  const rateOf = (row: GroupRow, metric: Metric): number =>
    row.members === 0 ? 0 : row[columns[metric]] / row.members
  const sum = (rows: readonly GroupRow[], of: (row: GroupRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  return {
    arm,
    entered: mine.length,
    n: mature.length,
    queued: sum(mature, ({ queued }) => queued),
    sent: sum(mature, ({ sent }) => sent),
    waiting: mine.length - mature.length,
    unreachable: 0,
    crossed: sum(mine, ({ crossed }) => crossed),
    fresh: mine.filter(({ at }) => at > freshSince).length,
    hits: eachMetric((metric) => sum(mature, (row) => row[columns[metric]])),
    sentHits: eachMetric((metric) => sum(mature, (row) => (row.sent === 1 ? row[columns[metric]] : 0))),
    optOuts: sum(mine, ({ opted_out }) => opted_out),
    fen: sumsOf(mature.map(({ fen, members }) => (members === 0 ? 0 : fen / members))),
    rates: eachMetric((metric) => sumsOf(mature.map((row) => rateOf(row, metric)))),
    byVersion: countBy(mine.map(({ version }) => [version, 1])),
    newestAt: Math.max(0, ...mine.map(({ at }) => at)),
  }
}

export const sumsOf = (values: readonly number[]): Sums => ({
  n: values.length,
  sum: values.reduce((total, value) => total + value, 0),
  squares: values.reduce((total, value) => total + value * value, 0),
})

function countBy(pairs: readonly (readonly [number, number])[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const [key, n] of pairs) counts.set(key, (counts.get(key) ?? 0) + n)
  return counts
}

export const shareOf = ({ n, hits }: ArmTally, metric: Metric): Share => ({ n, hits: hits[metric] })
export const deliveredShareOf = ({ sent, sentHits }: ArmTally, metric: Metric): Share => ({
  n: sent,
  hits: sentHits[metric],
})
export const assignedOf = ({ n, hits, sent, sentHits }: ArmTally, metric: Metric): Assigned => ({
  n,
  hits: hits[metric],
  delivered: sent,
  both: sentHits[metric],
})
