/**
 * How every verb speaks: one document on stdout, everything else on stderr, exit codes as in the README. A document that
 * is printed while it is made is not whole where the exit code is not 0.
 */
import { stringify } from 'yaml'
import { ConfigMistakes, Refusal, Unreachable, messageOf } from '../base/errors.ts'

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  configuration: 3,
  unreachable: 4,
  interrupted: 130,
} as const

export interface OutputOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly summary?: boolean
}

export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Writes all of it before the process may end, also into a slow pipe. */
export const print = (text: string): Promise<void> =>
  new Promise((ok, fail) => process.stdout.write(text, (error) => (error ? fail(error) : ok())))

/**
 * `list` names the key whose items `--jsonl` prints one a line. `--summary` leaves the key out and says how many there
 * are as `<list>Count`, so that a key is a list wherever it stands.
 */
export async function printDocument(document: unknown, options: OutputOptions, list?: string): Promise<void> {
  const items = listOf(document, list)
  if (options.jsonl && items) return printItems(items, '\n', '\n')
  if (options.json && !options.summary && items && items.length > longList)
    return printLong(document, list, items)
  const shown = options.summary && items ? summaryOf(document, list, items.length) : document
  if (options.json || options.jsonl) return print(`${JSON.stringify(shown)}\n`)
  return print(stringify(shown, { lineWidth: 0 }))
}

const longList = 10_000

/** A million items are longer than a string can be. */
async function printItems(items: readonly unknown[], between: string, last: string): Promise<void> {
  for (let from = 0; from < items.length; from += longList) {
    const part = items.slice(from, from + longList).map((item) => JSON.stringify(item))
    await print(part.join(between) + (from + longList < items.length ? between : last))
  }
}

/** The list last, whatever its place. */
async function printLong(
  document: unknown,
  list: string | undefined,
  items: readonly unknown[],
): Promise<void> {
  if (Array.isArray(document) || list === undefined) {
    await print('[')
    return printItems(items, ',', ']\n')
  }
  const head = Object.entries(document as object)
    .filter(([key, value]) => key !== list && value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`)
  await print(`{${head.join('')}${JSON.stringify(list)}:[`)
  return printItems(items, ',', ']}\n')
}

/**
 * A document whose list is told part by part while it is made, for a list that no memory should hold: what is known only
 * when it has ended comes after it. Nothing is printed before the first part, so that a refusal stands alone.
 */
export async function printWhileTold<Item>(
  { json, jsonl, summary }: OutputOptions,
  list: string,
  make: (tell: (part: readonly Item[]) => Promise<void>) => Promise<object>,
): Promise<void> {
  let count = 0
  const said = async (part: readonly Item[]): Promise<void> => {
    if (part.length === 0) return
    const first = count === 0
    count += part.length
    if (jsonl) return printItems(part, '\n', '\n')
    if (summary) return
    if (!json) {
      const lines = stringify(part, { lineWidth: 0 }).trimEnd().split('\n')
      return print(`${first ? `${list}:\n` : ''}${lines.map((line) => `  ${line}`).join('\n')}\n`)
    }
    await print(first ? `{${JSON.stringify(list)}:[` : ',')
    return printItems(part, ',', '')
  }
  const rest = await make(async (part) => {
    for (let from = 0; from < part.length; from += longList) await said(part.slice(from, from + longList))
  })
  if (jsonl) return
  if (summary) return printDocument({ ...rest, [`${list}Count`]: count }, { json: json ?? false })
  if (count === 0) return printDocument({ [list]: [], ...rest }, { json: json ?? false })
  if (!json) return print(stringify(rest, { lineWidth: 0 }))
  const tail = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return print(`]${tail.join('')}}\n`)
}

function listOf(document: unknown, list: string | undefined): readonly unknown[] | null {
  if (Array.isArray(document)) return document
  if (list === undefined || typeof document !== 'object' || document === null) return null
  const items: unknown = Reflect.get(document, list)
  return Array.isArray(items) ? items : null
}

const summaryOf = (document: unknown, list: string | undefined, count: number): unknown =>
  Array.isArray(document) || list === undefined
    ? { count }
    : {
        ...Object.fromEntries(Object.entries(document as object).filter(([key]) => key !== list)),
        [`${list}Count`]: count,
      }

/** A person pressed Ctrl-C; what is done is done. */
export class Interrupted extends Error {}

/** The exit code of an error, after its words went to stderr. A bug shows its stack: it is for a developer. */
export function report(error: unknown): number {
  if (error instanceof Interrupted) {
    say(error.message)
    return exitCodes.interrupted
  }
  if (error instanceof ConfigMistakes) {
    say(error.message)
    return exitCodes.configuration
  }
  if (error instanceof Unreachable) {
    say(error.message)
    return exitCodes.unreachable
  }
  if (error instanceof Refusal) {
    const { message, fix } = error.english ?? error
    say(message)
    if (fix !== undefined) say(`  fix: ${fix}`)
    return error.code === 'usage' ? exitCodes.usage : exitCodes.failed
  }
  say(error instanceof Error && error.stack ? error.stack : messageOf(error))
  return exitCodes.failed
}
