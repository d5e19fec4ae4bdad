/** `<file>.errors.csv`: each refused line with its reason and the fix, beside the file. A spreadsheet must not run what it holds. */
import { createWriteStream, existsSync, openSync, readSync, closeSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import type { WriteStream } from 'node:fs'

const heading = 'line,error,fix,content\n'
const maxRawChars = 2_000

/** Excel runs a cell that begins with these; a quote in front makes it text. */
const harmless = (text: string): string => (/^\s*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text)
const cell = (text: string): string => `"${harmless(text).replaceAll('"', '""')}"`

export interface Rejects {
  readonly count: () => number
  add(line: number, error: string, fix: string, raw: string): Promise<void>
  /** The first refusal in words. */
  readonly first: () => string | null
  close(): Promise<void>
  /** Why the file could not be written, if so. */
  readonly trouble: () => string | null
}

/** The file is made with the first refusal; one left by an earlier run of ours goes away when nothing is refused. */
export function openRejects(path: string, dryRun: boolean): Rejects {
  let count = 0
  let first: string | null = null
  let closed: Promise<unknown> | null = null
  let stream: WriteStream | null = null
  let trouble: string | null = null
  const open = (): WriteStream => {
    const made = createWriteStream(path, { encoding: 'utf-8' })
    made.on('error', (error) => {
      trouble = error.message
    })
    // Excel takes a CSV without this mark for the local code page.
    made.write(`\uFEFF${heading}`)
    return made
  }
  return {
    count: () => count,
    trouble: () => trouble,
    first: () => first,
    async add(line, error, fix, raw) {
      count += 1
      first ??= `line ${String(line)}: ${error} (${fix})`
      if (dryRun || trouble !== null) return
      stream ??= open()
      const more = stream.write(
        `${String(line)},${cell(error)},${cell(fix)},${cell(raw.slice(0, maxRawChars))}\n`,
      )
      if (!more && trouble === null) await Promise.race([once(stream, 'drain'), once(stream, 'close')])
    },
    async close() {
      if (stream !== null) {
        // A stream that failed has closed itself and will not say so again.
        if (closed === null && !stream.closed) {
          closed = once(stream, 'close')
          stream.end()
        }
        await closed
      } else if (!dryRun && count === 0 && isOurs(path)) rmSync(path)
    },
  }
}

function isOurs(path: string): boolean {
  if (!existsSync(path)) return false
  const head = Buffer.alloc(Buffer.byteLength(heading) + 3)
  const file = openSync(path, 'r')
  readSync(file, head)
  closeSync(file)
  return head.toString('utf-8') === `\uFEFF${heading}`
}
