/**
 * What all families share: the three kinds of calls, and the forms that answers come in. Unknown fields are ignored; what
 * some answers write as text and some as a number is taken either way (WECOM.md §0.1).
 */
import { z } from 'zod'
import type { CallOptions, WecomClient } from '../client.ts'
import type { Result } from '../result.ts'

export const contact = 'externalcontact'

export type Signal = AbortSignal | undefined
type Options<S extends z.ZodType> = Omit<CallOptions<S>, 'answer' | 'repeatable'>

interface Call {
  <S extends z.ZodType>(api: string, answer: S, options?: Options<S>): Promise<Result<z.output<S>>>
}

export interface Verbs {
  /** Changes nothing: repeated when the answer is lost. */
  readonly read: Call
  /** Sets what would be set again equally: repeated when the answer is lost. */
  readonly set: Call
  /**
   * Would do a second thing when repeated, so a lost answer stays unknown. A deletion is one too: its repetition finds
   * nothing, and would tell of an error for what is done.
   */
  readonly make: Call
}

export function verbs(client: WecomClient): Verbs {
  const repeatable: Call = (api, answer, options = {}) =>
    client.call(api, { ...options, answer, repeatable: true })
  return {
    read: repeatable,
    set: repeatable,
    make: (api, answer, options = {}) => client.call(api, { ...options, answer }),
  }
}

export const number = z.coerce.number()
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
/** Absent, null or empty: nothing in it. */
export const list = <S extends z.ZodType>(item: S) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? [])
export const ids = list(z.string())
export const numbers = list(number)
/** `true`, `1` and `"1"` alike. */
export const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .nullish()
  .transform((value) => value === true || value === 1 || value === '1' || value === 'true')
/** An id that some answers write as a number; some carry blanks at the end (WECOM.md §3.7, §3.11). */
export const id = z.union([z.string(), z.number()]).transform((value) => String(value).trim())
/** Empty at the end. */
export const cursor = text
export const done = z.object({})

export const page = (from: string): { readonly cursor?: string } => (from === '' ? {} : { cursor: from })

/** Members and departments, as most ranges are written. */
export interface Range {
  readonly user_list?: readonly string[]
  readonly department_list?: readonly number[]
}
export const range = z
  .object({ user_list: ids, department_list: numbers })
  .nullish()
  .transform((value) => value ?? { user_list: [], department_list: [] })

/** A closed span of time in seconds. */
export interface TimeSpan {
  readonly start_time: number
  readonly end_time: number
}
