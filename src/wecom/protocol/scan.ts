/**
 * Reads the few fields the door needs out of callback XML without building a document: XML, not crypto, is what a
 * callback costs. Only the children of `<xml>` are seen, so that words a person typed (which may quote any markup inside
 * CDATA) are never taken for fields. What cannot be a callback of WeCom answers null: anything but `<xml` as the first
 * markup (so no DOCTYPE), declarations or comments further in, unbalanced elements.
 */

/** Name of the child → its text; a child with elements of its own keeps them as raw XML for `parse.ts`. */
export type Fields = ReadonlyMap<string, string>

const opening = /^\s*(?:<\?xml[^<>]*\?>\s*)?<xml\s*>/
const cdataStart = '<![CDATA['
const maxDepth = 8

export function scanFields(xml: string): Fields | null {
  const start = opening.exec(xml)
  if (!start) return null
  const fields = new Map<string, string>()
  let at = start[0].length
  for (;;) {
    at = skipBlanks(xml, at)
    const closed = closingTag(xml, at, 'xml')
    if (closed > 0) return skipBlanks(xml, closed) === xml.length ? fields : null
    const child = element(xml, at, 1)
    if (child === null) return null
    // A repeated field keeps its first value: a later one cannot overrule what was read.
    if (!fields.has(child.name)) fields.set(child.name, child.value)
    at = child.end
  }
}

interface Child {
  readonly name: string
  readonly value: string
  readonly end: number
}

const tagName = /<([A-Za-z_][A-Za-z0-9_.-]{0,63})\s*(\/?)>/y

function element(text: string, at: number, depth: number): Child | null {
  if (depth > maxDepth) return null
  tagName.lastIndex = at
  const tag = tagName.exec(text)
  const name = tag?.[1]
  if (!tag || name === undefined) return null
  let position = at + tag[0].length
  if (tag[2] === '/') return { name, value: '', end: position }
  const inside = position
  let words = ''
  let hasElements = false
  for (;;) {
    const markup = text.indexOf('<', position)
    if (markup < 0) return null
    if (!hasElements) words += unescaped(text.slice(position, markup))
    const closed = closingTag(text, markup, name)
    if (closed > 0) {
      const value = hasElements ? text.slice(inside, markup) : words
      return { name, value: withoutNul(value), end: closed }
    }
    if (text.startsWith(cdataStart, markup)) {
      const end = text.indexOf(']]>', markup)
      if (end < 0) return null
      // Blanks around a CDATA section are layout, not words.
      words = words.trim() + text.slice(markup + cdataStart.length, end)
      position = end + 3
    } else {
      const child = element(text, markup, depth + 1)
      if (child === null) return null
      hasElements = true
      position = child.end
    }
  }
}

/** Position behind `</name>`, or 0 when something else stands here. */
function closingTag(text: string, at: number, name: string): number {
  if (!text.startsWith(`</${name}`, at)) return 0
  const end = skipBlanks(text, at + name.length + 2)
  return text[end] === '>' ? end + 1 : 0
}

function skipBlanks(text: string, at: number): number {
  let position = at
  while (position < text.length && /\s/.test(text[position] ?? '')) position += 1
  return position
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}
/** The five of XML itself; nothing else is ever expanded. */
const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity)
    : text

/** PostgreSQL stores no NUL. */
const withoutNul = (text: string): string => (text.includes('\u0000') ? text.replaceAll('\u0000', '') : text)
