/**
 * What a record of the archive holds, by its msgtype (WECOM.md §7): facts for the log, words for beside it. Words of third
 * persons (a forwarded conversation, the title of a link) and places are never taken. Pure.
 */

export interface Content {
  /** Ids, kinds and numbers only. */
  readonly facts: Readonly<Record<string, unknown>>
  /** What she herself wrote; empty when she wrote nothing. */
  readonly words: string
}

type Inner = Readonly<Record<string, unknown>>

const maxWords = 5_000
const maxItems = 500

const object = (value: unknown): Inner =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Inner) : {}

/** JSON in a string, sometimes in a string again. */
export function nested(value: unknown): unknown {
  let found = value
  for (let depth = 0; depth < 4 && typeof found === 'string'; depth += 1) {
    try {
      found = JSON.parse(found)
    } catch (error) {
      if (error instanceof SyntaxError) return found
      throw error
    }
  }
  return found
}

/** Numbers come as numbers or as strings. */
export function wholeOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** PostgreSQL takes no NUL in a text. */
const wordsOf = (value: unknown): string => textOf(value).replaceAll('\u0000', '').slice(0, maxWords)

const numbers = (inner: Inner, names: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, called]) => {
      const number = wholeOf(inner[name])
      return number === null ? [] : [[called, number]]
    }),
  )

const only = (facts: Content['facts']): Content => ({ facts, words: '' })

const kinds: Readonly<Record<string, (inner: Inner) => Content>> = {
  text(inner) {
    const words = wordsOf(inner['content'])
    return { facts: { type: 'text', length: [...words].length }, words }
  },
  image: (inner) => only({ type: 'image', ...numbers(inner, { filesize: 'bytes' }) }),
  voice: (inner) => only({ type: 'voice', ...numbers(inner, { play_length: 'seconds' }) }),
  video: (inner) => only({ type: 'video', ...numbers(inner, { play_length: 'seconds', filesize: 'bytes' }) }),
  file: (inner) => {
    const ending = /^[a-z0-9]{1,10}$/i.exec(textOf(inner['fileext']))?.[0]
    return only({
      type: 'file',
      ...numbers(inner, { filesize: 'bytes' }),
      ...(ending ? { ending: ending.toLowerCase() } : {}),
    })
  },
  emotion: (inner) => only({ type: 'emotion', ...numbers(inner, { imagesize: 'bytes' }) }),
  link: () => only({ type: 'link' }),
  weapp: () => only({ type: 'weapp' }),
  card: () => only({ type: 'card' }),
  location: () => only({ type: 'location' }),
  mixed(inner) {
    const parts = itemsIn(inner).map((item) => contentOf(textOf(item['type']), item['content']))
    const words = parts
      .map((part) => part.words)
      .filter((part) => part !== '')
      .join('\n')
      .slice(0, maxWords)
    return { facts: { type: 'mixed', parts: countsOf(parts), length: [...words].length }, words }
  },
  // What others wrote to somebody else: how much it was, never what.
  chatrecord: (inner) =>
    only({
      type: 'chatrecord',
      parts: countsOf(
        itemsIn(inner).map((item) =>
          contentOf(textOf(item['type']).replace(/^ChatRecord/, ''), item['content']),
        ),
      ),
    }),
}

const itemsIn = (inner: Inner): Inner[] => {
  const items = nested(inner['item'])
  return (Array.isArray(items) ? items : []).slice(0, maxItems).map((item) => object(nested(item)))
}

const countsOf = (parts: readonly Content[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { facts } of parts) counts[String(facts['type'])] = (counts[String(facts['type'])] ?? 0) + 1
  return counts
}

/** Nothing is dropped for being unknown: its name is kept. */
export function contentOf(msgtype: string, inner: unknown): Content {
  const name = msgtype.trim().toLowerCase()
  const read = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (read) return read(object(nested(inner)))
  return only({ type: 'other', called: name.replace(/[^a-z0-9_-]/g, '').slice(0, 32) })
}
