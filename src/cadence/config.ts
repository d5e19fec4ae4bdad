/** The cadence as a person writes it: read, checked whole, every mistake named with its line and its fix. */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { mannersShape } from '../outbox/index.ts'
import type { Manners, OverCap } from '../outbox/index.ts'
import { campaignShape } from './campaigns/campaign.ts'
import { campaignTouchpoints } from './campaigns/parts.ts'
import { audienceOf } from './audience-rule.ts'
import type { AudienceWanted } from './audience-rule.ts'
import {
  attachmentsOf,
  carriesAttachments,
  noAttachmentsHere,
  sceneOf,
  unfitForMoment,
} from './attachments.ts'
import type { DayChoice } from './day-kinds.ts'
import { slugField } from './fields.ts'
import { longGroupMessages } from './group-bytes.ts'
import { planningShape } from './spread.ts'
import type { Planning } from './spread.ts'
import { readExperiments } from './experiments/read.ts'
import type { Experiment } from './experiments/shape.ts'
import { isRecord, mistakesOf, valueAt } from './lines.ts'
import { unknownWord, wordsOf } from './mistake.ts'
import type { Mistake } from './mistake.ts'
import type { KnownNames } from './names.ts'
import { nonsenseInCampaign, nonsenseInManners, nonsenseOf } from './sense.ts'
import { momentOf } from './touchpoint.ts'
import type { Bound, GamePlan, TouchpointKind } from './touchpoint.ts'
import { touchpointKinds } from './touchpoints/index.ts'
import { readYaml } from './yaml.ts'
import type { YamlRead } from './yaml.ts'

export interface Touchpoint {
  /** Part of dedupe keys: renaming one is making another. */
  readonly name: string
  readonly title: string
  /** Null for what does not look at tiers. */
  readonly tiers: readonly string[] | null
  readonly rules: Bound
  /** One can opt out of it; null where it belongs to none. */
  readonly topic: string | null
  /** The campaign it is a part of. */
  readonly campaign: string | null
  readonly onOverCap: OverCap
  /** On which kinds of day it is said. */
  readonly days: DayChoice
  /** Only for these; null: for everybody of its tiers. */
  readonly audience: AudienceWanted | null
  /** As written. */
  readonly settings: unknown
}

export interface Cadence {
  /** 0 for a draft. */
  readonly version: number
  readonly shop: { readonly name: string }
  readonly manners: Manners
  readonly planning: Planning
  /** What the console measures the shop by. */
  readonly goals: Goals
  /** Must a second person approve what is published? Null = not said: as soon as there is a second one. */
  readonly approval: boolean | null
  /** The enabled ones, as written. */
  readonly touchpoints: readonly Touchpoint[]
  /** What members may refuse by itself, in the order of the file; one without a title goes by its name. */
  readonly topics: readonly { readonly name: string; readonly title: string }[]
  /** Tests of touchpoints that are enabled, running or not. */
  readonly experiments: readonly Experiment[]
  /** Everything as it was read, for comparing two versions. */
  readonly raw: unknown
}

export interface CadenceRead {
  readonly cadence: Cadence | null
  readonly mistakes: readonly Mistake[]
  /** Of one without mistakes: what will not go as somebody expects. */
  readonly warnings: readonly Mistake[]
}

const shopShape = z.strictObject({
  /** Signs wordings and pages. */
  name: z.string().min(1).max(30),
})
const publishingShape = z.strictObject({
  approval: z
    .strictObject({
      required: z
        .boolean()
        .optional()
        .describe('发布需要审批：由另一位审批人看过同一份内容才能发布；不写则有第二位审批人时需要'),
    })
    .prefault({})
    .describe('审批'),
})
const goalsShape = z.strictObject({
  firstBuyersPercent: z
    .number()
    .min(0)
    .max(100)
    .default(90)
    .describe('首购触达目标：首次购买后 7 天内被一对一触达的客户占百分之几，看板上对照'),
})
export type Goals = z.infer<typeof goalsShape>

