/** What differs between two cadences, in sentences: `每周一对一：时间由 10:00 改为 09:30`. Pure. */
import { canonical } from '../access/index.ts'
import { parseWeekday, weekdayWords } from '../content/index.ts'
import { labels } from './labels.ts'
import { schemaAt } from './schema.ts'
import { touchpointKinds } from './touchpoints/index.ts'

export interface Change {
  readonly path: string
  readonly before: string
  readonly after: string
  readonly words: string
}

export interface Naming {
  /** The shop's own titles of its tiers. */
  readonly tiers?: ReadonlyMap<string, string>
}

const maxChanges = 200
/** Sections whose entries have names of their own. */
const nouns: Readonly<Record<string, string>> = {
  touchpoints: '触点',
  campaigns: '活动',
  experiments: '实验',
}
/** What is counted in 条. */
const texts = new Set(['wordings', 'clues', 'answers', 'variants'])
/** What tells one entry of a list from another. */
const keys = ['id', 'name', 'afterMonths', 'question', 'riddle', 'title', 'tag', 'weekday', 'day']

/** Keys that are figures: another figure is another entry. */
const numbered = new Set(['afterMonths', 'weekday', 'day'])

type Path = readonly (string | number)[]
type Dict = Readonly<Record<string, unknown>>

const isDict = (value: unknown): value is Dict =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null
const same = (a: unknown, b: unknown): boolean =>
  a === b || (a !== undefined && b !== undefined && canonical(a) === canonical(b))
