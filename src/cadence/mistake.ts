/** What is wrong with a cadence: where, what, and how to mend it, in the console's language and in the shell's. */
import type { z } from 'zod'

export interface Mistake {
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** `touchpoints.weekly-note.weekday`; empty for the whole file. */
  readonly path: string
  /** Chinese, for the console. */
  readonly message: string
  readonly fix: string
  /** English, for the command line. */
  readonly messageEn: string
  readonly fixEn: string
}

export type MistakeWords = Pick<Mistake, 'message' | 'fix' | 'messageEn' | 'fixEn'>

interface Adds {
  addIssue(issue: {
    code: 'custom'
    message: string
    path?: PropertyKey[]
    params: Record<string, unknown>
  }): void
}

/** A mistake found inside a schema, with its words; `row` = lines below the value's first line. */
export function addMistake(
  ctx: Adds,
  words: MistakeWords,
  where: { readonly path?: PropertyKey[]; readonly row?: number } = {},
): void {
  ctx.addIssue({
    code: 'custom',
    message: words.messageEn,
    ...(where.path ? { path: where.path } : {}),
    params: { words, row: where.row ?? 0 },
  })
}

/** Edits between two words: insert, delete, replace, swap of neighbours. */
export function distance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i])
  for (let j = 0; j <= b.length; j += 1) (rows[0] as number[])[j] = j
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = best
    }
  }
  return at(a.length, b.length)
}

