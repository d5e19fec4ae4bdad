/** The mock's cadence: a document of its own shape, checked with line-exact problems, enough to exercise the editor. */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { CadenceDiff, ConfigProblem } from '../../src/http/contract.ts'
import { addDays, calendarOf, today } from './mock-shop.ts'

export const firstYaml = `# 私域触达节奏。改动先预演，再发布；发布后立即生效。
shop: 小树苗母婴
timezone: Asia/Shanghai

manners:
  windows: ["09:30-11:00", "14:30-16:30", "19:30-21:00"]
  quiet: "21:30-08:30"
  caps:
    perDay: 1        # 每位客户每天最多一条 1 对 1 营销
    perWeek: 2
    gapHours: 48
    groupPerDay: 1
  blackout: []

touchpoints:
  daily-tip:
    title: 每日小贴士
    channel: group-broadcast
    at: "10:00"
    weekdays: [1, 2, 3, 4, 5, 6, 7]
    enabled: true

  weekly-care:
    title: 每周专属关怀
    channel: advisor-task
    tiers: [high]
    at: "14:30"
    weekdays: [1, 2, 3, 4]
    enabled: true

  wake-up:
    title: 唤醒阶梯
    channel: customer-broadcast
    tiers: [dormant]
    at: "14:30"
    weekdays: [2, 4]
    ladder:
      - { months: 3, percentOff: 20 }
      - { months: 6, percentOff: 30 }
      - { months: 12, percentOff: 40 }
    enabled: true

  photo-draw:
    title: 周五晒娃抽奖
    channel: group-broadcast
    at: "19:30"
    weekdays: [5]
    enabled: true

holdout:
  share: 0.05
`

type Path = readonly (string | number)[]

const placeOf = (document: Document, lines: LineCounter, path: Path): { line: number; column: number } => {
  const node = document.getIn(path, true)
  const offset = isScalar(node) || isMap(node) ? (node.range?.[0] ?? 0) : 0
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

const channels = ['group-broadcast', 'customer-broadcast', 'advisor-task']

export const problemsOf = (yaml: string): ConfigProblem[] => {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  if (document.errors.length > 0) {
    return document.errors.map((error) => ({
      line: error.linePos?.[0].line ?? 1,
      column: error.linePos?.[0].col ?? 1,
      path: '',
      message: 'YAML 写法有误，读不下去',
      fix: '检查这一行的缩进、冒号后的空格和引号是否成对。',
    }))
  }
  const found: ConfigProblem[] = []
  const report = (path: Path, message: string, fix: string): void => {
    found.push({ ...placeOf(document, lines, path), path: path.join('.'), message, fix })
  }
  const touchpoints = document.get('touchpoints')
  if (!isMap(touchpoints)) {
    report([], '缺少 touchpoints', '至少写一个触点。')
    return found
  }
  for (const { key } of touchpoints.items) {
    const name = isScalar(key) ? String(key.value) : String(key)
    const at = document.getIn(['touchpoints', name, 'at'])
    if (typeof at !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(at)) {
      report(
        ['touchpoints', name, 'at'],
        `时间“${String(at)}”不是一天中的时刻`,
        '写成 "09:30" 这样，从 "00:00" 到 "23:59"。',
      )
    }
    const channel = document.getIn(['touchpoints', name, 'channel'])
    if (typeof channel !== 'string' || !channels.includes(channel)) {
      report(
        ['touchpoints', name, 'channel'],
        `没有“${String(channel)}”这个渠道`,
        `可选：${channels.join('、')}。`,
      )
    }
  }
  return found
}

const flatten = (value: unknown, path: string, into: Map<string, string>): Map<string, string> => {
  if (Array.isArray(value)) into.set(path, JSON.stringify(value))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, into)
  } else into.set(path, JSON.stringify(value ?? null))
  return into
}
const flat = (yaml: string): Map<string, string> =>
  flatten(parseDocument(yaml).toJS() as unknown, '', new Map())

const wordsOf = (path: string, before: string | undefined, after: string | undefined): string => {
  if (before === undefined) return `新增 ${path}：${after ?? ''}`
  if (after === undefined) return `去掉 ${path}`
  if (path.endsWith('.at')) return `「${path.split('.')[1] ?? ''}」从 ${before} 改到 ${after}`
  if (path.endsWith('perWeek')) return `每位客户每周的 1 对 1 营销上限从 ${before} 条改为 ${after} 条`
  if (path.endsWith('enabled')) return `「${path.split('.')[1] ?? ''}」${after === 'true' ? '启用' : '停用'}`
  return `${path} 从 ${before} 改为 ${after}`
}

export const diffOf = (baseVersion: number, before: string, after: string): CadenceDiff => {
  const [old, made] = [flat(before), flat(after)]
  const changes = [...new Set([...old.keys(), ...made.keys()])]
    .filter((path) => old.get(path) !== made.get(path))
    .map((path) => ({
      path,
      before: old.get(path) ?? '',
      after: made.get(path) ?? '',
      words: wordsOf(path, old.get(path), made.get(path)),
    }))
  const touched = new Set(changes.map((change) => change.path.split('.')[1] ?? ''))
  const caps = changes.some((change) => change.path.startsWith('manners.caps'))
  const effect = calendarOf(today, 7, baseVersion).days.flatMap(({ day, entries }) =>
    entries
      .filter(
        (entry) =>
          entry.declined > 0 &&
          (touched.has(entry.touchpoint) || (caps && entry.channel !== 'group-broadcast')),
      )
      .map((entry) => ({
        day,
        touchpoint: entry.touchpoint,
        title: entry.title,
        before: { queued: entry.queued, declined: entry.declined },
        after: { queued: entry.queued + 1, declined: entry.declined - 1 },
      })),
  )
  return { baseVersion, before, changes, effect: effect.slice(0, 12) }
}

export const versionDay = (version: number): string => addDays(today, (version - 4) * 9 - 2)
