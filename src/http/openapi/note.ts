/**
 * What a reader is told of a route beyond what the route itself says (address, method, who may call it): in one sentence,
 * what it takes and what it answers. `document.ts` puts both together; a test finds routes without a note.
 */
import type { z } from 'zod'
import type { answers } from './answers.ts'
import { componentPath } from './schema.ts'
import type { Schema } from './schema.ts'

/** A type of contract.ts. */
export type AnswerName = keyof typeof answers

export interface Words {
  readonly zh: string
  readonly en: string
}

export type AnswerNote =
  | { readonly kind: 'json'; readonly schema: Schema }
  | { readonly kind: 'html'; readonly says: Words }
  | { readonly kind: 'picture'; readonly says: Words }
  | { readonly kind: 'redirect'; readonly says: Words }

export interface RouteNote {
  readonly says: Words
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly answer: AnswerNote
  /** Codes of refusals that belong to this route, by status; what every route may answer is added. */
  readonly refuses?: Readonly<Record<number, readonly string[]>>
}

/** Routes that are read together. Keys are `GET /api/admin/me`, as the router has them. */
export interface Area {
  readonly name: string
  readonly title: Words
  readonly says: Words
  readonly routes: Readonly<Record<string, RouteNote>>
}

export const ref = (name: AnswerName): Schema => ({ $ref: `${componentPath}${name}` })

export const json = (schema: Schema): AnswerNote => ({ kind: 'json', schema })
export const one = (name: AnswerName): AnswerNote => json(ref(name))
export const list = (name: AnswerName): AnswerNote => json({ type: 'array', items: ref(name) })

/** `Paged<T>` of contract.ts. */
export const pageOf = (name: AnswerName): Schema => ({
  type: 'object',
  properties: { total: { type: 'number' }, items: { type: 'array', items: ref(name) } },
  required: ['total', 'items'],
})
export const paged = (name: AnswerName): AnswerNote => json(pageOf(name))

/** A small answer without a type of its own: all of its fields are there. */
export const fields = (properties: Readonly<Record<string, Schema>>): AnswerNote =>
  json({ type: 'object', properties, required: Object.keys(properties) })

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const number: Schema = { type: 'number' }
export const say = (zh: string, en: string): Words => ({ zh, en })