export const topShape = z.strictObject({
  shop: shopShape,
  publishing: publishingShape.prefault({}).describe('发布'),
  manners: mannersShape.prefault({}),
  planning: planningShape.prefault({}),
  goals: goalsShape.prefault({}).describe('目标：看板拿实际数字对照'),
  topics: z
    .record(slugField, z.string().min(1).max(20))
    .default({})
    .describe('话题的名称：客户在订阅设置里看到的叫法'),
  touchpoints: z.record(z.string(), z.unknown()),
  experiments: z.record(z.string(), z.unknown()).prefault({}),
  campaigns: z.record(z.string(), z.unknown()).default({}),
})
const maxTouchpoints = 60

const tooManyTouchpoints = {
  message: `触点超过 ${String(maxTouchpoints)} 个`,
  fix: '删去不用的触点',
  messageEn: `there are more than ${String(maxTouchpoints)} touchpoints`,
  fixEn: 'remove those that are not used',
}

export interface ReadOptions extends Partial<Omit<KnownNames, 'tiers'>> {
  /**
   * Null for a text that was published: names and sense were looked at then, and a tier renamed since, or a rule that we
   * learned since, must not stop the reader.
   */
  readonly tiers: readonly string[] | null
  readonly version?: number
}

/** A start, a publishing, each look at a list of drafts read the same text again: a tenth of a second each time. */
const readings = new LRUCache<string, CadenceRead>({ max: 16 })

/** Depends on nothing but what it is given. */
export function readCadence(yaml: string, options: ReadOptions): CadenceRead {
  const key = `${JSON.stringify(options)}\n${yaml}`
  const reading = readings.get(key) ?? readAnew(yaml, options)
  readings.set(key, reading)
  return reading
}

function readAnew(yaml: string, options: ReadOptions): CadenceRead {
  const { tiers, version = 0, ...others } = options
  const known = tiers && { ...others, tiers }
  const read = readYaml(yaml)
  if (read.mistakes.length > 0) return { cadence: null, mistakes: sorted(read.mistakes), warnings: [] }
  const top = topShape.safeParse(read.value)
  const mistakes = top.success ? [] : mistakesOf(read, topShape, top.error, [])
  const written = valueAt(read.value, ['touchpoints'])
  const touchpoints = isRecord(written) ? readTouchpoints(read, written, known, mistakes) : []
  const experiments = readExperiments(read, known, mistakes)
  const campaigns = valueAt(read.value, ['campaigns'])
  if (isRecord(campaigns)) touchpoints.push(...readCampaigns(read, campaigns, known, touchpoints, mistakes))
  const mannersRead = mannersShape.safeParse(valueAt(read.value, ['manners']) ?? {})
  if (known && mannersRead.success)
    mistakes.push(
      ...nonsenseInManners(read.value, mannersRead.data).map(({ path, words }) => read.at(path, words)),
    )
  if (!top.success || mistakes.length > 0) return { cadence: null, mistakes: sorted(mistakes), warnings: [] }
  const { shop, manners, planning, goals, publishing } = top.data
  const topics = topicsOf(top.data.topics, touchpoints)
  const approval = publishing.approval.required ?? null
  const raw = read.value
  const settings = { shop, manners, planning, goals, approval, topics }
  const cadence = { version, ...settings, touchpoints, experiments, raw }
  const warnings = known ? longGroupMessages(cadence).map(({ path, words }) => read.at(path, words)) : []
  return { cadence, mistakes: [], warnings: sorted(warnings) }
}

/** Only topics that something is said about: a switch for nothing would be a promise. */
function topicsOf(
  titles: Readonly<Record<string, string>>,
  touchpoints: readonly Touchpoint[],
): Cadence['topics'] {
  const used = new Set(touchpoints.flatMap(({ topic }) => topic ?? []))
  const names = [...Object.keys(titles), ...used].filter((name) => used.has(name))
  return [...new Set(names)].map((name) => ({ name, title: titles[name] ?? name }))
}

const sorted = (mistakes: readonly Mistake[]): Mistake[] =>
  [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, 200)

// ---------------------------------------------------------------- touchpoints

type Known = KnownNames | null

