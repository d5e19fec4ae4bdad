/** Pure rules over what one customer bought: how long she sleeps, and where she is in her life with the shop. */
import { daysBetween } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { shift } from './rule.ts'

export type Dormancy = 'short' | 'medium' | 'long'
export type Stage = 'attraction' | 'conversion' | 'growth' | 'maturity' | 'decline'

export const dormancyTitles: Readonly<Record<Dormancy, string>> = {
  short: '短期沉睡',
  medium: '中期沉睡',
  long: '长期沉睡',
}
export const stageTitles: Readonly<Record<Stage, string>> = {
  attraction: '引流期',
  conversion: '转化期',
  growth: '成长期',
  maturity: '成熟期',
  decline: '衰退期',
}

export interface DormancySettings {
  /** Days since the last purchase. */
  readonly shortDays: number
  readonly mediumDays: number
  readonly longDays: number
  /** Multiples of the customer's own mean interval, for whoever bought often enough to have one. */
  readonly rhythm: {
    readonly purchases: number
    readonly leastDays: number
    readonly short: number
    readonly medium: number
    readonly long: number
  }
}

export interface StageSettings {
  readonly maturityPurchases: number
  readonly declineDays: number
}

export interface Bought {
  readonly firstDay: Day | null
  readonly lastDay: Day | null
  readonly purchases: number
}

const grade = (quiet: number, from: { short: number; medium: number; long: number }): Dormancy | null => {
  if (quiet >= from.long) return 'long'
  if (quiet >= from.medium) return 'medium'
  return quiet >= from.short ? 'short' : null
}

/** By fixed months: the same for everybody. */
export function dormancyByMonths({ lastDay }: Bought, day: Day, settings: DormancySettings): Dormancy | null {
  if (lastDay === null) return null
  const from = { short: settings.shortDays, medium: settings.mediumDays, long: settings.longDays }
  return grade(daysBetween(lastDay, day), from)
}

/** Silence in days from which each grade begins, by her own rhythm; null when she has none yet. */
export function rhythmThresholds(
  { firstDay, lastDay, purchases }: Bought,
  { rhythm }: DormancySettings,
): { readonly short: number; readonly medium: number; readonly long: number } | null {
  if (firstDay === null || lastDay === null || purchases < rhythm.purchases || purchases < 2) return null
  const span = daysBetween(firstDay, lastDay)
  const after = (times: number): number =>
    Math.max(Math.ceil((times * span) / (purchases - 1)), rhythm.leastDays)
  return { short: after(rhythm.short), medium: after(rhythm.medium), long: after(rhythm.long) }
}

/** By her own rhythm: whoever bought every week sleeps earlier than whoever buys at each New Year. */
export function dormancyByRhythm(bought: Bought, day: Day, settings: DormancySettings): Dormancy | null {
  const from = rhythmThresholds(bought, settings)
  if (from === null || bought.lastDay === null) return null
  return grade(daysBetween(bought.lastDay, day), from)
}

export function stageOf(bought: Bought, day: Day, settings: StageSettings): Stage {
  if (bought.lastDay === null) return 'attraction'
  if (daysBetween(bought.lastDay, day) >= settings.declineDays) return 'decline'
  if (bought.purchases >= settings.maturityPurchases) return 'maturity'
  return bought.purchases > 1 ? 'growth' : 'conversion'
}

/** Days on which dormancy or stage move although nothing happens. */
export function quietDays(bought: Bought, dormancy: DormancySettings, stages: StageSettings): Day[] {
  const { lastDay } = bought
  if (lastDay === null) return []
  const own = rhythmThresholds(bought, dormancy)
  return [
    dormancy.shortDays,
    dormancy.mediumDays,
    dormancy.longDays,
    stages.declineDays,
    ...(own === null ? [] : [own.short, own.medium, own.long]),
  ].map((days) => shift(lastDay, days))
}
