/**
 * Brings the lines of a file together by key, however far apart they stand, with bounded memory: up to `memoryBytes` of
 * text are kept, beyond that lines go to part files by the hash of their key and come back part by part. The part files
 * hold a file's content, so they are private and lose their name at once: the system frees them however we end.
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partOf } from './hash-sets.ts'

export interface Spool<T> {
  add(key: string, line: T): void
  /** Groups of equal key in the order of their first line (of a part), lines in the order they came. */
  groups(): Generator<readonly T[]>
  close(): void
}

const memoryBytes = 8 << 20
const bufferChars = 1 << 16
const maxParts = 128

interface Part {
  readonly fd: number
  waiting: string[]
  chars: number
}

/** `expectedBytes`: about how much text will come, to choose the number of parts. */
export function openSpool<T>(expectedBytes: number, limit = memoryBytes): Spool<T> {
  let kept: [string, string][] | null = []
  let keptChars = 0
  let parts: Part[] = []
  let folder: string | null = null
  const removeFolder = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
    folder = null
  }

  const openParts = (): void => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-import-'))
    // A part is read back as a whole, so it should be a fraction of what may be kept.
    const count = Math.min(maxParts, Math.max(8, Math.ceil((expectedBytes * 16) / limit)))
    parts = Array.from({ length: count }, (_, i) => ({
      fd: openSync(join(folder ?? '', `part-${String(i)}`), 'wx+', 0o600),
      waiting: [],
      chars: 0,
    }))
    // Windows keeps the name of an open file; there the folder goes when the import ends.
    if (process.platform !== 'win32') removeFolder()
  }
  const write = (part: Part): void => {
    const bytes = Buffer.from(part.waiting.join(''))
    for (let from = 0; from < bytes.length;) from += writeSync(part.fd, bytes, from)
    part.waiting = []
    part.chars = 0
  }
  const toPart = (key: string, text: string): void => {
    const part = parts[partOf(key, parts.length)]
    if (!part) throw new Error('a spool has no parts')
    const line = `${key}\t${text}\n`
    part.waiting.push(line)
    part.chars += line.length
    if (part.chars > bufferChars) write(part)
  }

  return {
    add(key, line) {
      const text = JSON.stringify(line)
      if (kept === null) {
        toPart(key, text)
        return
      }
      kept.push([key, text])
      keptChars += key.length + text.length
      if (keptChars <= limit) return
      openParts()
      for (const [earlier, its] of kept) toPart(earlier, its)
      kept = null
    },
    *groups() {
      if (kept !== null) yield* grouped<T>(kept)
      for (const part of parts) {
        write(part)
        yield* grouped<T>(linesOf(part.fd))
      }
    },
    close() {
      for (const { fd } of parts) closeSync(fd)
      parts = []
      removeFolder()
    },
  }
}

function linesOf(fd: number): [string, string][] {
  const bytes = Buffer.alloc(fstatSync(fd).size)
  for (let from = 0; from < bytes.length;) {
    const read = readSync(fd, bytes, from, bytes.length - from, from)
    if (read === 0) throw new Error('a part file of an import became shorter')
    from += read
  }
  const text = bytes.toString('utf-8')
  const lines: [string, string][] = []
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from)
    const tab = text.indexOf('\t', from)
    lines.push([text.slice(from, tab), text.slice(tab + 1, end)])
    from = end + 1
  }
  return lines
}

function* grouped<T>(lines: readonly (readonly [string, string])[]): Generator<readonly T[]> {
  const groups = new Map<string, string[]>()
  for (const [key, text] of lines) {
    const group = groups.get(key)
    if (group) group.push(text)
    else groups.set(key, [text])
  }
  for (const group of groups.values()) yield group.map((text) => JSON.parse(text) as T)
}
