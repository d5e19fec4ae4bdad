/** From what zod found to the line where it was written. */
import { z } from 'zod'
import { meantBranch, unknownKey, wordsOf } from './mistake.ts'
import type { Mistake } from './mistake.ts'
import type { YamlRead } from './yaml.ts'

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value
  for (const part of path) {
    if (Array.isArray(at)) at = at[Number(part)]
    else if (isRecord(at) && Object.hasOwn(at, String(part))) at = at[String(part)]
    else return undefined
  }
  return at
}

export function mistakesOf(
  read: YamlRead,
  schema: z.ZodType,
  error: z.ZodError,
  base: readonly PropertyKey[],
): Mistake[] {
  return error.issues.flatMap((issue) => mistakesOfIssue(read, schema, issue, base))
}

function mistakesOfIssue(
  read: YamlRead,
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  base: readonly PropertyKey[],
): Mistake[] {
  const path = [...base, ...issue.path]
  const meant = meantBranch(issue)
  if (meant)
    return meant.flatMap((one) =>
      mistakesOfIssue(read, schema, { ...one, path: [...issue.path, ...one.path] }, base),
    )
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    return issue.keys.slice(0, 100).map((key) => read.at(path, unknownKey(key, known), { key }))
  }
  const row = issue.code === 'custom' ? Number(issue.params?.['row'] ?? 0) : 0
  return [read.at(path, wordsOf(issue, valueAt(read.value, path)), { row })]
}

/** The keys a person may write at this place. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const here = bare(schema)
  const [step, ...rest] = path
  if (here instanceof z.ZodObject) {
    const shape: Readonly<Record<string, unknown>> = here.shape
    return step === undefined ? Object.keys(shape) : keysAt(shape[String(step)], rest)
  }
  if (here instanceof z.ZodUnion) {
    const ways: readonly unknown[] = here.options
    return [...new Set(ways.flatMap((way) => keysAt(way, path)))]
  }
  if (here instanceof z.ZodArray) return step === undefined ? [] : keysAt(here.element, rest)
  if (here instanceof z.ZodRecord) return step === undefined ? [] : keysAt(here.valueType, rest)
  return []
}

/** The schema under defaults and transformations. */
function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return bare(schema.unwrap())
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema
}
