/** Does a value fit a schema of the document? Only what the document uses; fields it does not name do not fit either. */
import { componentPath } from '../src/http/openapi/schema.ts'
import type { Schema } from '../src/http/openapi/schema.ts'

type Named = Readonly<Record<string, Schema>>

/** What does not fit, each with its place; empty when all does. */
export function fitsNot(value: unknown, schema: Schema, named: Named, place = ''): string[] {
  const here = place === '' ? 'the answer' : place
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(componentPath.length)
    const meant = named[name]
    return meant ? fitsNot(value, meant, named, place) : [`${here}: there is no ${name}`]
  }
  if ('const' in schema) return value === schema.const ? [] : [`${here} is not ${String(schema.const)}`]
  if (schema.enum) return schema.enum.includes(value) ? [] : [`${here} is ${String(value)}, none of the list`]
  if (schema.anyOf) {
    const tries = schema.anyOf.map((one) => fitsNot(value, one, named, place))
    return tries.some((wrong) => wrong.length === 0) ? [] : (tries[0] ?? [])
  }
  switch (schema.type) {
    case undefined:
      return []
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((one, i) => fitsNot(one, schema.items ?? {}, named, `${place}[${String(i)}]`))
        : [`${here} is no list`]
    case 'object':
      return isObject(value) ? fieldsNot(value, schema, named, place) : [`${here} is no object`]
    case 'null':
      return value === null ? [] : [`${here} is not null`]
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === schema.type ? [] : [`${here} is no ${schema.type}`]
    default:
      return [`${here}: nobody knows the type ${String(schema.type)}`]
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fieldsNot(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  named: Named,
  place: string,
): string[] {
  const { properties = {}, required = [], additionalProperties } = schema
  const at = (name: string): string => (place === '' ? name : `${place}.${name}`)
  const missing = required.filter((name) => !(name in value)).map((name) => `${at(name)} is missing`)
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (own) return fitsNot(one, own, named, at(name))
    if (additionalProperties === undefined || additionalProperties === false)
      return [`${at(name)} is not described`]
    return additionalProperties === true ? [] : fitsNot(one, additionalProperties, named, at(name))
  })
  return [...missing, ...wrong]
}