/** The known word most like this one, if it is like any. */
export function nearest(word: string, known: readonly string[]): string | null {
  const short = word.slice(0, 64).toLowerCase()
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(short, candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
  const best = ranked[0]
  return best && best.far <= Math.max(2, Math.floor(short.length / 3)) ? best.candidate : null
}

const listed = (words: readonly string[]): string => words.slice(0, 30).join('、')
const listedEn = (words: readonly string[]): string => words.slice(0, 30).join(', ')

export function unknownKey(key: string, known: readonly string[]): MistakeWords {
  const like = nearest(key, known)
  return {
    message: `没有“${key}”这个设置`,
    fix: like === null ? `可用的设置：${listed(known)}` : `是不是“${like}”？可用的设置：${listed(known)}`,
    messageEn: `there is no setting "${key}"`,
    fixEn:
      like === null
        ? `the settings are ${listedEn(known)}`
        : `did you mean "${like}"? The settings are ${listedEn(known)}`,
  }
}

export function unknownWord(
  word: string,
  known: readonly string[],
  what: { zh: string; en: string },
): MistakeWords {
  const like = nearest(word, known)
  return {
    message: `没有名为“${word}”的${what.zh}`,
    fix: like === null ? `可选：${listed(known)}` : `是不是“${like}”？可选：${listed(known)}`,
    messageEn: `there is no ${what.en} "${word}"`,
    fixEn:
      like === null
        ? `choose from ${listedEn(known)}`
        : `did you mean "${like}"? Choose from ${listedEn(known)}`,
  }
}

const typeWords: Readonly<Record<string, readonly [string, string]>> = {
  string: ['文字', 'text'],
  number: ['数字', 'a number'],
  int: ['整数', 'a whole number'],
  boolean: ['true 或 false', 'true or false'],
  array: ['列表（每行以 - 开头）', 'a list (one line each, beginning with -)'],
  object: ['一组“键: 值”', 'a group of "key: value" lines'],
  record: ['一组“键: 值”', 'a group of "key: value" lines'],
}

const typed = (expected: string): readonly [string, string] => typeWords[expected] ?? [expected, expected]

/** How a person would name what she wrote. */
function seen(value: unknown): string {
  if (value === null) return '空'
  if (Array.isArray(value)) return '列表'
  if (typeof value === 'object') return '一组键值'
  return `“${String(value as string | number | boolean).slice(0, 40)}”`
}
function seenEn(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a group of keys'
  return JSON.stringify(value)?.slice(0, 42) ?? 'nothing'
}

type Issue = z.core.$ZodIssue

/** The words for what zod found. `value` is what stands at the issue's path, undefined when nothing does. */
export function wordsOf(issue: Issue, value: unknown): MistakeWords {
  const own = issue.code === 'custom' ? (issue.params?.['words'] as MistakeWords | undefined) : undefined
  if (own) return own
  switch (issue.code) {
    case 'invalid_type':
      return invalidType(issue.expected, value)
    case 'too_small':
    case 'too_big':
      return outOfRange(issue, value)
    case 'invalid_union':
      return eitherOf(expectedBy(issue.errors), value)
    case 'invalid_value':
      return unknownWord(
        typeof value === 'object' ? seen(value) : String(value as string),
        issue.values.map(String),
        { zh: '选项', en: 'choice' },
      )
    default:
      return {
        message: `${seen(value)}不符合这个设置的要求`,
        fix: `要求是：${issue.message}`,
        messageEn: `${seenEn(value)} is not what this setting takes`,
        fixEn: `it takes: ${issue.message}`,
      }
  }
}

/** What each way of writing it expects as a whole. */
const expectedBy = (branches: readonly (readonly Issue[])[]): string[] => [
  ...new Set(
    branches.flatMap((issues) =>
      issues.flatMap((one) => (one.code === 'invalid_type' && one.path.length === 0 ? [one.expected] : [])),
    ),
  ),
]

function eitherOf(expected: readonly string[], value: unknown): MistakeWords {
  const [zh, en] = [0, 1].map((language) => expected.map((one) => typed(one)[language] ?? one))
  const [either, eitherEn] = [(zh ?? []).join('或'), (en ?? []).join(' or ')]
  return {
    message: `应为${either}，现在是${seen(value)}`,
    fix: `改成${either}`,
    messageEn: `must be ${eitherEn}, not ${seenEn(value)}`,
    fixEn: `write ${eitherEn}`,
  }
}

/** Of several ways to write a value the one that was meant: whose type fits. Null when none does. */
export const meantBranch = (issue: Issue): readonly Issue[] | null =>
  issue.code === 'invalid_union'
    ? (issue.errors.find((branch) =>
        branch.every((one) => one.code !== 'invalid_type' || one.path.length > 0),
      ) ?? null)
    : null

function invalidType(expected: string, value: unknown): MistakeWords {
  const [zh, en] = typed(expected)
  if (value === undefined)
    return {
      message: '缺少这个设置',
      fix: `补上它，应为${zh}`,
      messageEn: 'is missing',
      fixEn: `add it: ${en}`,
    }
  return {
    message: `应为${zh}，现在是${seen(value)}`,
    fix: `改成${zh}`,
    messageEn: `must be ${en}, not ${seenEn(value)}`,
    fixEn: `write ${en}`,
  }
}

function outOfRange(issue: Issue & { code: 'too_small' | 'too_big' }, value: unknown): MistakeWords {
  const least = issue.code === 'too_small'
  const limit = String(least ? issue.minimum : issue.maximum)
  const unit = { string: ['个字', ' characters'], array: ['项', ' items'] }[issue.origin as 'string'] ?? [
    '',
    '',
  ]
  const [zhUnit, enUnit] = [unit[0] ?? '', unit[1] ?? '']
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined
  const has = size === undefined ? seen(value) : `${String(size)}${zhUnit}`
  const hasEn = size === undefined ? seenEn(value) : `${String(size)}${enUnit}`
  return {
    message: `${least ? '不能少于' : '不能超过'} ${limit}${zhUnit}，现在是${has}`,
    fix: `改到 ${limit}${zhUnit}${least ? '以上' : '以内'}`,
    messageEn: `must be ${least ? 'at least' : 'at most'} ${limit}${enUnit}, is ${hasEn}`,
    fixEn: `make it ${limit}${enUnit} or ${least ? 'more' : 'less'}`,
  }
}
