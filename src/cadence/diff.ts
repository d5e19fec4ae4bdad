/** What an edit changes: the settings in words, and the next seven days by the dry run before and after. */
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { weekdayWords, parseWeekday } from '../content/index.ts'
import type { TierRules } from '../segment/index.ts'
import { newestVersion } from './cadence.store.ts'
import { readCadence } from './config.ts'
import type { Cadence } from './config.ts'
import { previewDays } from './preview.ts'
import type { Foreseen } from './preview.ts'
import { touchpointKinds } from './touchpoints/index.ts'
import { currentCadence, invalidCadence, tierNames } from './versions.ts'

export interface Change {
  readonly path: string
  readonly before: string
  readonly after: string
  readonly words: string
}

export interface Effect {
  readonly day: string
  readonly touchpoint: string
  readonly title: string
  readonly before: { readonly queued: number; readonly declined: number }
  readonly after: { readonly queued: number; readonly declined: number }
}

export interface CadenceDifference {
  readonly baseVersion: number
  /** The text in force. */
  readonly before: string
  readonly changes: readonly Change[]
  readonly effect: readonly Effect[]
}

const effectDays = 7
const maxChanges = 200

export async function diffCadence(
  { reader, tierRules }: { readonly reader: Reader; readonly tierRules: TierRules },
  yaml: string,
  now: Instant,
): Promise<CadenceDifference> {
  const { cadence: draft, mistakes } = readCadence(yaml, { tiers: tierNames(tierRules) })
  if (!draft) throw invalidCadence(mistakes)
  const newest = await newestVersion(reader)
  const current = await currentCadence(reader)
  const previewOf = async (cadence: Cadence): Promise<readonly Foreseen[]> =>
    (await previewDays({ reader, tierRules, cadence }, { from: dayOf(now), days: effectDays, now })).promises
  const changes = changesBetween(current?.raw ?? {}, draft.raw)
  const effect =
    changes.length === 0 ? [] : effectOf(current ? await previewOf(current) : [], await previewOf(draft))
  return { baseVersion: newest?.version ?? 0, before: newest?.yaml ?? '', changes, effect }
}

// ---------------------------------------------------------------- settings

type Leaves = ReadonlyMap<string, unknown>

function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]])
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, i) => [`${path}[${String(i)}]`, item])
    : Object.entries(value).map(([key, item]) => [path === '' ? key : `${path}.${key}`, item])
  if (entries.length === 0) return new Map([[path, '（空）']])
  return new Map(entries.flatMap(([key, item]) => [...leavesOf(item, key)]))
}

export function changesBetween(before: unknown, after: unknown): Change[] {
  const [old, fresh]: [Leaves, Leaves] = [leavesOf(before), leavesOf(after)]
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
  return paths
    .filter((path) => old.get(path) !== fresh.get(path))
    .slice(0, maxChanges)
    .map((path) => {
      const [was, is] = [shown(path, old.get(path)), shown(path, fresh.get(path))]
      return { path, before: was, after: is, words: `${labelOf(path)}：${sentence(was, is)}` }
    })
}

const sentence = (was: string, is: string): string => {
  if (was === '') return `新增 ${is}`
  return is === '' ? `删除（原为 ${was}）` : `${was} → ${is}`
}

function shown(path: string, value: unknown): string {
  if (value === undefined) return ''
  if (value === null) return '空'
  if (typeof value === 'boolean') return value ? '是' : '否'
  const text = String(value as string | number)
  const weekday = /(weekday|weekdays\[\d+\]|releases\[\d+\])$/.test(path) ? parseWeekday(text) : null
  if (weekday !== null) return weekdayWords(weekday)
  const line = text.replace(/\s+/g, ' ').trim()
  return [...line].length > 60 ? `${[...line].slice(0, 60).join('')}…` : line
}

