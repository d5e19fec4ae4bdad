/**
 * An audience rule as JSON, in the form of React Query Builder: groups of conditions joined by and/or, each group
 * reversible. Only fields of the list may be named, so no name of a column ever comes from outside.
 */
import { z } from 'zod'
import type { AudienceField, FieldKind } from './field.ts'

export const maxDepth = 5
export const maxConditions = 60
const maxText = 64
const maxValues = 500
/** Amounts and counts beyond this are a slip of the keyboard. */
const maxNumber = 1_000_000_000_000

const numberOperators = ['=', '!=', '<', '<=', '>', '>=', 'between', 'notBetween', 'null', 'notNull'] as const
const textOperators = ['=', '!=', 'in', 'notIn', 'contains', 'beginsWith', 'null', 'notNull'] as const
const choiceOperators = ['=', '!=', 'in', 'notIn', 'null', 'notNull'] as const

export const operatorsOf: Readonly<Record<FieldKind, readonly string[]>> = {
  number: numberOperators,
  money: numberOperators,
  text: textOperators,
  choice: choiceOperators,
  set: ['in', 'notIn'],
  flag: ['='],
}

export type RuleValue = string | number | boolean | readonly string[] | readonly number[] | null

export interface Condition {
  readonly field: string
  readonly operator: string
  readonly value: RuleValue
  readonly with?: unknown
}

export interface Group {
  readonly combinator: 'and' | 'or'
  readonly not?: boolean
  readonly rules: readonly (Condition | Group)[]
}

/** A condition whose field, operator, value and settings have been checked. */
export interface BoundCondition {
  readonly field: AudienceField
  readonly operator: string
  readonly value: RuleValue
  readonly settings: unknown
}

export interface BoundGroup {
  readonly combinator: 'and' | 'or'
  readonly not: boolean
  readonly rules: readonly (BoundCondition | BoundGroup)[]
}

export interface RuleMistake {
  /** Where in the JSON, as in `rules.0.value`. */
  readonly path: string
  /** Chinese: what is wrong and what to write. */
  readonly message: string
  /** English, for the command line. */
  readonly messageEn: string
}

export type RuleCheck =
  | { readonly ok: true; readonly rule: BoundGroup }
  | { readonly ok: false; readonly mistakes: readonly RuleMistake[] }

export const isGroup = <G extends object>(part: object | G): part is G => 'rules' in part

const text = z.string().min(1).max(maxText)
const number = z.number().min(-maxNumber).max(maxNumber)

const scalarOf: Readonly<Record<FieldKind, z.ZodType>> = {
  number,
  money: number.int(),
  text,
  choice: text,
  set: text,
  flag: z.boolean(),
}

function valueShape(kind: FieldKind, operator: string): z.ZodType {
  if (operator === 'null' || operator === 'notNull') return z.unknown()
  if (operator === 'in' || operator === 'notIn') return z.array(text).min(1).max(maxValues)
  if (operator === 'between' || operator === 'notBetween')
    return z
      .tuple([scalarOf[kind], scalarOf[kind]])
      .refine(([low, high]) => Number(low) <= Number(high), 'upside-down')
  return scalarOf[kind]
}

/** What a value of this kind and comparison looks like. */
function valueWords(kind: FieldKind, operator: string): readonly [string, string] {
  if (operator === 'in' || operator === 'notIn')
    return [
      `写成列表，1 到 ${String(maxValues)} 项，例如 ["a","b"]`,
      `write a list of 1 to ${String(maxValues)} words such as ["a","b"]`,
    ]
  if (operator === 'between' || operator === 'notBetween')
    return ['写成 [下限, 上限]，下限不大于上限', 'write [low, high], low not above high']
  switch (kind) {
    case 'number':
      return ['写一个数字', 'write a number']
    case 'money':
      return ['写一个整数', 'write a whole number']
    case 'flag':
      return ['写 true 或 false', 'write true or false']
    default:
      return [`写 1 到 ${String(maxText)} 个字的文字`, `write text of 1 to ${String(maxText)} characters`]
  }
}

