import { ApiError, invalid, missing } from './errors.ts'

/** Readers for request bodies: a missing field is 40063, a bad one 40058, a bad cursor 50100 (WECOM.md §10.13). */
export type Body = Readonly<Record<string, unknown>>

export const isBody = (value: unknown): value is Body =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')

export function optionalText(body: Body, field: string): string | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid(field)
  return value
}

export function text(body: Body, field: string): string {
  const value = optionalText(body, field)
  if (value === undefined || value === '') throw missing(field)
  return value
}

/** Text with a ceiling in bytes; `code` is what too long a text answers. */
export function limitedText(body: Body, field: string, mostBytes: number, code = 40058): string {
  const value = text(body, field)
  if (bytesOf(value) > mostBytes) throw new ApiError(code, `${field} is over ${mostBytes} bytes`)
  return value
}

export function optionalLimited(body: Body, field: string, mostBytes: number): string | undefined {
  const value = optionalText(body, field)
  if (value !== undefined && bytesOf(value) > mostBytes) throw invalid(`${field} is over ${mostBytes} bytes`)
  return value
}

/** Ceilings that WeCom counts in characters, not bytes. */
export function optionalChars(body: Body, field: string, most: number): string | undefined {
  const value = optionalText(body, field)
  if (value !== undefined && [...value].length > most) throw invalid(`${field} is over ${most} characters`)
  return value
}

export function optionalInteger(body: Body, field: string, least: number, most: number): number | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw invalid(field)
  return value
}

export function integer(body: Body, field: string, least: number, most: number): number {
  const value = optionalInteger(body, field, least, most)
  if (value === undefined) throw missing(field)
  return value
}

export function optionalFlag(body: Body, field: string): boolean | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw invalid(field)
  return value
}

export function optionalIntegers(body: Body, field: string, most: number): number[] | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(field)
  if (value.length > most) throw invalid(`${field} has over ${most} entries`)
  return value.map((one: unknown) => {
    if (typeof one !== 'number' || !Number.isInteger(one)) throw invalid(field)
    return one
  })
}

export function optionalTexts(body: Body, field: string, most: number): string[] | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(field)
  const list = value.map((one: unknown) => {
    if (typeof one !== 'string') throw invalid(field)
    return one
  })
  if (list.length > most) throw invalid(`${field} has over ${most} entries`)
  return list
}

export function texts(body: Body, field: string, most: number): string[] {
  const value = optionalTexts(body, field, most)
  if (value === undefined || value.length === 0) throw missing(field)
  return value
}

export function optionalPart(body: Body, field: string): Body | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (!isBody(value)) throw invalid(field)
  return value
}

export function part(body: Body, field: string): Body {
  const value = optionalPart(body, field)
  if (value === undefined) throw missing(field)
  return value
}

export function optionalParts(body: Body, field: string, most: number): Body[] | undefined {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(field)
  if (value.length > most) throw invalid(`${field} has over ${most} entries`)
  return value.map((one: unknown) => {
    if (!isBody(one)) throw invalid(field)
    return one
  })
}

/** One page of a list; the cursor is opaque, "" at the end, and bound to the list it came from. */
export function page<Item>(
  items: readonly Item[],
  list: string,
  cursor: string | undefined,
  limit: number,
): { items: Item[]; next: string } {
  const from = cursor ? offsetOf(list, cursor) : 0
  const to = from + limit
  return { items: items.slice(from, to), next: to < items.length ? cursorOf(list, to) : '' }
}

export const cursorOf = (list: string, offset: number): string =>
  Buffer.from(`${list}\n${offset}`).toString('base64url')

export function offsetOf(list: string, cursor: string): number {
  const [name, offset] = Buffer.from(cursor, 'base64url').toString('utf8').split('\n')
  if (name !== list || offset === undefined || !/^\d+$/.test(offset)) throw new ApiError(50100)
  return Number.parseInt(offset, 10)
}