const pathText = (path: Path): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${String(part)}]` : `${i > 0 ? '.' : ''}${part}`))
    .join('')

export function changesBetween(before: unknown, after: unknown, naming: Naming = {}): Change[] {
  const changes: Change[] = []
  const walk = walker(before, after, naming, changes)
  walk([], isDict(before) ? before : {}, isDict(after) ? after : {})
  return changes.slice(0, maxChanges)
}

function walker(before: unknown, after: unknown, naming: Naming, changes: Change[]) {
  const told = teller(before, after, naming)
  const walk = (path: Path, was: unknown, is: unknown): void => {
    if (same(was, is)) return
    const section = nouns[String(path[0])]
    if (path.length === 2 && section !== undefined && (was === undefined || is === undefined))
      return void changes.push(told.entry(path, section, was, is))
    // A setting that was absent is told whole where it is a value, and one by one where it is a group.
    const [old, fresh] = [was ?? (isDict(is) ? {} : undefined), is ?? (isDict(was) ? {} : undefined)]
    const names = new Set([
      ...Object.keys(isDict(old) ? old : {}),
      ...Object.keys(isDict(fresh) ? fresh : {}),
    ])
    if (isDict(old) && isDict(fresh) && names.size > 0) {
      for (const key of names) walk([...path, key], own(old, key), own(fresh, key))
      return
    }
    const asList = texts.has(String(path.at(-1))) || ![was, is].flat().every(isShort)
    if (Array.isArray(was) && Array.isArray(is) && asList) return list(path, was, is)
    changes.push(told.value(path, was, is))
  }
  const list = (path: Path, was: readonly unknown[], is: readonly unknown[]): void => {
    const { pairs, gone, come, moved } = aligned(was, is)
    for (const [i, j] of pairs) walk([...path, j], was[i], is[j])
    for (const i of gone) changes.push(told.item([...path, i], was[i], undefined))
    for (const j of come) changes.push(told.item([...path, j], undefined, is[j]))
    if (moved) changes.push(told.order(path))
  }
  return walk
}

const own = (dict: Dict, key: string): unknown => (Object.hasOwn(dict, key) ? dict[key] : undefined)
/** A list of such is one value: tiers, days, spans. */
const isShort = (value: unknown): boolean => isScalar(value) && [...String(value)].length <= 16

// ---------------------------------------------------------------- which entry became which

interface Aligned {
  /** Index before, index after. */
  readonly pairs: readonly (readonly [number, number])[]
  readonly gone: readonly number[]
  readonly come: readonly number[]
  readonly moved: boolean
}

function aligned(was: readonly unknown[], is: readonly unknown[]): Aligned {
  const key = keys.find((one) => isKeyOf(one, was) && isKeyOf(one, is))
  if (key === undefined) return byOrder(was, is)
  const keyOf = (value: unknown): string => canonical(isDict(value) ? value[key] : null)
  const places = new Map(is.map((value, j) => [keyOf(value), j]))
  const pairs = was.flatMap((value, i) => {
    const j = places.get(keyOf(value))
    return j === undefined ? [] : [[i, j] as const]
  })
  const rest = (list: readonly unknown[], taken: ReadonlySet<number>): number[] =>
    list.flatMap((_, i) => (taken.has(i) ? [] : [i]))
  const gone = rest(was, new Set(pairs.map(([i]) => i)))
  const come = rest(is, new Set(pairs.map(([, j]) => j)))
  // An entry whose very key was rewritten in its place is the same entry; a numbered one is another.
  const renamed = numbered.has(key) ? [] : gone.filter((i) => come.includes(i))
  const order = pairs.map(([, j]) => j)
  return {
    pairs: [...pairs, ...renamed.map((i) => [i, i] as const)].sort((x, y) => x[1] - y[1]),
    gone: gone.filter((i) => !renamed.includes(i)),
    come: come.filter((j) => !renamed.includes(j)),
    moved: order.some((j, n) => n > 0 && j < (order[n - 1] ?? 0)),
  }
}

function isKeyOf(key: string, list: readonly unknown[]): boolean {
  const values = list.map((value) => (isDict(value) ? value[key] : undefined))
  return (
    values.every((value) => value !== undefined) &&
    new Set(values.map((one) => canonical(one))).size === values.length
  )
}

/** The longest common run stays; between, what left and what came in the same place is one that changed. */
function byOrder(was: readonly unknown[], is: readonly unknown[]): Aligned {
  const a = was.map((one) => canonical(one))
  const b = is.map((one) => canonical(one))
  if (a.length === b.length && a.length > 0 && !same(a, b) && same([...a].sort(), [...b].sort()))
    return { pairs: [], gone: [], come: [], moved: true }
  const kept = [...common(a, b), [a.length, b.length] as const]
  const pairs: (readonly [number, number])[] = []
  const [gone, come]: [number[], number[]] = [[], []]
  let [i, j] = [0, 0]
  for (const [toI, toJ] of kept) {
    for (; i < toI && j < toJ; i += 1, j += 1) pairs.push([i, j])
    for (; i < toI; i += 1) gone.push(i)
    for (; j < toJ; j += 1) come.push(j)
    ;[i, j] = [toI + 1, toJ + 1]
  }
  return { pairs, gone, come, moved: false }
}

/** Index pairs of a longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const length: number[][] = Array.from({ length: a.length + 1 }, () =>
    new Array<number>(b.length + 1).fill(0),
  )
  const at = (i: number, j: number): number => length[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      (length[i] as number[])[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return pairs
}

// ---------------------------------------------------------------- in words

function teller(before: unknown, after: unknown, naming: Naming) {
  const at = (root: unknown, section: string, name: string): Dict => {
    const entries = isDict(root) ? own(root, section) : undefined
    const entry = isDict(entries) ? own(entries, name) : undefined
    return isDict(entry) ? entry : {}
  }
  const kindOf = (section: string, name: string): string => {
    const { kind = at(before, section, name)['kind'] } = at(after, section, name)
    return typeof kind === 'string' ? kind : name
  }
  const titleOf = (section: string, name: string): string => {
    const { title = at(before, section, name)['title'] } = at(after, section, name)
    if (typeof title === 'string') return title
    return (
      touchpointKinds.find(({ kind }) => section === 'touchpoints' && kind === kindOf(section, name))
        ?.title ?? name
    )
  }
  const node = (path: Path) =>
    schemaAt(path, path[0] === 'touchpoints' ? kindOf('touchpoints', String(path[1])) : null)
  const label = (path: Path): string =>
    node(path)?.title ?? labels[String(path.at(-1))] ?? String(path.at(-1))
  const isEntry = (path: Path): boolean => nouns[String(path[0])] !== undefined && path.length > 1
  /** `每周一对一：` and the setting's name below it: `话术第 3 条`. */
  const head = (path: Path): string =>
    isEntry(path)
      ? `${titleOf(String(path[0]), String(path[1]))}：`
      : path.length > 1
        ? `${label(path.slice(0, 1))}：`
        : ''
  const setting = (path: Path): string => {
    const parts: string[] = []
    for (let n = path.length === 1 ? 0 : isEntry(path) ? 2 : 1; n < path.length; n += 1) {
      const part = path[n]
      if (typeof part !== 'number') parts.push(label(path.slice(0, n + 1)))
      else
        parts.push(
          `${parts.pop() ?? ''}第 ${String(part + 1)} ${texts.has(String(path[n - 1])) ? '条' : '项'}`,
        )
    }
    return parts.join('的')
  }
  const show = (path: Path, value: unknown): string => shown(path, value, naming)
  const change = (path: Path, was: unknown, is: unknown, words: string): Change => ({
    path: pathText(path),
    before: show(path, was),
    after: show(path, is),
    words: `${head(path)}${words}`,
  })
  return {
    entry(path: Path, noun: string, was: unknown, is: unknown): Change {
      const title = titleOf(String(path[0]), String(path[1]))
      return {
        path: pathText(path),
        before: was === undefined ? '' : title,
        after: is === undefined ? '' : title,
        words: `${was === undefined ? '新增' : '删除'}${noun}：${title}`,
      }
    },
    value(path: Path, was: unknown, is: unknown): Change {
      if (isEntry(path) && path.length === 3 && path[2] === 'enabled' && (was === false || is === false))
        return {
          ...change(path, was, is, ''),
          words: `${is === false ? '停用' : '启用'}${nouns[String(path[0])] ?? ''}：${titleOf(String(path[0]), String(path[1]))}`,
        }
      const standard = node(path)?.default
      const name = setting(path)
      const usual = standard === undefined ? '' : ` ${quoted(show(path, standard))}`
      if (is === undefined)
        return change(path, was, is, `${name}改回默认${usual}（原为 ${quoted(show(path, was))}）`)
      if (was === undefined)
        return change(
          path,
          was,
          is,
          `${name}${usual === '' ? '设为' : `由默认的${usual} 改为`} ${quoted(show(path, is))}`,
        )
      return change(path, was, is, `${name}由 ${quoted(show(path, was))} 改为 ${quoted(show(path, is))}`)
    },
    item: (path: Path, was: unknown, is: unknown): Change =>
      change(
        path,
        was,
        is,
        `${was === undefined ? '新增' : '删除'}${setting(path)}：${quoted(show(path, is ?? was))}`,
      ),
    order: (path: Path): Change => ({
      path: pathText(path),
      before: '',
      after: '',
      words: `${head(path)}${setting(path)}调整了顺序`,
    }),
  }
}

const mostLetters = 60
const quoted = (text: string): string => ([...text].length > 12 ? `「${text}」` : text)

function shown(path: Path, value: unknown, naming: Naming): string {
  if (value === undefined) return ''
  if (value === null) return '空'
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (Array.isArray(value))
    return value.length === 0
      ? '空'
      : short(value.map((one, i) => shown([...path, i], one, naming)).join('、'))
  if (isDict(value)) {
    const [telling] = ['title', 'question', 'riddle', 'label', 'name', 'words'].flatMap(
      (key) => own(value, key) ?? [],
    )
    if (telling !== undefined) return shown(path, telling, naming)
    const parts = Object.entries(value).map(
      ([key, one]) => `${labels[key] ?? key} ${shown([...path, key], one, naming)}`,
    )
    return parts.length === 0 ? '空' : short(parts.join('，'))
  }
  const text = String(value as string | number)
  const named = [...path].reverse().find((part) => typeof part === 'string') ?? ''
  if (/^(weekdays?|releases)$/.test(String(named))) {
    const weekday = parseWeekday(text)
    if (weekday !== null) return weekdayWords(weekday)
  }
  if (named === 'tiers') return naming.tiers?.get(text) ?? text
  return short(text.replace(/\s+/g, ' ').trim())
}

const short = (text: string): string =>
  [...text].length > mostLetters ? `${[...text].slice(0, mostLetters).join('')}…` : text
