/** A settings file in YAML: read, checked by its schema, every mistake with its line. Absent = the schema's defaults. */
import { existsSync, readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { ConfigMistakes } from './errors.ts'

const mostBytes = 262_144

export function readSettings<S>(path: string, shape: z.ZodType<S>, title: string): S {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '{}'
  if (Buffer.byteLength(text) > mostBytes)
    throw new ConfigMistakes(title, [`${path} is larger than ${String(mostBytes)} bytes`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core', merge: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${String(Math.max(1, line))}:${String(Math.max(1, col))}`
  }
  if (document.errors.length > 0)
    throw new ConfigMistakes(
      title,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split('\n')[0] ?? error.code}`),
    )
  const raw: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  const parsed = shape.safeParse(raw, { jitless: true })
  if (parsed.success) return parsed.data
  throw new ConfigMistakes(
    title,
    parsed.error.issues.map(
      ({ path: where, message }) =>
        `${at(offsetOf(document, where))} ${where.map(String).join('.')}: ${message}`,
    ),
  )
}

/** Where the value stands, or the nearest thing around it that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return (node.range as [number])[0]
  }
  return 0
}
