/** The value radar: six scores, the tier's average beside each, and a sentence. */
import { dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { stageTitles } from '../../segment/index.ts'
import type { TierRules } from '../../segment/index.ts'
import { titleOfTier } from '../words.ts'
import { axes, figuresOf, storedAverages, storedScales } from './radar.store.ts'
import type { Axis, RadarFigures, Scales } from './radar.store.ts'
import { scoreAt } from './scale.ts'
import type { Points } from './scale.ts'
import type { RadarSettings } from './settings.ts'

export const axisTitles: Readonly<Record<Axis, string>> = {
  recency: '近度',
  frequency: '频度',
  spend: '消费',
  engagement: '互动',
  advocacy: '口碑',
  potential: '潜力',
}

export interface RadarAxis {
  readonly axis: Axis
  readonly title: string
  readonly score: number
  /** Of her tier; absent until the nightly job ran. */
  readonly average?: number
  readonly words: string
}

export interface Radar {
  readonly asOf: Day
  readonly tierTitle: string
  readonly axes: readonly RadarAxis[]
}

/** Lines and averages, which change once a night. */
export interface RadarBasis {
  readonly scales: Scales
  readonly averages: ReadonlyMap<string, number>
}

export async function radarBasis(reader: Reader, settings: RadarSettings): Promise<RadarBasis> {
  const stored = new Map<string, [number, number][]>()
  for (const { axis, value, score } of await storedScales(reader)) {
    const points = stored.get(axis)
    if (points) points.push([value, score])
    else stored.set(axis, [[value, score]])
  }
  const line = (axis: 'frequency' | 'spend' | 'potential'): Points => {
    const points = settings[axis].scale === 'percentile' ? stored.get(axis) : undefined
    // One value alone ranks nobody.
    return points && points.length > 1 ? points : settings[axis].points
  }
  return {
    scales: {
      recency: settings.recency.points,
      frequency: line('frequency'),
      spend: line('spend'),
      engagement: settings.engagement.points,
      potential: line('potential'),
    },
    averages: new Map(
      (await storedAverages(reader)).map(({ tier, axis, score }) => [`${tier} ${axis}`, score]),
    ),
  }
}

/** The twin of `axisSql`; a test holds the two together. */
export function scoresOf(
  figures: RadarFigures,
  settings: RadarSettings,
  { scales }: RadarBasis,
): Record<Axis, number> {
  const { satisfaction, words } = settings.advocacy
  const praise =
    (figures.last_score === null ? 0 : scoreAt(satisfaction, figures.last_score)) +
    scoreAt(words, figures.said)
  const stages: Readonly<Record<string, number>> = settings.potential.stages
  return {
    recency: figures.quiet === null ? 0 : scoreAt(scales.recency, figures.quiet),
    frequency: scoreAt(scales.frequency, figures.yearly),
    spend: scoreAt(scales.spend, figures.yearly_fen),
    engagement: scoreAt(scales.engagement, figures.engaged),
    advocacy: figures.complaint === 1 ? 0 : Math.min(100, praise),
    potential:
      figures.value_52w_fen === null
        ? (stages[figures.stage] ?? 0)
        : scoreAt(scales.potential, figures.value_52w_fen),
  }
}

export function radarFrom(
  figures: RadarFigures,
  settings: RadarSettings,
  basis: RadarBasis,
  rules: TierRules,
  dayNo: number,
): Radar {
  const scores = scoresOf(figures, settings, basis)
  return {
    asOf: dayOfNumber(dayNo),
    tierTitle: titleOfTier(rules, figures.tier),
    axes: axes.map((axis) => {
      const average = basis.averages.get(`${figures.tier} ${axis}`)
      return {
        axis,
        title: axisTitles[axis],
        score: scores[axis],
        ...(average === undefined ? {} : { average }),
        words: `${wordsOf(axis, figures, settings)}${beside(scores[axis], average)}`,
      }
    }),
  }
}

export interface RadarParts {
  readonly rules: TierRules
  readonly settings: RadarSettings
}

/** At most 500 customers; ids that are none are not in the answer. */
export async function radarOf(
  reader: Reader,
  { rules, settings }: RadarParts,
  customers: readonly string[],
  dayNo: number,
): Promise<Map<string, Radar>> {
  if (customers.length > 500) throw new RangeError('radarOf takes at most 500 customers at a time.')
  if (customers.length === 0) return new Map()
  const basis = await radarBasis(reader, settings)
  const rows = await figuresOf(reader, { dayNo, settings, leadTier: rules.lead.name }, customers)
  return new Map(rows.map((row) => [row.customer, radarFrom(row, settings, basis, rules, dayNo)]))
}

// ------------------------------------------------------------------ words

/** Scores this near to each other are the same to the eye. */
const near = 5

function beside(score: number, average: number | undefined): string {
  if (average === undefined) return ''
  if (Math.abs(score - average) <= near) return `，与同层平均（${String(average)}）相当`
  return `，${score > average ? '高于' : '低于'}同层平均（${String(average)}）`
}

const yuan = (fen: number): string => {
  const whole = Math.round(fen / 100)
  return whole >= 10_000 ? `${(whole / 10_000).toFixed(1)} 万元` : `${String(whole)} 元`
}
/** 1.0 → 1, 2.5 → 2.5. */
const tenths = (hundredths: number): string => String(Math.round(hundredths / 10) / 10)

function wordsOf(axis: Axis, figures: RadarFigures, settings: RadarSettings): string {
  switch (axis) {
    case 'recency':
      if (figures.quiet === null) return '还没有购买过'
      return figures.quiet === 0 ? '今天刚买过' : `${String(figures.quiet)} 天前买过`
    case 'frequency':
      return figures.quiet === null ? '还没有购买过' : `折合每年购买 ${tenths(figures.yearly)} 次`
    case 'spend':
      return figures.quiet === null ? '还没有消费' : `折合每年消费 ${yuan(figures.yearly_fen)}`
    case 'engagement':
      return figures.engaged === 0
        ? `最近 ${String(settings.engagement.days)} 天没有互动`
        : `最近 ${String(settings.engagement.days)} 天互动 ${String(figures.engaged)} 次`
    case 'advocacy':
      return advocacyWords(figures, settings.advocacy.days)
    case 'potential':
      return figures.value_52w_fen === null
        ? `处于${stageTitleOf(figures.stage)}，尚无价值预测`
        : `预计未来一年消费约 ${yuan(figures.value_52w_fen)}`
  }
}

function advocacyWords({ complaint, last_score, said }: RadarFigures, days: number): string {
  if (complaint === 1) return '有未解决的投诉'
  const parts = [
    ...(last_score === null ? [] : [`最近一次评价 ${String(last_score)} 分`]),
    ...(said === 0 ? [] : [`${String(days)} 天内群里发言 ${String(said)} 次`]),
  ]
  return parts.length === 0 ? '还没有评价，也没有群里发言' : parts.join('，')
}

const stageTitleOf = (stage: string): string =>
  Object.hasOwn(stageTitles, stage) ? stageTitles[stage as keyof typeof stageTitles] : stage
