/**
 * YAML as a settings language: the core schema, one document, no anchors, no tags, no prototype keys, bounded in size
 * and depth; and a map from a path to the line where it was written.
 */
import { Lexer, LineCounter, isAlias, isMap, isNode, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Node } from 'yaml'
import type { Mistake, MistakeWords } from './mistake.ts'

export const maxYamlBytes = 262_144
const maxDepth = 12
/** The shipped file has about 3,000: ten times that is a large shop, beyond it somebody is trying something. */
const maxLexemes = 40_000
const maxReferences = 20
const maxMistakes = 200
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

export interface YamlRead {
  /** Undefined when the text cannot be read at all. */
  readonly value: unknown
  readonly mistakes: Mistake[]
  /** The mistake at this path; a key name as `key` points at the key itself. `row` = lines below the value's first. */
  at(
    path: readonly PropertyKey[],
    words: MistakeWords,
    more?: { readonly key?: string; readonly row?: number },
  ): Mistake
}

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${String(part)}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('')

/** The bytes of a file as text: UTF-8 and nothing else; a byte order mark is dropped. */
export function decodeYaml(bytes: Buffer): { readonly text: string; readonly mistake: Mistake | null } {
  if (bytes.length > maxYamlBytes) return { text: '', mistake: { line: 1, column: 1, path: '', ...tooLarge } }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), mistake: null }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { text: '', mistake: { ...placeOfBadByte(bytes), path: '', ...notUtf8(encodingOf(bytes)) } }
  }
}

/** A line feed is one byte in UTF-8 and never part of another letter, so each line can be judged alone. */
function placeOfBadByte(bytes: Buffer): { readonly line: number; readonly column: number } {
  let from = 0
  for (let line = 1; ; line += 1) {
    const to = bytes.indexOf(10, from)
    const part = bytes.subarray(from, to < 0 ? bytes.length : to)
    const read = part.toString('utf8')
    if (to < 0 || !part.equals(Buffer.from(read)))
      // What cannot be read stands as a replacement letter, unless the file holds that very letter.
      return { line, column: Math.max(1, read.indexOf('\uFFFD') + 1) }
    from = to + 1
  }
}

/** What the bytes are instead, as `iconv` calls it; null when they are nothing we know. */
function encodingOf(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE'
  // A letter of more than one byte that reads well: UTF-8, damaged further on.
  const [good = ''] = bytes.toString('utf8').split('\uFFFD', 1)
  if (/[^\0-\u007F]/.test(good)) return null
  try {
    new TextDecoder('gb18030', { fatal: true }).decode(bytes)
    return 'GB18030'
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return null
  }
}

export function readYaml(text: string): YamlRead {
  const lines = new LineCounter()
  const nothing = (words: MistakeWords): YamlRead => ({
    value: undefined,
    mistakes: [{ line: 1, column: 1, path: '', ...words }],
    at: (path, other) => ({ line: 1, column: 1, path: pathText(path), ...other }),
  })
  if (Buffer.byteLength(text) > maxYamlBytes) return nothing(tooLarge)
  const zero = text.indexOf('\u0000')
  if (zero >= 0) {
    const before = text.slice(0, zero).split('\n')
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    return { ...nothing(zeroByte), mistakes: [{ ...place, path: '', ...zeroByte }] }
  }
  const shape = oddShape(text)
  if (shape) return nothing(shape)
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    // Its own check compares each key with each other; `walk` does it with a set.
    uniqueKeys: false,
    prettyErrors: false,
    strict: true,
    stringKeys: false,
  })
  const [document] = documents as Document.Parsed[]
  if (!document || document.contents === null) return nothing(empty)
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const root = document.contents as Node
  const mistakes: Mistake[] = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    path: '',
    ...syntaxWords(error.code, error.message),
  }))
  if (documents.length > 1)
    mistakes.push({ ...place(documents[1]?.range?.[0] ?? 0), path: '', ...severalDocuments })
  walk(root, [], (node, path, words) => {
    if (mistakes.length < maxMistakes)
      mistakes.push({ ...place(node.range?.[0] ?? 0), path: pathText(path), ...words })
  })
  const at: YamlRead['at'] = (path, words, more = {}) => {
    const { line, column } = place(offsetOf(root, path, more.key))
    const row = more.row ?? 0
    const shift = row > 0 || isBlock(nodeAt(root, path)) ? row + (isBlock(nodeAt(root, path)) ? 1 : 0) : 0
    return {
      line: line + shift,
      column: shift > 0 ? 1 : column,
      path: pathText(more.key === undefined ? path : [...path, more.key]),
      ...words,
    }
  }
  return { value: mistakes.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 }), mistakes, at }
}

