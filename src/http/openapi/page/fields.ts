/** Schemas as tables a person reads: one line a field, inner fields by their path. */
import { escapeHtml } from '../../problem.ts'
import { say } from '../note.ts'
import type { Words } from '../note.ts'
import { componentPath } from '../schema.ts'
import type { Schema } from '../schema.ts'

export type Language = keyof Words

export const code = (text: string): string => `<code>${escapeHtml(text)}</code>`

/** Words of ours and of the contract: `backticks` become code. */
export const prose = (text: string): string =>
  escapeHtml(text).replaceAll(/`([^`]+)`/g, (_, inner: string) => `<code>${inner}</code>`)

export const typeId = (name: string): string => `type-${name}`

const words = {
  text: say('文本', 'text'),
  integer: say('整数', 'integer'),
  number: say('数字', 'number'),
  flag: say('是或否', 'true or false'),
  nothing: say('空', 'null'),
  object: say('对象', 'object'),
  any: say('任意', 'anything'),
  or: say(' 或 ', ' or '),
  each: say('的列表', ', a list'),
  by: say('，按名字：', ', by name: '),
  usually: say('默认', 'default'),
  letters: say('字', 'characters'),
  entries: say('项', 'entries'),
  must: say('必填', 'required'),
  field: say('字段', 'Field'),
  value: say('值', 'Value'),
  meaning: say('说明', 'Meaning'),
} as const

const range = (low: number | undefined, high: number | undefined): string =>
  low !== undefined && high !== undefined
    ? `${String(low)}–${String(high)}`
    : low !== undefined
      ? `≥ ${String(low)}`
      : high !== undefined
        ? `≤ ${String(high)}`
        : ''

function limitsOf(schema: Schema, language: Language): string {
  const parts = [
    range(schema.minimum, schema.maximum),
    schema.maxLength === undefined
      ? ''
      : `${range(schema.minLength, schema.maxLength)} ${words.letters[language]}`,
    schema.maxItems === undefined
      ? ''
      : `${range(schema.minItems, schema.maxItems)} ${words.entries[language]}`,
    schema.format === undefined ? '' : schema.format,
    schema.pattern === undefined ? '' : `/${schema.pattern}/`,
    schema.default === undefined ? '' : `${words.usually[language]} ${JSON.stringify(schema.default)}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : ` <span class="dim">${escapeHtml(parts.join(' · '))}</span>`
}

function plainType(schema: Schema, language: Language): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(componentPath.length)
    return `<a href="#${typeId(name)}">${escapeHtml(name)}</a>`
  }
  const { type } = schema
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum) return schema.enum.map((one) => code(JSON.stringify(one))).join(' · ')
  if (schema.anyOf) return schema.anyOf.map((one) => typeWords(one, language)).join(words.or[language])
  switch (type) {
    case 'string':
      return words.text[language]
    case 'integer':
      return words.integer[language]
    case 'number':
      return words.number[language]
    case 'boolean':
      return words.flag[language]
    case 'null':
      return words.nothing[language]
    case 'array':
      return `${typeWords(schema.items ?? {}, language)} ${words.each[language].trim()}`
    case 'object':
      return typeof schema.additionalProperties === 'object' && !schema.properties
        ? words.object[language] + words.by[language] + typeWords(schema.additionalProperties, language)
        : words.object[language]
    default:
      return words.any[language]
  }
}

export const typeWords = (schema: Schema, language: Language): string =>
  plainType(schema, language) + limitsOf(schema, language)

interface Line {
  readonly name: string
  readonly schema: Schema
  readonly isRequired: boolean
}

/** Objects of their own and lists of them are entered; what has a name is only named. */
function linesOf({ properties = {}, required = [] }: Schema, prefix: string): Line[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = `${prefix}${key}`
    const line = { name, schema, isRequired: required.includes(key) }
    const inner = schema.type === 'array' ? schema.items : schema
    return inner?.properties
      ? [line, ...linesOf(inner, schema.type === 'array' ? `${name}[].` : `${name}.`)]
      : [line]
  })
}

/** `says`: words for fields by their path, where the schema has none. */
export function fieldTable(
  schema: Schema,
  language: Language,
  says: Readonly<Record<string, Words>> = {},
  isAnswer = false,
): string {
  const lines = linesOf(schema, '')
  if (lines.length === 0) return `<p>${typeWords(schema, language)}</p>`
  const rows = lines.map(({ name, schema: one, isRequired }) => {
    const told = says[name]?.[language] ?? one.description ?? ''
    const must = isRequired && !isAnswer ? ` <span class="must">${words.must[language]}</span>` : ''
    const mark = isAnswer && !isRequired ? '?' : ''
    return `<tr><td><code>${escapeHtml(name)}${mark}</code>${must}</td><td>${typeWords(one, language)}</td><td>${prose(told)}</td></tr>`
  })
  return `<table><thead><tr><th>${words.field[language]}</th><th>${words.value[language]}</th><th>${words.meaning[language]}</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}
