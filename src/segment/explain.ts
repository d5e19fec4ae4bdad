/**
 * Everything the segmentation says of one customer on a day, with every condition's verdict: why she is where she is,
 * and why she is nowhere else. The same rules, SQL and cut points as for everybody; only the words are made here.
 */
import { dayNumber, dayOfNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { causeOf, sleepValueAt } from './causes/causes.ts'
import type { LikelyCause, SleepValue } from './causes/causes.ts'
import { cutsAsOf } from './cuts.ts'
import {
  dormancyByMonths,
  dormancyByRhythm,
  dormancyTitles,
  rhythmThresholds,
  stageOf,
  stageTitles,
} from './lifecycle.ts'
import type { Bought, Dormancy, Stage } from './lifecycle.ts'
import { nextStageSignals } from './next-stage.ts'
import type { NextStageSignal } from './next-stage.ts'
import { currentRfmCuts, rfmCutsOfDay } from './rfm/cuts.ts'
import type { RfmCuts } from './rfm/edges.ts'
import { rfmOf } from './rfm/rfm.ts'
import type { CustomerRfm } from './rfm/rfm.ts'
import { valueTypes } from './rfm/settings.ts'
import type { RfmRules } from './rfm/settings.ts'
import { shownSettings } from './rfm/summary.ts'
import type { RfmSettingsShown } from './rfm/summary.ts'
import type { Features, Moment } from './rule.ts'
import { readFeatures } from './standing.store.ts'
import { boughtOf, nextNoOf } from './standings.ts'
import type { TierRules } from './tier-rules.ts'

export interface ConditionSaid {
  readonly condition: string
  readonly met: boolean
  readonly words: string
}

export interface TierSaid {
  readonly tier: string
  readonly title: string
  readonly matched: boolean
  readonly conditions: readonly ConditionSaid[]
}

export interface RfmSaid {
  readonly recencyDays: number
  readonly frequency: number
  readonly monetaryYuan: number
  readonly scores: { readonly r: number; readonly f: number; readonly m: number }
  readonly type: string
  readonly typeActions: readonly string[]
  readonly class: string
  readonly classActions: readonly string[]
  readonly segment: string
  readonly segmentTitle: string
  readonly settings: RfmSettingsShown
  readonly words: readonly string[]
}

export interface CustomerExplained {
  readonly customer: string
  readonly asOf: Day
  readonly tier: string
  readonly tierTitle: string
  /** One sentence: the tier and why. */
  readonly why: string
  readonly actions: readonly string[]
  /** From the top down to the one that matched. */
  readonly tiers: readonly TierSaid[]
  readonly rfm: RfmSaid | null
  readonly stage: { readonly stage: Stage; readonly title: string; readonly words: string }
  readonly dormancy: {
    readonly byMonths: Dormancy | null
    readonly byRhythm: Dormancy | null
    readonly byValue: SleepValue | null
    readonly words: readonly string[]
  }
  readonly cause: LikelyCause | null
  readonly nextStage: readonly NextStageSignal[]
  /** The next day on which time alone can move her. */
  readonly nextDay: Day | null
}

export interface ExplainMoment {
  readonly day: Day
  /** The running shop with its frozen cut points, or a day with its own. */
  readonly when: 'now' | 'end-of-day'
}

/** Null when she was not known by the end of that day. */
export async function explainCustomerSegments(
  reader: Reader,
  rules: TierRules,
  customer: string,
  { day, when }: ExplainMoment,
): Promise<CustomerExplained | null> {
  const moment: Moment = { dayNo: dayNumber(day), cuts: await cutsAsOf(reader, rules, day) }
  const [row] = await readFeatures(reader, rules, moment, [customer])
  if (!row) return null
  const bought = boughtOf(row)
  const tiers = tiersSaid(rules, row, moment)
  const matched = tiers.at(-1)
  const cuts = await (when === 'now' ? currentRfmCuts : rfmCutsOfDay)(reader, rules.rfm, day)
  const rfm = (await rfmOf(reader, rules.rfm, [customer], day, { when, cuts })).get(customer)
  const nextNo = bought.purchases === 0 ? null : nextNoOf(rules, row, moment.dayNo)
  return {
    customer,
    asOf: day,
    tier: row.tier,
    tierTitle: matched?.title ?? row.tier,
    why: `${matched?.title ?? row.tier}：${whyOf(matched)}`,
    actions: rules.tiers.find(({ name }) => name === row.tier)?.actions ?? [],
    tiers,
    rfm: rfm ? rfmSaid(rules.rfm, rfm, shownSettings(rules.rfm, cuts)) : null,
    stage: stageSaid(rules, bought, moment.dayNo),
    dormancy: {
      byMonths: dormancyByMonths(bought, moment.dayNo, rules.dormancy),
      byRhythm: dormancyByRhythm(bought, moment.dayNo, rules.dormancy),
      byValue: await sleepValueOf(reader, rules, { customer, bought, day, cuts }),
      words: dormancySaid(rules, bought, moment.dayNo),
    },
    cause: (await causeOf(reader, rules, [customer], day)).get(customer) ?? null,
    nextStage: (await nextStageSignals(reader, rules.nextStage, [customer], day)).get(customer) ?? [],
    nextDay: nextNo === null ? null : dayOfNumber(nextNo),
  }
}

const wordsOfLead = '还没有购买记录'
const wordsOfRest = '买过，但不满足以上各层的条件'

const whyOf = (matched: TierSaid | undefined): string =>
  !matched || matched.conditions.length === 0
    ? wordsOfRest
    : matched.conditions.map(({ words }) => words).join('；')

function tiersSaid({ tiers, lead }: TierRules, row: Features, moment: Moment): TierSaid[] {
  if (boughtOf(row).purchases === 0)
    return [
      {
        tier: lead.name,
        title: lead.title,
        matched: true,
        conditions: [{ condition: 'no-purchase', met: true, words: wordsOfLead }],
      },
    ]
  const said: TierSaid[] = []
  for (const { name, title, when } of tiers) {
    const conditions = when.map((rule) => ({ condition: rule.kind, ...rule.explain(row, moment) }))
    const matched = conditions.every(({ met }) => met)
    said.push({ tier: name, title, matched, conditions })
    if (matched) break
  }
  return said
}

const amount = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 2 })
/** Edges are not rounded: a hundredth of a fen is as fine as they get. */
const exact = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 4 })
const yuanWords = (yuan: number): string => `${amount.format(yuan)}元`

