/** The raw figures behind a radar, for a few customers or for everybody, and the tables of the nightly job. */
import type { Reader, Tx } from '../../base/db.ts'
import type { RadarSettings } from './settings.ts'
import { scoreSql } from './scale.ts'
import type { Points } from './scale.ts'

export const axes = ['recency', 'frequency', 'spend', 'engagement', 'advocacy', 'potential'] as const
export type Axis = (typeof axes)[number]

/** What counts as taking part; looking at products does not. */
const engagedActivities = `'click', 'group', 'game', 'survey', 'chat', 'content', 'satisfaction'`

export interface RadarFigures {
  readonly customer: string
  readonly tier: string
  readonly stage: string
  /** Days since the last purchase; null without one. */
  readonly quiet: number | null
  /** Purchases a year × 100, and fen a year; a first year counts whole. */
  readonly yearly: number
  readonly yearly_fen: number
  readonly engaged: number
  readonly said: number
  readonly last_score: number | null
  readonly complaint: number
  /** Null where no forecast is known. */
  readonly value_52w_fen: number | null
}

/** Names of the columns of `figuresSql`, in order. */
export const figureColumns = [
  'customer',
  'tier',
  'stage',
  'quiet',
  'yearly',
  'yearly_fen',
  'engaged',
  'said',
  'last_score',
  'complaint',
  'value_52w_fen',
] as const

export interface FiguresQuery {
  readonly dayNo: number
  readonly settings: RadarSettings
  readonly leadTier: string
  /** A condition on the column `customer`, or on `c.id` where that is asked for; '' for everybody. */
  readonly whose: (column: string) => string
}

const whole = (n: number): string => String(Math.trunc(n))

export function figuresSql({ dayNo, settings, leadTier, whose }: FiguresQuery): string {
  const since = Math.max(settings.engagement.days, settings.advocacy.days)
  const day = whole(dayNo)
  const span = `(case when ${day} - f.first_no >= 365 then ${day} - f.first_no + 1 else 365 end)`
  const only = (column: string): string => {
    const condition = whose(column)
    return condition === '' ? '' : `and ${condition}`
  }
  return `select c.id as customer, coalesce(s.tier, '${leadTier}') as tier, coalesce(s.stage, 'attraction') as stage,
      case when f.last_no is null then null when f.last_no > ${day} then 0 else ${day} - f.last_no end as quiet,
      coalesce(f.purchases * 36500 / ${span}, 0) as yearly, coalesce(f.amount_fen * 365 / ${span}, 0) as yearly_fen,
      coalesce(a.engaged, 0) as engaged, coalesce(a.said, 0) as said,
      sa.last_score as last_score, case when sa.open_complaint_at is null then 0 else 1 end as complaint,
      e.value_52w_fen as value_52w_fen
    from customer c
    left join standing s on s.customer = c.id
    left join facts f on f.customer = c.id
    left join satisfaction sa on sa.customer = c.id
    left join clv_estimate e on e.customer = c.id
    left join (
      select customer,
        cast(sum(case when activity in (${engagedActivities}) and day_no > ${whole(dayNo - settings.engagement.days)} then acts else 0 end) as bigint) as engaged,
        cast(sum(case when activity = 'group' and day_no > ${whole(dayNo - settings.advocacy.days)} then acts else 0 end) as bigint) as said
      from activity_day where day_no > ${whole(dayNo - since)} and day_no <= ${day} ${only('customer')} group by customer
    ) a on a.customer = c.id
    where 1 = 1 ${only('c.id')}`
}

export const figuresOf = (
  reader: Reader,
  query: Omit<FiguresQuery, 'whose'>,
  customers: readonly string[],
): Promise<RadarFigures[]> => {
  const list = customers.map((_, i) => `$${String(i + 1)}`).join(', ')
  return reader.rows<RadarFigures>(
    figuresSql({ ...query, whose: (column) => `${column} in (${list})` }),
    customers,
  )
}

export type Scales = Readonly<Record<Exclude<Axis, 'advocacy'>, Points>>