function unknownAudience(
  read: YamlRead,
  path: readonly string[],
  settings: unknown,
  known: readonly string[] | null | undefined,
): Mistake[] {
  const name = valueAt(settings, ['audience'])
  if (!known || typeof name !== 'string' || known.includes(name)) return []
  if (known.length === 0) return [read.at([...path, 'audience'], noAudiences(name))]
  return [read.at([...path, 'audience'], unknownWord(name, known, { zh: '人群', en: 'audience' }))]
}

const noAudiences = (name: string) => ({
  message: `没有名为“${name}”的人群`,
  fix: '还没有保存过人群：先在后台保存一个，或直接写规则',
  messageEn: `there is no audience "${name}"`,
  fixEn: 'no audience has been saved yet: save one in the console, or write a rule',
})

const audienceOfGroup = {
  message: '社群消息发给整个群，不能限定人群',
  fix: '删去 audience；只想发给一部分人的话，用发给客户的触点',
  messageEn: 'the message of a group goes to all of it and has no audience',
  fixEn: 'take audience away, or use a touchpoint for customers',
}

const audienceOfStaff = {
  message: '这个触点面向员工，不能限定客户人群',
  fix: '删去 audience；朋友圈由每位顾问发给自己的全部客户',
  messageEn: 'this touchpoint is for the staff and has no audience of customers',
  fixEn: 'take audience away; a moment is shown to all customers of each advisor',
}

function readTouchpoints(
  read: YamlRead,
  written: Readonly<Record<string, unknown>>,
  known: Known,
  mistakes: Mistake[],
): Touchpoint[] {
  const touchpoints: Touchpoint[] = []
  const names = Object.keys(written)
  if (names.length > maxTouchpoints)
    mistakes.push(read.at(['touchpoints'], tooManyTouchpoints, { key: names[maxTouchpoints] ?? '' }))
  for (const [name, settings] of Object.entries(written).slice(0, maxTouchpoints)) {
    const path = ['touchpoints', name]
    const slug = slugField.safeParse(name)
    if (!slug.success)
      mistakes.push(
        ...slug.error.issues.map((issue) => read.at(['touchpoints'], wordsOf(issue, name), { key: name })),
      )
    const kind = kindOf(read, name, settings, mistakes)
    if (!kind) continue
    const parsed = kind.settings.safeParse(settings)
    if (!parsed.success) mistakes.push(...mistakesOf(read, kind.settings, parsed.error, path))
    else if (known)
      mistakes.push(
        ...nonsenseOf(kind.kind, parsed.data, known).map((one) => read.at([...path, ...one.path], one.words)),
      )
    mistakes.push(...unknownTiers(read, path, settings, known?.tiers))
    mistakes.push(...unknownAudience(read, path, settings, known?.audiences))
    if (kind.audience !== 'customer' && valueAt(settings, ['audience']) !== undefined)
      mistakes.push(
        read.at(
          [...path, 'audience'],
          kind.audience === 'staff' || kind.audience === 'robot' ? audienceOfStaff : audienceOfGroup,
        ),
      )
    if (!parsed.success || !parsed.data.enabled) continue
    const { title, tiers: mine, topic, onOverCap, days = 'all' } = parsed.data
    if (kind.audience === 'group-piece' && days !== 'all')
      mistakes.push(read.at([...path, 'days'], daysOfPiece))
    const rules = kind.bind(settings)
    if (parsed.data.attachments && !mayCarry(rules))
      mistakes.push(read.at([...path, 'attachments'], noAttachmentsHere))
    else if (sceneOf(kind.kind) === 'moment')
      mistakes.push(
        ...unfitForMoment(attachmentsOf(parsed.data.attachments)).map((one) =>
          read.at([...path, ...one.path], one.words),
        ),
      )
    touchpoints.push({
      name,
      title: title ?? kind.title,
      tiers: mine ?? null,
      rules,
      topic: topic ?? null,
      onOverCap: onOverCap ?? 'skip',
      days,
      audience: audienceOf(parsed.data.audience),
      campaign: null,
      settings,
    })
  }
  return touchpoints
}

const mayCarry = (rules: Bound): boolean =>
  rules.audience === 'group' || ('channel' in rules && carriesAttachments(rules.channel))

