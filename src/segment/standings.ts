/**
 * Where everybody stands at the end of a day, from the day buckets alone: the same code for today's recomputation, for
 * a day in the past (only what had happened by then) and for the dry run of days to come.
 */
import { addDays, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { cutsAsOf } from './cuts.ts'
import { dormancyByMonths, dormancyByRhythm, dormancyTitles, quietDays, stageOf } from './lifecycle.ts'
import type { Bought, Dormancy, Stage } from './lifecycle.ts'
import { dayAt, wholeOf } from './rule.ts'
import type { Features, Moment } from './rule.ts'
import { readFeatures } from './segment.store.ts'
import type { FeatureRow } from './segment.store.ts'
import type { TierRules } from './tier-rules.ts'

export interface Standing {
  readonly customer: string
  readonly tier: string
  readonly tierTitle: string
  /** Why, Chinese, with the numbers. */
  readonly reason: string
  /** By fixed months. */
  readonly dormancy: Dormancy | null
  /** By the customer's own purchase rhythm; null also when she has none yet. */
  readonly dormancyByRhythm: Dormancy | null
  readonly stage: Stage
  readonly firstDay?: Day
  readonly lastDay?: Day
  /** Customer-days. */
  readonly purchases: number
  readonly spentFen: number
  readonly averageFen?: number
  readonly engagedDay?: Day
  /** The next day on which time alone can move her. */
  readonly nextDay?: Day
  readonly computedDay: Day
}

export async function standingsAsOf(
  reader: Reader,
  rules: TierRules,
  day: Day,
  customers: readonly string[] | null = null,
): Promise<Standing[]> {
  const moment: Moment = { day, cuts: await cutsAsOf(reader, rules, day) }
  return standingsAt(reader, rules, moment, customers)
}

export async function standingsAt(
  reader: Reader,
  rules: TierRules,
  moment: Moment,
  customers: readonly string[] | null,
): Promise<Standing[]> {
  const rows = await readFeatures(reader, {
    day: moment.day,
    knownBefore: instantOf(addDays(moment.day, 1)),
    windows: rules.windows,
    tier: tierSql(rules, moment),
    customers,
  })
  return rows.map((row) => standingOf(rules, row, moment))
}

/** First match wins; whoever never bought is a lead. */
export function tierSql(rules: TierRules, moment: Moment): string {
  const cases = rules.tiers.map(({ name, when }) => {
    const condition = when.length === 0 ? '1 = 1' : when.map((rule) => rule.sql(moment)).join(' and ')
    return `when ${condition} then '${name}'`
  })
  return `case when purchases = 0 then '${rules.lead.name}' ${cases.join(' ')} end`
}

/** The same decision in memory, with its reason. */
export function tierOf(
  rules: TierRules,
  features: Features,
  moment: Moment,
): { readonly tier: string; readonly reason: string } {
  if (wholeOf(features, 'purchases') === 0) return { tier: rules.lead.name, reason: '还没有购买记录' }
  for (const { name, when } of rules.tiers) {
    const verdicts = when.map((rule) => rule.explain(features, moment))
    if (verdicts.every(({ met }) => met)) return { tier: name, reason: reasonOf(verdicts) }
  }
  throw new Error('The last tier takes everybody; tier-rules.ts did not check it.')
}

const reasonOf = (verdicts: readonly { readonly words: string }[]): string =>
  verdicts.length === 0 ? '买过，但不满足其他分层的条件' : verdicts.map(({ words }) => words).join('；')

function standingOf(rules: TierRules, row: FeatureRow, moment: Moment): Standing {
  const bought: Bought = {
    firstDay: dayAt(row, 'first_day'),
    lastDay: dayAt(row, 'last_day'),
    purchases: wholeOf(row, 'purchases'),
  }
  const { tier, reason } = reasonFor(rules, row, moment)
  const dormancy = dormancyByMonths(bought, moment.day, rules.dormancy)
  const spentFen = wholeOf(row, 'amount_fen')
  const nextDay = nextDayOf(rules, row, bought, moment.day)
  const engagedDay = dayAt(row, 'engaged_day')
  return {
    customer: row.customer,
    tier: tier.name,
    tierTitle: tier.title,
    reason: sleepWords(reason, dormancy, bought),
    dormancy,
    dormancyByRhythm: dormancyByRhythm(bought, moment.day, rules.dormancy),
    stage: stageOf(bought, moment.day, rules.stages),
    ...(bought.firstDay === null ? {} : { firstDay: bought.firstDay }),
    ...(bought.lastDay === null ? {} : { lastDay: bought.lastDay }),
    purchases: bought.purchases,
    spentFen,
    ...(bought.purchases === 0 ? {} : { averageFen: Math.floor(spentFen / bought.purchases) }),
    ...(engagedDay === null ? {} : { engagedDay }),
    ...(nextDay === null ? {} : { nextDay }),
    computedDay: moment.day,
  }
}

/** The database chose the tier; only that tier's reason is put into words. */
function reasonFor(
  rules: TierRules,
  row: FeatureRow,
  moment: Moment,
): { readonly tier: { readonly name: string; readonly title: string }; readonly reason: string } {
  if (row.tier === rules.lead.name) return { tier: rules.lead, reason: '还没有购买记录' }
  const tier = rules.tiers.find(({ name }) => name === row.tier)
  if (!tier) throw new Error(`The database answered a tier that is not configured: ${row.tier}`)
  return { tier, reason: reasonOf(tier.when.map((rule) => rule.explain(row, moment))) }
}

/** Says nothing that a mere day changes, or the stored reason would be wrong tomorrow. */
const sleepWords = (reason: string, dormancy: Dormancy | null, { lastDay }: Bought): string =>
  dormancy === null || lastDay === null
    ? reason
    : `${reason}；${dormancyTitles[dormancy]}（自${lastDay}起未再购买）`

function nextDayOf(rules: TierRules, row: FeatureRow, bought: Bought, day: Day): Day | null {
  if (bought.purchases === 0) return null
  const changes = [
    ...rules.tiers.flatMap(({ when }) => when.flatMap((rule) => rule.changesOn(row))),
    ...quietDays(bought, rules.dormancy, rules.stages),
  ].filter((change) => change > day)
  return changes.length === 0 ? null : changes.reduce((a, b) => (a < b ? a : b))
}