/** Each axis as SQL over the figures; the twin of `scores` in radar.ts. */
export function axisSql(settings: RadarSettings, scales: Scales): Readonly<Record<Axis, string>> {
  const { satisfaction, words } = settings.advocacy
  const stages = Object.entries(settings.potential.stages)
    .map(([stage, score]) => `when '${stage}' then ${String(score)}`)
    .join(' ')
  const praise = `(case when last_score is null then 0 else ${scoreSql(satisfaction, 'last_score')} end + ${scoreSql(words, 'said')})`
  return {
    recency: `(case when quiet is null then 0 else ${scoreSql(scales.recency, 'quiet')} end)`,
    frequency: scoreSql(scales.frequency, 'yearly'),
    spend: scoreSql(scales.spend, 'yearly_fen'),
    engagement: scoreSql(scales.engagement, 'engaged'),
    advocacy: `(case when complaint = 1 then 0 when ${praise} > 100 then 100 else ${praise} end)`,
    potential: `(case when value_52w_fen is null then case stage ${stages} else 0 end else ${scoreSql(scales.potential, 'value_52w_fen')} end)`,
  }
}

export interface TierAverage {
  readonly tier: string
  readonly axis: Axis
  readonly customers: number
  readonly score: number
}

/** Set-based, over everybody: for a connection aside. */
export async function averagesByTier(
  scratch: Reader,
  query: Omit<FiguresQuery, 'whose'>,
  scales: Scales,
): Promise<TierAverage[]> {
  const scored = Object.entries(axisSql(query.settings, scales))
  const rows = await scratch.rows<Record<Axis, number> & { tier: string; n: number }>(
    `select tier, cast(count(*) as bigint) as n,
       ${scored.map(([axis, sql]) => `cast((sum(${sql}) + count(*) / 2) / count(*) as bigint) as ${axis}`).join(', ')}
     from (${figuresSql({ ...query, whose: () => '' })}) figures group by tier order by tier`,
  )
  return rows.flatMap((row) =>
    axes.map((axis) => ({ tier: row.tier, axis, customers: row.n, score: row[axis] })),
  )
}

/** The columns that percentile axes rank, and whom they rank. */
const ranked = {
  frequency: { column: 'yearly', among: 'quiet is not null' },
  spend: { column: 'yearly_fen', among: 'quiet is not null' },
  potential: { column: 'value_52w_fen', among: 'value_52w_fen is not null' },
} as const
export type RankedAxis = keyof typeof ranked

/**
 * About twenty points of the distribution: each value's score is its mid-rank, in hundredths of all; in each band of
 * five scores the lowest value stands for the band.
 */
export async function percentilePoints(
  scratch: Reader,
  query: Omit<FiguresQuery, 'whose'>,
  axis: RankedAxis,
): Promise<{ value: number; score: number }[]> {
  const { column, among } = ranked[axis]
  return scratch.rows(
    `with figures as (${figuresSql({ ...query, whose: () => '' })}),
     counted as (select ${column} as value, count(*) as n from figures where ${among} group by ${column}),
     placed as (
       select value, (2 * sum(n) over (order by value) - n) * 50 / sum(n) over () as score from counted),
     banded as (
       select value, score, row_number() over (partition by cast(score as bigint) / 5 order by value) as place from placed)
     select cast(value as bigint) as value, cast(score as bigint) as score from banded
     where place = 1 or value = (select max(value) from counted) order by value`,
  )
}

export interface StoredScale {
  readonly axis: string
  readonly value: number
  readonly score: number
  readonly computed_no: number
}

export const storedScales = (reader: Reader): Promise<StoredScale[]> =>
  reader.rows<StoredScale>('select axis, value, score, computed_no from radar_scale order by axis, value')

export const storedAverages = (reader: Reader): Promise<TierAverage[]> =>
  reader.rows<TierAverage>('select tier, axis, customers, score from radar_average order by tier, axis')

export async function saveScale(
  tx: Tx,
  axis: RankedAxis,
  points: readonly { readonly value: number; readonly score: number }[],
  computedNo: number,
): Promise<void> {
  await tx.run('DELETE FROM radar_scale WHERE axis = $1', [axis])
  await tx.insert(
    'radar_scale',
    points.map(({ value, score }) => ({ axis, value, score, computed_no: computedNo })),
  )
}

export async function saveAverages(
  tx: Tx,
  averages: readonly TierAverage[],
  computedNo: number,
): Promise<void> {
  await tx.run('DELETE FROM radar_average')
  await tx.insert(
    'radar_average',
    averages.map((row) => ({ ...row, computed_no: computedNo })),
  )
}