const daysOfPiece = {
  message: '投票、寻宝、节目随社群消息发，不能限定工作日或休息日',
  fix: '删去 days，用它自己的星期设置；要限定日子的话，写在带它的每日干货上',
  messageEn: 'polls, hunts and programmes go out with the message of a group and cannot be bound to workdays',
  fixEn: 'take days away and use its own weekdays; bind the daily tip that carries it instead',
}

const maxCampaigns = 40

function readCampaigns(
  read: YamlRead,
  written: Readonly<Record<string, unknown>>,
  known: Known,
  touchpoints: readonly Touchpoint[],
  mistakes: Mistake[],
): Touchpoint[] {
  const parts: Touchpoint[] = []
  const taken = new Set(touchpoints.map(({ name }) => name))
  Object.entries(written).forEach(([name, settings], i) => {
    const path = ['campaigns', name]
    if (i === maxCampaigns) mistakes.push(read.at(['campaigns'], tooManyCampaigns, { key: name }))
    if (i >= maxCampaigns) return
    const slug = slugField.safeParse(name)
    if (!slug.success)
      mistakes.push(
        ...slug.error.issues.map((issue) => read.at(['campaigns'], wordsOf(issue, name), { key: name })),
      )
    const parsed = campaignShape.safeParse(settings)
    mistakes.push(...unknownTiers(read, path, settings, known?.tiers))
    mistakes.push(...unknownAudience(read, path, settings, known?.audiences))
    const early = valueAt(settings, ['before', 'early'])
    mistakes.push(...unknownTiers(read, [...path, 'before', 'early'], early, known?.tiers))
    if (!parsed.success) {
      mistakes.push(...mistakesOf(read, campaignShape, parsed.error, path))
      return
    }
    if (known)
      mistakes.push(
        ...nonsenseInCampaign(parsed.data, known).map((one) => read.at([...path, ...one.path], one.words)),
      )
    if (parsed.data.enabled) parts.push(...campaignTouchpoints({ name, campaign: parsed.data }))
  })
  for (const { name, campaign } of parts)
    if (taken.has(name)) mistakes.push(read.at(['campaigns'], takenName(name), { key: campaign ?? '' }))
  return parts
}

const tooManyCampaigns = {
  message: `活动超过 ${String(maxCampaigns)} 个`,
  fix: '删去已结束的活动',
  messageEn: `there are more than ${String(maxCampaigns)} campaigns`,
  fixEn: 'remove those that are over',
}
const takenName = (name: string) => ({
  message: `活动会用到触点名“${name}”，但已有同名触点`,
  fix: '给活动或触点换一个名字',
  messageEn: `the campaign needs the name "${name}", which a touchpoint has`,
  fixEn: 'give one of them another name',
})

function kindOf(read: YamlRead, name: string, settings: unknown, mistakes: Mistake[]): TouchpointKind | null {
  const own = valueAt(settings, ['kind'])
  const wanted = typeof own === 'string' ? own : name
  const kind = touchpointKinds.find((one) => one.kind === wanted)
  if (kind) return kind
  const known = touchpointKinds.map((one) => one.kind)
  const words = unknownWord(wanted, known, { zh: '触点类型', en: 'kind of touchpoint' })
  mistakes.push(
    typeof own === 'string'
      ? read.at(['touchpoints', name, 'kind'], words)
      : read.at(['touchpoints'], words, { key: name }),
  )
  return null
}

function unknownTiers(
  read: YamlRead,
  path: readonly string[],
  settings: unknown,
  known: readonly string[] | undefined,
): Mistake[] {
  const written = valueAt(settings, ['tiers'])
  if (!known || !Array.isArray(written)) return []
  return written.flatMap((tier: unknown, i) =>
    typeof tier === 'string' && !known.includes(tier)
      ? [read.at([...path, 'tiers', i], unknownWord(tier, known, { zh: '分层', en: 'tier' }))]
      : [],
  )
}

// ---------------------------------------------------------------- games

/** The games that are open on that day, or open within it. */
export function gamesOf(cadence: Cadence, day: Day): GamePlan[] {
  const moment = momentOf(day)
  return cadence.touchpoints
    .flatMap(({ name, rules }) => ('games' in rules ? (rules.games?.(moment, name) ?? []) : []))
    .filter(({ closesAt }) => closesAt > instantOf(day))
}
