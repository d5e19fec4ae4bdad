/**
 * The JSON schema of a cadence for editors, made from the very schemas that read it. A touchpoint is chosen by its name
 * or by its `kind`. Also where sentences about a setting take its name and its default from.
 */
import { z } from 'zod'
import { campaignShape } from './campaigns/campaign.ts'
import { topShape } from './config.ts'
import { experimentShape } from './experiments/shape.ts'
import { labels } from './labels.ts'
import { touchpointKinds } from './touchpoints/index.ts'

/** The part of JSON schema that we read ourselves. */
export interface SchemaNode {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly definitions?: Readonly<Record<string, SchemaNode>>
}

const isNode = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** zod's answer without what only the whole document says, and with a few words for every key. */
function jsonOf(schema: z.ZodType): SchemaNode {
  const made: unknown = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-7',
    reused: 'inline',
  })
  const told = titled(made)
  if (!isNode(told)) throw new Error('A schema of settings is an object.')
  return told
}

function titled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(titled)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    if (key === '$schema') return []
    if (key !== 'properties' || !isNode(one)) return [[key, key === 'default' ? one : titled(one)]]
    const properties = Object.entries(one).map(([name, property]: [string, unknown]) => {
      const inner = titled(property)
      return [name, isNode(inner) ? { title: shortTitle(inner, name), ...inner } : inner]
    })
    return [[key, Object.fromEntries(properties) as unknown]]
  })
  return Object.fromEntries(entries)
}

const mostLetters = 14
/** `发送时段：群发只在…` → 发送时段 */
function shortTitle({ title, description }: SchemaNode, name: string): string {
  if (title !== undefined) return title
  const head = /^[^：，；。（]+/.exec(description ?? '')?.[0].trim()
  if (head !== undefined && [...head].length <= mostLetters) return head
  return labels[name] ?? description ?? name
}

export interface CadenceSchema extends SchemaNode {
  readonly definitions: Readonly<Record<string, SchemaNode>>
}

let made: CadenceSchema | null = null

export function cadenceSchema(): CadenceSchema {
  made ??= makeSchema()
  return made
}

/** A section whose entries are named by the shop. */
const entriesOf = (name: string, shape: z.ZodType): SchemaNode => ({
  title: labels[name] ?? name,
  type: 'object',
  additionalProperties: jsonOf(shape),
})

function makeSchema(): CadenceSchema {
  const top = jsonOf(topShape)
  const byName = touchpointKinds.map(
    ({ kind, title, settings }) => [kind, { ...jsonOf(settings), title }] as const,
  )
  const ref = (kind: string) => ({ $ref: `#/definitions/${kind}` })
  const chosen = touchpointKinds.map(({ kind }) => ({
    if: { properties: { kind: { const: kind } }, required: ['kind'] },
    then: ref(kind),
  }))
  const kinds = touchpointKinds.map(({ kind }) => kind)
  const byKind = {
    type: 'object',
    required: ['kind'],
    properties: { kind: { title: labels['kind'], enum: kinds } },
    allOf: chosen,
  }
  const named = touchpointKinds.map(({ kind, title }) => [
    kind,
    { title, if: { required: ['kind'] }, then: ref('byKind'), else: ref(kind) },
  ])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: '触达节奏',
    ...top,
    properties: {
      ...top.properties,
      touchpoints: {
        title: labels['touchpoints'],
        description: '触点：名字就是类型时直接写设置；其他名字要写 kind',
        type: 'object',
        properties: Object.fromEntries(named) as Readonly<Record<string, SchemaNode>>,
        additionalProperties: ref('byKind'),
      },
      campaigns: entriesOf('campaigns', campaignShape),
      experiments: entriesOf('experiments', experimentShape),
    },
    definitions: { ...Object.fromEntries(byName), byKind },
  } as CadenceSchema
}

/** The file as it is shipped beside cadence.yaml. */
export const cadenceSchemaText = (): string => `${JSON.stringify(cadenceSchema(), null, 2)}\n`

/** What the schema says of the setting at this path; `kind` = that of the touchpoint the path leads through. */
export function schemaAt(path: readonly PropertyKey[], kind: string | null): SchemaNode | null {
  const schema = cadenceSchema()
  const isTouchpoint = path[0] === 'touchpoints' && path.length > 1
  let node: SchemaNode | undefined = isTouchpoint ? schema.definitions[kind ?? ''] : schema
  for (const part of isTouchpoint ? path.slice(2) : path) {
    if (!node) return null
    if (typeof part === 'number') node = node.items
    else if (node.properties && Object.hasOwn(node.properties, String(part)))
      node = node.properties[String(part)]
    else node = isNode(node.additionalProperties) ? node.additionalProperties : undefined
  }
  return node ?? null
}