/** `3分（边界 115 / 181 / 297.4 / 482 天，197天）` */
function rfmSaid(rules: RfmRules, one: CustomerRfm, settings: RfmSettingsShown): RfmSaid {
  const { r, f, m, type, valueClass, segment } = one
  const money = one.monetary / 100
  const count = rules.frequency === 'orders' ? '单' : '次'
  const edges = (values: readonly number[] | undefined): string =>
    values === undefined ? '' : `，分档 ${values.map((value) => exact.format(value)).join(' / ')}`
  const places = valueTypes.indexOf(type)
  const high = (isHigh: boolean): string => (isHigh ? '高' : '低')
  return {
    recencyDays: one.recency,
    frequency: one.frequency,
    monetaryYuan: money,
    scores: { r, f, m },
    type,
    typeActions: rules.actionsOf[type],
    class: valueClass,
    classActions: rules.classes.find(({ name }) => name === valueClass)?.actions ?? [],
    segment,
    segmentTitle: rules.named.find(({ name }) => name === segment)?.title ?? segment,
    settings,
    words: [
      `R ${String(r)}分：${String(one.recency)}天前购买${edges(settings.edges?.recency)}天`,
      `F ${String(f)}分：${rules.window === 'lifetime' ? '共' : `近${String(rules.window)}天`}${String(one.frequency)}${count}${edges(settings.edges?.frequency)}${count}`,
      `M ${String(m)}分：${rules.monetary === 'total' ? '合计' : '平均'}${yuanWords(money)}${edges(settings.edges?.monetary)}元`,
      `${type}：R${high(places % 4 < 2)}、F${high(places % 2 === 0)}、M${high(places < 4)}`,
    ],
  }
}

function stageSaid({ stages }: TierRules, bought: Bought, dayNo: number): CustomerExplained['stage'] {
  const stage = stageOf(bought, dayNo, stages)
  const n = String(bought.purchases)
  const words: Readonly<Record<Stage, string>> = {
    attraction: wordsOfLead,
    conversion: '只买过1次，下一步是第二次购买',
    growth: `买过${n}次，满${String(stages.maturityPurchases)}次进入${stageTitles.maturity}`,
    maturity: `买过${n}次，且${String(stages.declineDays)}天内还在买`,
    decline: `已有${String(bought.lastNo === null ? 0 : dayNo - bought.lastNo)}天没有购买（${String(stages.declineDays)}天起算衰退）`,
  }
  return { stage, title: stageTitles[stage], words: words[stage] }
}

function dormancySaid({ dormancy }: TierRules, bought: Bought, dayNo: number): string[] {
  if (bought.lastNo === null) return [wordsOfLead]
  const quiet = dayNo - bought.lastNo
  const { shortDays, mediumDays, longDays } = dormancy
  const title = (grade: Dormancy | null): string => (grade === null ? '未沉睡' : dormancyTitles[grade])
  const own = rhythmThresholds(bought, dormancy)
  const thresholds = (s: number, m: number, l: number): string =>
    `${String(s)} / ${String(m)} / ${String(l)}天`
  return [
    `按固定天数：${title(dormancyByMonths(bought, dayNo, dormancy))}（已${String(quiet)}天未购，短中长 ${thresholds(shortDays, mediumDays, longDays)}）`,
    own === null
      ? `按个人节奏：购买不足${String(dormancy.rhythm.purchases)}次，还没有自己的节奏`
      : `按个人节奏：${title(dormancyByRhythm(bought, dayNo, dormancy))}（短中长 ${thresholds(own.short, own.medium, own.long)}）`,
  ]
}

interface Sleeper {
  readonly customer: string
  readonly bought: Bought
  readonly day: Day
  readonly cuts: RfmCuts
}

/** Against all buyers and everything they ever bought, as `sleepSummary` counts. */
async function sleepValueOf(reader: Reader, rules: TierRules, sleeper: Sleeper): Promise<SleepValue | null> {
  const { customer, bought, day, cuts } = sleeper
  if (bought.lastNo === null || dayNumber(day) - bought.lastNo < rules.dormancy.shortDays) return null
  const rfm = { ...rules.rfm, window: 'lifetime' as const }
  const moment = { when: 'end-of-day' as const, ...(rules.rfm.window === 'lifetime' ? { cuts } : {}) }
  const one = (await rfmOf(reader, rfm, [customer], day, moment)).get(customer)
  return one ? sleepValueAt(valueTypes.indexOf(one.type)) : null
}
