/** A value of an inner callback body: text becomes CDATA, numbers stay bare, lists repeat the element. */
export type XmlValue = string | number | XmlFields | readonly XmlValue[]
export interface XmlFields {
  readonly [name: string]: XmlValue | undefined
}

// A CDATA section cannot contain its own end, so the end is split over two sections.
const cdata = (text: string): string => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`

function element(name: string, value: XmlValue): string {
  if (Array.isArray(value)) return value.map((one: XmlValue) => element(name, one)).join('')
  if (typeof value === 'number') return `<${name}>${value}</${name}>`
  if (typeof value === 'string') return `<${name}>${cdata(value)}</${name}>`
  return `<${name}>${elements(value as XmlFields)}</${name}>`
}

function elements(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => (value === undefined ? '' : element(name, value)))
    .join('')
}

export const xml = (fields: XmlFields): string => `<xml>${elements(fields)}</xml>`

/** The text of the first such element, CDATA or plain, or null. Enough for bodies of known shape. */
export function readElement(text: string, name: string): string | null {
  const found = new RegExp(`<${name}\\s*>([\\s\\S]*?)</${name}\\s*>`).exec(text)?.[1]
  if (found === undefined) return null
  return /^\s*<!\[CDATA\[([\s\S]*?)\]\]>\s*$/.exec(found)?.[1] ?? found
}