/** Checks a rule against the fields there are; every mistake with its place. */
export function checkRule(raw: unknown, fields: ReadonlyMap<string, AudienceField>): RuleCheck {
  const mistakes: RuleMistake[] = []
  let conditions = 0
  const wrong = (path: string, message: string, messageEn: string): null => {
    if (mistakes.length < 20) mistakes.push({ path: path === '' ? '(整体)' : path, message, messageEn })
    return null
  }
  const at = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

  function group(value: object, path: string, depth: number): BoundGroup | null {
    if (depth > maxDepth)
      return wrong(
        path,
        `条件组最多嵌套 ${String(maxDepth)} 层`,
        `groups may be nested ${String(maxDepth)} deep at most`,
      )
    const { combinator, not = false, rules, ...more } = value as Record<string, unknown>
    unknownKeys(more, path, ['id'])
    if (combinator !== 'and' && combinator !== 'or')
      return wrong(
        at(path, 'combinator'),
        '应为 and（全部满足）或 or（任一满足）',
        'write and (all of them) or or (any of them)',
      )
    if (typeof not !== 'boolean') return wrong(at(path, 'not'), '应为 true 或 false', 'write true or false')
    if (!Array.isArray(rules))
      return wrong(at(path, 'rules'), '缺少条件列表', 'the list of conditions is missing')
    if (rules.length === 0 && depth > 1)
      return wrong(
        at(path, 'rules'),
        '空的条件组没有含义，请删除或补上条件',
        'an empty group means nothing; remove it or add a condition',
      )
    const bound: (BoundCondition | BoundGroup)[] = []
    for (const [i, part] of (rules as unknown[]).entries()) {
      const here = at(path, `rules.${String(i)}`)
      if (typeof part !== 'object' || part === null || Array.isArray(part))
        wrong(here, '应为一个条件或条件组', 'write a condition or a group of them')
      else {
        const one = isGroup(part) ? group(part, here, depth + 1) : condition(part, here)
        if (one) bound.push(one)
      }
      if (conditions > maxConditions) break
    }
    return { combinator, not, rules: bound }
  }

  function condition(value: object, path: string): BoundCondition | null {
    conditions += 1
    if (conditions > maxConditions)
      return wrong(
        path,
        `一条规则最多 ${String(maxConditions)} 个条件`,
        `a rule has ${String(maxConditions)} conditions at most`,
      )
    const {
      field: name,
      operator,
      value: wanted = null,
      with: given,
      ...more
    } = value as Record<string, unknown>
    unknownKeys(more, path, ['id', 'valueSource'])
    const field = typeof name === 'string' ? fields.get(name) : undefined
    if (!field) {
      const seen = String(name).slice(0, maxText)
      return wrong(at(path, 'field'), `没有“${seen}”这个条件`, `there is no field "${seen}"`)
    }
    const allowed = operatorsOf[field.kind]
    if (typeof operator !== 'string' || !allowed.includes(operator))
      return wrong(
        at(path, 'operator'),
        `“${field.title}”可用的比较方式：${allowed.join('、')}`,
        `"${field.name}" is compared by ${allowed.join(', ')}`,
      )
    const parsed = valueShape(field.kind, operator).safeParse(wanted)
    if (!parsed.success) {
      const [zh, en] = valueWords(field.kind, operator)
      return wrong(
        at(path, 'value'),
        `“${field.title}”的取值有误：${zh}`,
        `the value of "${field.name}" is wrong: ${en}`,
      )
    }
    const settings = settingsOf(field, given, path)
    if (settings === null) return null
    return { field, operator, value: parsed.data as RuleValue, settings: settings.value }
  }

  function settingsOf(
    field: AudienceField,
    given: unknown,
    path: string,
  ): { readonly value: unknown } | null {
    if (!field.settings) {
      if (given === undefined) return { value: undefined }
      return wrong(
        at(path, 'with'),
        `“${field.title}”没有附加设置`,
        `"${field.name}" takes no further settings`,
      )
    }
    const parsed = field.settings.safeParse(given ?? {})
    if (parsed.success) return { value: parsed.data }
    const [issue] = parsed.error.issues
    return wrong(
      at(path, ['with', ...(issue?.path ?? []).map(String)].join('.')),
      issue?.message ?? '设置有误',
      `the settings of "${field.name}" are wrong: siyu audience fields lists them`,
    )
  }

  function unknownKeys(more: Readonly<Record<string, unknown>>, path: string, fine: readonly string[]): void {
    for (const key of Object.keys(more))
      if (!fine.includes(key)) wrong(at(path, key.slice(0, maxText)), '不认识的键', 'there is no such key')
  }

  if (typeof raw !== 'object' || raw === null || !isGroup(raw))
    wrong('', '应为 {"combinator":"and","rules":[…]}', 'write {"combinator":"and","rules":[…]}')
  else {
    const rule = group(raw, '', 1)
    if (rule && mistakes.length === 0) return { ok: true, rule }
  }
  return { ok: false, mistakes }
}
