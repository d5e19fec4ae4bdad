/**
 * Where everybody stands at the end of a day, from the day buckets alone: the same SQL for today's recomputation, for
 * a day in the past (only what had happened by then) and for the dry run of days to come. Words are made when read.
 */
import { dayNumber, dayOfNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { cutsAsOf, newestCuts } from './cuts.ts'
import { dormancyByMonths, dormancyByRhythm, dormancyTitles, quietDays, stageOf } from './lifecycle.ts'
import type { Bought, Dormancy, Stage } from './lifecycle.ts'
import { noAt, wholeOf } from './rule.ts'
import type { Features, Moment } from './rule.ts'
import { stateOf } from './segment.store.ts'
import { keptFeatures, readFeatures } from './standing.store.ts'
import type { FeatureRow, KeptFeatures } from './standing.store.ts'
import type { TierRules } from './tier-rules.ts'

export interface Standing {
  readonly customer: string
  readonly tier: string
  readonly tierTitle: string
  /** Why, Chinese, with the numbers; put into words when it is read. */
  readonly reason: string
  /** By fixed months. */
  readonly dormancy: Dormancy | null
  /** By the customer's own purchase rhythm; null also when she has none yet. */
  readonly dormancyByRhythm: Dormancy | null
  readonly stage: Stage
  readonly firstDay?: Day | undefined
  readonly lastDay?: Day | undefined
  /** Customer-days. */
  readonly purchases: number
  readonly spentFen: number
  readonly averageFen?: number | undefined
  readonly engagedDay?: Day | undefined
  /** The next day on which time alone can move her. */
  readonly nextDay?: Day | undefined
}

export async function standingsAsOf(
  reader: Reader,
  rules: TierRules,
  day: Day,
  customers: readonly string[] | null = null,
): Promise<Standing[]> {
  const moment: Moment = { dayNo: dayNumber(day), cuts: await cutsAsOf(reader, rules, day) }
  const rows = await readFeatures(reader, rules, moment, customers)
  return rows.map((row) => new StandingOf(row, rules, moment))
}

/** The end of a day with the cut points frozen last: how stored standings are decided. */
export const momentToday = async (
  reader: Reader,
  rules: Pick<TierRules, 'cutNeeds'>,
  day: Day,
): Promise<Moment> => ({ dayNo: dayNumber(day), cuts: await newestCuts(reader, rules) })

const wordsOfLead = '还没有购买记录'
const daysOf = (no: number | null): Day | undefined => (no === null ? undefined : dayOfNumber(no))

/** A row as the database answered it; everything else is worked out by whoever asks. */
class StandingOf implements Standing {
  readonly #row: FeatureRow
  readonly #rules: TierRules
  readonly #moment: Moment

  constructor(row: FeatureRow, rules: TierRules, moment: Moment) {
    this.#row = row
    this.#rules = rules
    this.#moment = moment
  }

  get customer(): string {
    return this.#row.customer
  }
  get tier(): string {
    return this.#row.tier
  }
  get tierTitle(): string {
    return tierOfName(this.#rules, this.tier).title
  }
  get reason(): string {
    const { dormancy } = this
    return reasonOf(this.#rules, this.#row, this.#moment, dormancy)
  }
  get dormancy(): Dormancy | null {
    return dormancyByMonths(boughtOf(this.#row), this.#moment.dayNo, this.#rules.dormancy)
  }
  get dormancyByRhythm(): Dormancy | null {
    return dormancyByRhythm(boughtOf(this.#row), this.#moment.dayNo, this.#rules.dormancy)
  }
  get stage(): Stage {
    return stageOf(boughtOf(this.#row), this.#moment.dayNo, this.#rules.stages)
  }
  get firstDay(): Day | undefined {
    return daysOf(noAt(this.#row, 'first_no'))
  }
  get lastDay(): Day | undefined {
    return daysOf(noAt(this.#row, 'last_no'))
  }
  get purchases(): number {
    return wholeOf(this.#row, 'purchases')
  }
  get spentFen(): number {
    return wholeOf(this.#row, 'amount_fen')
  }
  get averageFen(): number | undefined {
    return this.purchases === 0 ? undefined : Math.floor(this.spentFen / this.purchases)
  }
  get engagedDay(): Day | undefined {
    return daysOf(noAt(this.#row, 'engaged_no'))
  }
  get nextDay(): Day | undefined {
    return daysOf(nextNoOf(this.#rules, this.#row, this.#moment.dayNo))
  }
}

export const boughtOf = (features: Features): Bought => ({
  firstNo: noAt(features, 'first_no'),
  lastNo: noAt(features, 'last_no'),
  purchases: wholeOf(features, 'purchases'),
})

/** The tier in memory, as the database decides it in compute.ts: for tests that hold the two together. */
export function tierOf(
  rules: Pick<TierRules, 'tiers' | 'lead'>,
  features: Features,
  moment: Moment,
): { readonly tier: string; readonly reason: string } {
  if (wholeOf(features, 'purchases') === 0) return { tier: rules.lead.name, reason: wordsOfLead }
  for (const { name, when } of rules.tiers) {
    const verdicts = when.map((rule) => rule.explain(features, moment))
    if (verdicts.every(({ met }) => met)) return { tier: name, reason: wordsOf(verdicts) }
  }
  throw new Error('The last tier takes everybody; tier-rules.ts did not check it.')
}

/** The next day on which time alone can move her, in memory. */
export function nextNoOf(
  rules: Pick<TierRules, 'tiers' | 'dormancy' | 'stages'>,
  features: Features,
  dayNo: number,
): number | null {
  const changes = [
    ...rules.tiers.flatMap(({ when }) => when.flatMap((rule) => rule.changesOn(features))),
    ...quietDays(boughtOf(features), rules.dormancy, rules.stages),
  ].filter((change) => change > dayNo)
  return changes.length === 0 ? null : Math.min(...changes)
}

const wordsOf = (verdicts: readonly { readonly words: string }[]): string =>
  verdicts.length === 0 ? '买过，但不满足其他分层的条件' : verdicts.map(({ words }) => words).join('；')

function tierOfName(rules: TierRules, name: string): TierRules['tiers'][number] {
  if (name === rules.lead.name) return { ...rules.lead, when: [] }
  const tier = rules.tiers.find((one) => one.name === name)
  if (!tier) throw new Error(`The database answered a tier that is not configured: ${name}`)
  return tier
}

/** The database chose the tier; only that tier's conditions are put into words. Says nothing that a mere day changes. */
export function reasonOf(
  rules: TierRules,
  row: FeatureRow,
  moment: Moment,
  dormancy: Dormancy | null,
): string {
  if (row.tier === rules.lead.name) return wordsOfLead
  const reason = wordsOf(tierOfName(rules, row.tier).when.map((rule) => rule.explain(row, moment)))
  const lastNo = noAt(row, 'last_no')
  return dormancy === null || lastNo === null
    ? reason
    : `${reason}；${dormancyTitles[dormancy]}（自${dayOfNumber(lastNo)}起未再购买）`
}

// ------------------------------------------------------------------ the stored standing, explained

export interface Explanation {
  readonly tier: string
  readonly tierTitle: string
  readonly reason: string
}

/** Nothing changes on or after this day without a day of change before it. */
const endOfTime = 9_000_000

/**
 * Why the stored tier is what it is, for at most 500 customers. A standing holds until the day before `next_no`, so it is
 * explained as of that day: the same words on every day that it holds. Whoever was never looked at is absent.
 */
export async function explainStandings(
  reader: Reader,
  rules: TierRules,
  customers: readonly string[],
): Promise<Map<string, Explanation>> {
  const explained = new Map<string, Explanation>()
  if (customers.length === 0) return explained
  const basis = await explainBasis(reader, rules)
  for (const row of await keptFeatures(reader, rules, customers))
    explained.set(row.customer, explainKept(rules, row, basis))
  return explained
}

/** What an explanation stands on beside the customer's own row; it changes with cut points and rules only. */
export interface ExplainBasis {
  readonly cuts: Moment['cuts']
  readonly current: boolean
}

export const explainBasis = async (reader: Reader, rules: TierRules): Promise<ExplainBasis> => ({
  cuts: await newestCuts(reader, rules),
  current: await keptIsCurrent(reader, rules),
})

export function explainKept(
  rules: TierRules,
  row: KeptFeatures,
  { cuts, current }: ExplainBasis,
): Explanation {
  const known = row.tier === rules.lead.name || rules.tiers.some(({ name }) => name === row.tier)
  const tierTitle = known ? tierOfName(rules, row.tier).title : row.tier
  if (!known || !current) return { tier: row.tier, tierTitle, reason: '分层规则已更改，尚未按新规则计算' }
  const moment: Moment = { dayNo: (row.next_no ?? endOfTime) - 1, cuts }
  return { tier: row.tier, tierTitle, reason: reasonOf(rules, row, moment, row.dormancy as Dormancy | null) }
}

/** Do the figures kept count the windows of these rules, for everybody? */
export const keptIsCurrent = async (
  reader: Reader,
  { windows }: Pick<TierRules, 'windows'>,
): Promise<boolean> => (await stateOf(reader, 'windows')) === windowsOf(windows)

export const windowsOf = (windows: readonly number[]): string => `of ${windows.join(',')}`