/** Looked at before the parser builds anything: it recurses, and recovers from errors at length. */
function oddShape(text: string): MistakeWords | null {
  let lexemes = 0
  let references = 0
  let depth = 0
  let inLine = 0
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1
    if (lexemes > maxLexemes) return tooMany
    // One by mistake is named with its line; many are a bomb.
    if (/^[*&]/.test(lexeme) && (references += 1) > maxReferences) return anchors
    if (lexeme === '[' || lexeme === '{') depth += 1
    else if (lexeme === ']' || lexeme === '}') depth = Math.max(0, depth - 1)
    else if (lexeme === '-' || lexeme === '?') inLine += 1
    else if (lexeme === '\n' || lexeme === '\r\n') inLine = 0
    if (depth > maxDepth || inLine > maxDepth) return tooDeep
  }
  return null
}

const isBlock = (node: Node | undefined): boolean =>
  isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')

/** Reports what the core schema lets pass and we do not. */
function walk(
  node: unknown,
  path: readonly PropertyKey[],
  report: (node: Node, path: readonly PropertyKey[], words: MistakeWords) => void,
): void {
  if (!isNode(node)) return
  if (isAlias(node) || ('anchor' in node && node.anchor !== undefined)) report(node, path, anchors)
  if (path.length > maxDepth) return report(node, path, tooDeep)
  if (node.tag !== undefined && node.tag.startsWith('!')) report(node, path, tags)
  if (isSeq(node)) node.items.forEach((item, i) => walk(item, [...path, i], report))
  if (!isMap(node)) return
  const keys = new Set<string>()
  for (const pair of node.items) {
    if (!isPair(pair)) continue
    const key: unknown = isScalar(pair.key) ? pair.key.value : undefined
    if (isNode(pair.key) && keys.has(String(key))) report(pair.key, [...path, String(key)], duplicateKey)
    keys.add(String(key))
    if (isNode(pair.key) && (key === undefined || key === null || typeof key === 'object'))
      report(pair.key, path, oddKey)
    else if (isNode(pair.key) && forbiddenKeys.has(String(key)))
      report(pair.key, path, prototypeKey(String(key)))
    walk(pair.value, [...path, String(key)], report)
  }
}

function nodeAt(root: Node, path: readonly PropertyKey[]): Node | undefined {
  let node: unknown = root
  for (const part of path) {
    if (isSeq(node)) node = node.items[Number(part)]
    else if (isMap(node)) node = pairOf(node, String(part))?.value
    else return undefined
  }
  return isNode(node) ? node : undefined
}

const pairOf = (map: Node, key: string): { key: unknown; value: unknown } | undefined =>
  isMap(map) ? map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key) : undefined

/** Where a person should look: the value, else its key, else the nearest thing above that was written. */
function offsetOf(root: Node, path: readonly PropertyKey[], key?: string): number {
  const node = nodeAt(root, path)
  if (key !== undefined && node) {
    const found = pairOf(node, key)?.key
    if (isNode(found)) return found.range?.[0] ?? 0
  }
  const parent = path.length > 0 ? nodeAt(root, path.slice(0, -1)) : undefined
  const keyNode = parent && isMap(parent) ? pairOf(parent, String(path.at(-1)))?.key : undefined
  // A value of several lines begins below its key; the key is what people look for.
  if (
    node &&
    (isScalar(node) || !isNode(keyNode)) &&
    !(isScalar(node) && node.value === null && isNode(keyNode))
  )
    return node.range?.[0] ?? 0
  if (isNode(keyNode)) return keyNode.range?.[0] ?? 0
  return path.length > 0 ? offsetOf(root, path.slice(0, -1)) : 0
}

