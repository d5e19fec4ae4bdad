/** A condition and a value in words for people. */
import { yuan } from '../rule.ts'
import type { AudienceField } from './field.ts'
import type { BoundCondition, RuleValue } from './rule.ts'

const operatorWords: Readonly<Record<string, string>> = {
  '=': '等于',
  '!=': '不等于',
  '<': '小于',
  '<=': '不超过',
  '>': '大于',
  '>=': '不少于',
  between: '在区间',
  notBetween: '不在区间',
  in: '是其中之一',
  notIn: '不是其中任何一个',
  contains: '包含',
  beginsWith: '开头是',
  null: '未知',
  notNull: '已知',
}

/** Titles of choices by field and value, so that `high` reads 高价值. */
export type Titles = ReadonlyMap<string, ReadonlyMap<string, string>>

export function valueWords(field: AudienceField, value: RuleValue | undefined, titles: Titles): string {
  if (value === null || value === undefined) return '未知'
  if (field.kind === 'money' && typeof value === 'number') return yuan(value)
  if (typeof value === 'number') return `${String(value)}${field.unit ?? ''}`
  if (typeof value === 'boolean') return value ? '是' : '否'
  return titles.get(field.name)?.get(String(value)) ?? String(value)
}

const settingsWords = (settings: unknown): string => {
  if (typeof settings !== 'object' || settings === null) return ''
  const days: unknown = Reflect.get(settings, 'days')
  const rest = Object.entries(settings).filter(([key]) => key !== 'days')
  const parts = [
    ...(typeof days === 'number' ? [`近${String(days)}天`] : []),
    ...rest.map(([, value]) => String(value)),
  ]
  return parts.length === 0 ? '' : `（${parts.join('、')}）`
}

/** `购买次数不少于3次`. */
export function wantedWords({ field, operator, value, settings }: BoundCondition, titles: Titles): string {
  const name = `${field.title}${settingsWords(settings)}`
  const say = (one: RuleValue): string => valueWords(field, one, titles)
  if (operator === 'null' || operator === 'notNull') return `${name}${operatorWords[operator] ?? operator}`
  if (field.kind === 'flag') return `${name}：${value === true ? '是' : '否'}`
  const list = Array.isArray(value) ? (value as readonly (string | number)[]) : null
  if (list && operator.toLowerCase().endsWith('between'))
    return `${name}${operatorWords[operator] ?? operator}${list.map(say).join(' 至 ')}`
  if (list) {
    const shown = list.slice(0, 5).map(say).join('、')
    return `${name}${operatorWords[operator] ?? operator}：${shown}${list.length > 5 ? ` 等${String(list.length)}项` : ''}`
  }
  return `${name}${operatorWords[operator] ?? operator}${say(value)}`
}

/** What she has, beside what is wanted. */
export function actualWords(
  condition: BoundCondition,
  actual: string | number | null,
  titles: Titles,
): string {
  const { field } = condition
  if (field.kind === 'set') return actual === 1 ? '有' : '没有'
  if (field.kind === 'flag') return actual === 1 ? '是' : '否'
  return valueWords(field, actual, titles)
}
