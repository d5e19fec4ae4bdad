/** The part of JSON Schema (2020-12) that the document uses, and zod's schemas in it. */
import { z } from 'zod'

export interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

export const componentPath = '#/components/schemas/'

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a caller may write. Rules between fields (`refine`) cannot be said here; the server's answer names them. */
export function requestSchema(schema: z.ZodType): Schema {
  const made: unknown = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
    override({ jsonSchema }) {
      // zod's expression for an instant fills a screen and says no more than the format does.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
      // Bounds that only say "a number JavaScript can hold".
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  if (!isSchema(made)) throw new Error('A request is described by an object.')
  const { $schema: _dialect, ...told } = made as Schema & { readonly $schema?: string }
  return told
}