const tooLarge: MistakeWords = {
  message: '配置超过 256 KiB',
  fix: '删去不用的话术，或拆分成更短的列表',
  messageEn: 'the file is larger than 256 KiB',
  fixEn: 'remove wordings that are not used',
}
const zeroByte: MistakeWords = {
  message: '里面有无法识别的字符（零字节）',
  fix: '删去这个字符；文件可能已损坏',
  messageEn: 'there is a zero byte in it',
  fixEn: 'remove it; the file may be damaged',
}
const notUtf8 = (encoding: string | null): MistakeWords => {
  const called = encoding === 'GB18030' ? 'GBK（GB18030）' : (encoding ?? '')
  const calledEn = encoding === 'GB18030' ? 'GBK (GB18030)' : (encoding ?? '')
  const convert = encoding === null ? '' : `iconv -f ${encoding} -t UTF-8 old.yaml > new.yaml`
  return {
    message: `文件不是 UTF-8 编码${called === '' ? '' : `，看起来是 ${called}`}`,
    fix: `用编辑器另存为 UTF-8（记事本：另存为 → 编码 UTF-8）${convert === '' ? '' : `，或运行 ${convert}`}`,
    messageEn: `the file is not UTF-8${calledEn === '' ? '' : `; it looks like ${calledEn}`}`,
    fixEn: `save it as UTF-8 in your editor${convert === '' ? '' : `, or run: ${convert}`}`,
  }
}
const empty: MistakeWords = {
  message: '配置是空的',
  fix: '从 config/cadence.yaml 的默认内容开始修改',
  messageEn: 'the file is empty',
  fixEn: 'start from the default config/cadence.yaml',
}
const severalDocuments: MistakeWords = {
  message: '一个文件里只能有一份配置',
  fix: '删去 --- 之后的内容',
  messageEn: 'the file holds more than one document',
  fixEn: 'remove what follows ---',
}
const tooMany: MistakeWords = {
  message: '配置的内容太多',
  fix: '删去不用的话术和触点',
  messageEn: 'the file holds too many values',
  fixEn: 'remove wordings and touchpoints that are not used',
}
const duplicateKey: MistakeWords = {
  message: '同一处写了两次同名的键',
  fix: '删去其中一个',
  messageEn: 'a key stands twice in one place',
  fixEn: 'remove one of them',
}
const anchors: MistakeWords = {
  message: '不能使用锚点和引用（& 与 *）',
  fix: '把内容写全；以 * 或 & 开头的文字请加引号',
  messageEn: 'anchors and aliases (& and *) are not allowed',
  fixEn: 'write the value out; quote text that begins with * or &',
}
const tooDeep: MistakeWords = {
  message: `嵌套超过 ${String(maxDepth)} 层`,
  fix: '检查缩进',
  messageEn: `nested deeper than ${String(maxDepth)} levels`,
  fixEn: 'check the indentation',
}
const tags: MistakeWords = {
  message: '不能使用类型标记（!）',
  fix: '以 ! 开头的文字请加引号',
  messageEn: 'type tags (!) are not allowed',
  fixEn: 'quote text that begins with !',
}
const oddKey: MistakeWords = {
  message: '键必须是文字',
  fix: '检查冒号和缩进',
  messageEn: 'a key must be text',
  fixEn: 'check colons and indentation',
}
const prototypeKey = (key: string): MistakeWords => ({
  message: `不能使用“${key}”作为键`,
  fix: '换一个名字',
  messageEn: `"${key}" is not allowed as a key`,
  fixEn: 'choose another name',
})

const syntax: Readonly<Record<string, readonly [string, string, string, string]>> = {
  TAB_AS_INDENT: ['缩进用了制表符', '改用空格', 'indented with a tab', 'indent with blanks'],
  BAD_INDENT: [
    '缩进不对',
    '同一层的键要左对齐，列表项以“- ”开头',
    'the indentation is wrong',
    'align keys of one level; list items begin with "- "',
  ],
  MISSING_CHAR: [
    '缺少符号（引号、逗号或冒号）',
    '检查引号是否成对、冒号后是否有空格',
    'a character is missing',
    'close quotes and write a blank after a colon',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    '冒号的用法不对',
    '含冒号的文字请加引号',
    'a colon stands where it cannot',
    'quote text that holds a colon',
  ],
  MULTILINE_IMPLICIT_KEY: [
    '键不能跨行',
    '检查上一行是否少了冒号',
    'a key cannot span lines',
    'a colon may be missing in the line above',
  ],
  TAG_RESOLVE_FAILED: [
    '不能使用类型标记（!）',
    '以 ! 开头的文字请加引号',
    'type tags (!) are not allowed',
    'quote text that begins with !',
  ],
  BAD_ALIAS: [
    '不能使用锚点和引用（& 与 *）',
    '以 * 或 & 开头的文字请加引号',
    'anchors and aliases are not allowed',
    'quote text that begins with * or &',
  ],
}

function syntaxWords(code: string, detail: string): MistakeWords {
  const known = syntax[code]
  if (known) return { message: known[0], fix: known[1], messageEn: known[2], fixEn: known[3] }
  const first = detail.split('\n')[0] ?? detail
  return {
    message: `YAML 写法有误：${first}`,
    fix: '检查缩进、冒号和引号',
    messageEn: `not valid YAML: ${first}`,
    fixEn: 'check indentation, colons and quotes',
  }
}
