/**
 * Pure rules over what one customer bought: how long she sleeps, and where she is in her life with the shop. Each is
 * said twice, in memory and as SQL over the features; a property test holds the two together. Days are numbers, and
 * multiples of an interval are whole hundredths, so that both say the same to the day.
 */

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
  readonly firstNo: number | null
  readonly lastNo: number | null
  readonly purchases: number
}

interface Thresholds {
  readonly short: number
  readonly medium: number
  readonly long: number
}

const grade = (quiet: number, from: Thresholds): Dormancy | null => {
  if (quiet >= from.long) return 'long'
  if (quiet >= from.medium) return 'medium'
  return quiet >= from.short ? 'short' : null
}

/** By fixed months: the same for everybody. */
export function dormancyByMonths(
  { lastNo }: Bought,
  dayNo: number,
  settings: DormancySettings,
): Dormancy | null {
  if (lastNo === null) return null
  const from = { short: settings.shortDays, medium: settings.mediumDays, long: settings.longDays }
  return grade(dayNo - lastNo, from)
}

const hundredths = (times: number): number => Math.round(times * 100)

/** Silence in days from which each grade begins, by her own rhythm; null when she has none yet. */
export function rhythmThresholds(
  { firstNo, lastNo, purchases }: Bought,
  { rhythm }: DormancySettings,
): Thresholds | null {
  if (firstNo === null || lastNo === null || purchases < rhythm.purchases || purchases < 2) return null
  const span = lastNo - firstNo
  const parts = 100 * (purchases - 1)
  const after = (times: number): number =>
    Math.max(Math.floor((hundredths(times) * span + parts - 1) / parts), rhythm.leastDays)
  return { short: after(rhythm.short), medium: after(rhythm.medium), long: after(rhythm.long) }
}

/** By her own rhythm: whoever bought every week sleeps earlier than whoever buys at each New Year. */
export function dormancyByRhythm(bought: Bought, dayNo: number, settings: DormancySettings): Dormancy | null {
  const from = rhythmThresholds(bought, settings)
  if (from === null || bought.lastNo === null) return null
  return grade(dayNo - bought.lastNo, from)
}

export function stageOf(bought: Bought, dayNo: number, settings: StageSettings): Stage {
  if (bought.lastNo === null) return 'attraction'
  if (dayNo - bought.lastNo >= settings.declineDays) return 'decline'
  if (bought.purchases >= settings.maturityPurchases) return 'maturity'
  return bought.purchases > 1 ? 'growth' : 'conversion'
}

/** Days on which dormancy or stage move although nothing happens. */
export function quietDays(bought: Bought, dormancy: DormancySettings, stages: StageSettings): number[] {
  const { lastNo } = bought
  if (lastNo === null) return []
  const own = rhythmThresholds(bought, dormancy)
  return [
    dormancy.shortDays,
    dormancy.mediumDays,
    dormancy.longDays,
    stages.declineDays,
    ...(own === null ? [] : [own.short, own.medium, own.long]),
  ].map((days) => lastNo + days)
}

// ------------------------------------------------------------------ the same in SQL

const gradeSql = (quiet: string, from: { short: string; medium: string; long: string }): string =>
  `when ${quiet} >= ${from.long} then 'long' when ${quiet} >= ${from.medium} then 'medium' when ${quiet} >= ${from.short} then 'short'`

const quiet = (dayNo: number): string => `${String(dayNo)} - last_no`

export const dormancySql = (dayNo: number, settings: DormancySettings): string =>
  `case ${gradeSql(quiet(dayNo), {
    short: String(settings.shortDays),
    medium: String(settings.mediumDays),
    long: String(settings.longDays),
  })} end`

/** A condition, and the thresholds where it holds. */
function rhythmSql({ rhythm }: DormancySettings): {
  readonly has: string
  readonly from: { readonly short: string; readonly medium: string; readonly long: string }
} {
  const after = (times: number): string => {
    const own = `(${String(hundredths(times))} * (last_no - first_no) + 100 * (purchases - 1) - 1) / (100 * (purchases - 1))`
    return `(case when ${own} > ${String(rhythm.leastDays)} then ${own} else ${String(rhythm.leastDays)} end)`
  }
  return {
    has: `purchases >= ${String(Math.max(2, rhythm.purchases))}`,
    from: { short: after(rhythm.short), medium: after(rhythm.medium), long: after(rhythm.long) },
  }
}

export function dormancyByRhythmSql(dayNo: number, settings: DormancySettings): string {
  const { has, from } = rhythmSql(settings)
  return `case when ${has} then case ${gradeSql(quiet(dayNo), from)} end end`
}

export const stageSql = (dayNo: number, settings: StageSettings): string =>
  `case when last_no is null then 'attraction' when ${quiet(dayNo)} >= ${String(settings.declineDays)} then 'decline'
     when purchases >= ${String(settings.maturityPurchases)} then 'maturity' when purchases > 1 then 'growth' else 'conversion' end`

/** As `quietDays`: expressions, null where there is no such day. */
export function quietSql(dormancy: DormancySettings, stages: StageSettings): string[] {
  const { has, from } = rhythmSql(dormancy)
  const fixed = [dormancy.shortDays, dormancy.mediumDays, dormancy.longDays, stages.declineDays]
  return [
    ...fixed.map((days) => `last_no + ${String(days)}`),
    ...[from.short, from.medium, from.long].map((own) => `case when ${has} then last_no + ${own} end`),
  ]
}
