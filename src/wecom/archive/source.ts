/**
 * Where records of the session archive come from (WECOM.md §7). The native SDK that fetches and decrypts them is outside:
 * whoever has it writes one decrypted record a line, and we read lines from a file or from standard input.
 */
import type { Readable } from 'node:stream'

/** One decrypted record as it came. */
export interface ArchiveLine {
  /** 1-based, where it came by lines. */
  readonly line: number
  /** The record, or why there is none. */
  readonly record?: unknown
  readonly broken?: { readonly why: string; readonly fix: string }
}

export interface ArchiveSource {
  /**
   * Records behind this seq, in the order in which WeCom numbered them; at most `limit` when one is given. A page is what
   * came at once: it is worth recording before one waits for more.
   */
  read(after: number, limit?: number): AsyncIterable<readonly ArchiveLine[]>
}

/** A forwarded conversation of a hundred messages is some hundred thousand characters. */
const maxLineBytes = 4 * 1024 * 1024
const newline = 0x0a

/** JSON lines. Never holds more than one chunk and one line. */
export const linesSource = (input: Readable): ArchiveSource => ({
  async *read(after, limit = Number.POSITIVE_INFINITY) {
    let told = 0
    for await (const page of pages(input)) {
      const wanted = page.filter(({ record }) => seqOf(record) > after).slice(0, limit - told)
      told += wanted.length
      if (wanted.length > 0) yield wanted
      if (told >= limit) return
    }
  },
})

/** A record without a number is behind everything: the decrypted part alone does not carry it. */
export function seqOf(record: unknown): number {
  const seq = record !== null && typeof record === 'object' && 'seq' in record ? record.seq : null
  const number = typeof seq === 'string' && /^\d{1,15}$/.test(seq) ? Number(seq) : seq
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : Number.POSITIVE_INFINITY
}

async function* pages(input: Readable): AsyncGenerator<ArchiveLine[]> {
  const splitter = createSplitter()
  for await (const chunk of input) yield splitter.take(chunk as Buffer)
  yield splitter.end()
}

function createSplitter() {
  let number = 0
  let parts: Buffer[] = []
  let bytes = 0
  const add = (part: Buffer): void => {
    bytes += part.length
    // What is too long is only counted: it is refused as a whole.
    if (bytes <= maxLineBytes) parts.push(part)
  }
  const finish = (isWhole: boolean): ArchiveLine[] => {
    number += 1
    const found = bytes > maxLineBytes ? tooLong : readLine(Buffer.concat(parts), isWhole)
    parts = []
    bytes = 0
    return found === null ? [] : [{ line: number, ...found }]
  }
  return {
    take(chunk: Buffer): ArchiveLine[] {
      const found: ArchiveLine[] = []
      let from = 0
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        add(chunk.subarray(from, at))
        found.push(...finish(true))
        from = at + 1
      }
      if (from < chunk.length) add(chunk.subarray(from))
      return found
    },
    end: (): ArchiveLine[] => (bytes > 0 ? finish(false) : []),
  }
}

const tooLong = {
  broken: { why: `the line is longer than ${String(maxLineBytes)} bytes`, fix: 'write one record a line' },
}

/** Null for a blank line. */
function readLine(bytes: Buffer, isWhole: boolean): Omit<ArchiveLine, 'line'> | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { broken: { why: 'the line is not UTF-8', fix: 'write the records as UTF-8' } }
  }
  if (text === '') return null
  try {
    return { record: JSON.parse(text) as unknown }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return isWhole
      ? { broken: { why: 'the line is not JSON', fix: 'write one record a line' } }
      : { broken: { why: 'the last line is cut off', fix: 'read it again when it is whole' } }
  }
}