const labels: Readonly<Record<string, string>> = {
  shop: '门店',
  power: '把握',
  difference: '想看出的差别',
  baseline: '现在的比例',
  plan: '样本计划',
  seed: '抽签号',
  alpha: '误判率',
  read: '读法',
  optOutMax: '退订率上限',
  guard: '限度',
  thenRollOut: '自动全量',
  afterDays: '几天后',
  percent: '百分比',
  smallRange: '小范围',
  minimumPerArm: '每组最少',
  metric: '指标',
  primary: '看什么',
  until: '最后一天',
  from: '开始日',
  set: '设置',
  share: '比例',
  arms: '分组',
  what: '试什么',
  touchpoint: '触点',
  experiments: '实验',
  name: '名称',
  manners: '分寸',
  windows: '发送时段',
  quietHours: '安静时段',
  avoid: '避开营销的时间',
  avoidExempt: '不受避开限制的触点',
  span: '时段',
  marketingPerDay: '每天最多营销触达',
  marketingPerWeek: '7 天内最多营销触达',
  gapHours: '间隔小时',
  groupPerDay: '每群每天最多群发',
  afterTalkHours: '刚聊过后静默小时',
  complaintDays: '投诉静默天数',
  blackout: '停发日',
  quotaMode: '群发配额规则',
  enabled: '启用',
  kind: '类型',
  title: '标题',
  tiers: '分层',
  weekday: '星期',
  weekdays: '星期',
  at: '时间',
  wording: '话术',
  wordings: '话术',
  headline: '开头',
  ending: '结尾',
  interests: '兴趣',
  otherwise: '默认兴趣',
  ladder: '唤醒阶梯',
  afterMonths: '沉睡月数',
  percentOff: '优惠（减百分比）',
  couponHours: '券有效小时',
  onceInMonths: '多少个月一次',
  withinDays: '几天内有效',
  afterHours: '首单后小时',
  atLatestHours: '最晚小时',
  openDays: '开放天数',
  points: '积分',
  polls: '投票',
  question: '题目',
  options: '选项',
  label: '文字',
  most: '最多可选',
  intro: '说明',
  everyWeeks: '每几周',
  releases: '公布日',
  hunts: '寻宝',
  clues: '线索',
  riddle: '谜面',
  answers: '答案',
  pointsPerClue: '每条线索积分',
  prize: '奖品',
  count: '数量',
  validDays: '有效天数',
  weekOf: '所在周',
}

/** `touchpoints.weekly-note.wordings[2]` → 每周一对一 · 话术 第 3 条 */
function labelOf(path: string): string {
  const [top = '', ...rest] = path.split('.')
  const isTouchpoint = top === 'touchpoints'
  const words = rest.map((part, i) => {
    const [, key = part, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? []
    const title =
      isTouchpoint && i === 0 ? touchpointKinds.find(({ kind }) => kind === key)?.title : undefined
    return `${title ?? labels[key] ?? key}${index === undefined ? '' : ` 第 ${String(Number(index) + 1)} 条`}`
  })
  return [...(isTouchpoint ? [] : [labels[top] ?? top]), ...words].join(' · ')
}

// ---------------------------------------------------------------- effect

interface Tally {
  readonly title: string
  queued: number
  declined: number
}

function tallyOf(promises: readonly Foreseen[]): Map<string, Tally> {
  const tally = new Map<string, Tally>()
  for (const { day, touchpoint, title, decision } of promises) {
    const key = `${day} ${touchpoint}`
    const cell = tally.get(key) ?? { title, queued: 0, declined: 0 }
    if (decision === 'declined') cell.declined += 1
    else cell.queued += 1
    tally.set(key, cell)
  }
  return tally
}

function effectOf(before: readonly Foreseen[], after: readonly Foreseen[]): Effect[] {
  const [old, fresh] = [tallyOf(before), tallyOf(after)]
  const count = (cell: Tally | undefined): Effect['before'] => ({
    queued: cell?.queued ?? 0,
    declined: cell?.declined ?? 0,
  })
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((key) => {
    const [was, is] = [count(old.get(key)), count(fresh.get(key))]
    if (was.queued === is.queued && was.declined === is.declined) return []
    const [day = '', touchpoint = ''] = key.split(' ')
    return [
      {
        day,
        touchpoint,
        title: (fresh.get(key) ?? old.get(key))?.title ?? touchpoint,
        before: was,
        after: is,
      },
    ]
  })
}
