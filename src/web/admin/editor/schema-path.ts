/** Where in the cadence the cursor stands, and what its schema says of that place. Pure: lines in, words out. */

export interface Node {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: boolean | Node
  readonly items?: Node
  readonly definitions?: Readonly<Record<string, Node>>
}

const keyIn = /^(\s*(?:- +)*)(["']?)([A-Za-z0-9_-]+)\2\s*:(?=\s|$)/

/** Keys and list marks above this line that it lies within: `['touchpoints', 'weekly-note', 0]`. */
export function pathAt(lines: readonly string[], line: number, indent: number): (string | 0)[] {
  const path: (string | 0)[] = []
  let depth = indent
  /** Column of the marks whose entry we came out of: its siblings are passed over. */
  let list = -1
  for (let n = line - 1; n >= 0 && (depth > 0 || list === 0); n -= 1) {
    const text = lines[n] ?? ''
    if (text.trim() === '' || text.trimStart().startsWith('#')) continue
    const found = keyIn.exec(text)
    const key = found ? (found[1] ?? '').length : -1
    const mark = /^\s*- /.test(text) ? text.length - text.trimStart().length : -1
    if (mark >= 0) {
      if (mark === list || mark >= depth) continue
      if (found && key < depth) path.unshift(found[3] ?? '')
      path.unshift(0)
      depth = mark
      list = mark
    } else if (found && (key < depth || key === list)) {
      path.unshift(found[3] ?? '')
      depth = key
      list = -1
    }
  }
  return path
}

/** The kind written at the touchpoint this path leads through, or its name. */
export function kindAt(lines: readonly string[], name: string): string {
  const from = lines.findIndex((text) => text.startsWith(`  ${name}:`))
  for (let n = from + 1; from >= 0 && n < lines.length && /^( {3,}|\s*$|\s*#)/.test(lines[n] ?? ''); n += 1) {
    const kind = /^ {4}kind:\s*["']?([a-z0-9-]+)/.exec(lines[n] ?? '')
    if (kind) return kind[1] ?? name
  }
  return name
}

export function nodeAt(schema: Node, path: readonly (string | 0)[], kind: string): Node | null {
  const inTouchpoint = path[0] === 'touchpoints' && path.length > 1
  let node: Node | undefined = inTouchpoint ? schema.definitions?.[kind] : schema
  for (const part of inTouchpoint ? path.slice(2) : path) {
    if (part === 0) node = node?.items
    else
      node =
        node?.properties?.[part] ??
        (typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined)
  }
  return node ?? null
}

export interface KeyOffer {
  readonly key: string
  readonly title: string
  readonly description: string
}

const told = ({ description, default: usual, enum: choices }: Node): string =>
  [
    description ?? '',
    choices ? choices.map(String).join(' / ') : '',
    usual === undefined ? '' : `默认 ${JSON.stringify(usual)}`,
  ]
    .filter(Boolean)
    .join('\n')

/** The keys that may be written on this line, those that stand there already left out. */
export function keysFor(schema: Node, lines: readonly string[], line: number): KeyOffer[] {
  const text = lines[line] ?? ''
  const indent = (/^\s*(?:- +)?/.exec(text)?.[0] ?? '').length
  const isEntry = /^\s*- /.test(text)
  const above = pathAt(lines, line, isEntry ? text.length - text.trimStart().length + 1 : indent)
  const path: (string | 0)[] = isEntry && above.at(-1) !== 0 ? [...above, 0] : above
  const node = nodeAt(schema, path, kindAt(lines, String(path[1] ?? '')))
  return Object.entries(node?.properties ?? {}).map(([key, one]) => ({
    key,
    title: one.title ?? '',
    description: told(one),
  }))
}

/** What the key on this line is; null where there is none that the schema knows. */
export function keyOn(
  schema: Node,
  lines: readonly string[],
  line: number,
): (KeyOffer & { from: number; to: number }) | null {
  const found = keyIn.exec(lines[line] ?? '')
  if (!found) return null
  const [, lead = '', quote = '', key = ''] = found
  const above = pathAt(lines, line, lead.length)
  const path: (string | 0)[] = lead.includes('-') && above.at(-1) !== 0 ? [...above, 0] : above
  const whole = [...path, key]
  const node = nodeAt(schema, whole, kindAt(lines, String(whole[1] ?? '')))
  if (!node) return null
  const from = lead.length + quote.length
  return { key, title: node.title ?? '', description: told(node), from, to: from + key.length }
}
