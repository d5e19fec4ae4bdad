/**
 * The file of a backup: gzipped JSON lines, one document that a person can read with `zcat`. First the manifest, then
 * each table as its rows with a count and a checksum, then a checksum over all. Written and read as a stream; a file
 * that was cut off or changed is refused before anything is written.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { z } from 'zod'
import { Refusal, messageOf } from '../base/errors.ts'
import type { Value } from '../base/db.ts'

export const backupFormat = 'siyu-backup'
export const backupVersion = 1

const word = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/)
const manifestShape = z.object({
  format: z.literal(backupFormat),
  version: z.literal(backupVersion),
  id: z.string(),
  /** Epoch milliseconds: what the data knows of. */
  createdAt: z.number().int(),
  dialect: z.enum(['sqlite', 'postgres']),
  /** The corp it belongs to; null: none yet. */
  corp: z.string().nullable(),
  migrations: z.array(z.string()),
  tables: z.record(word, z.array(word).min(1)),
})
export type Manifest = z.infer<typeof manifestShape>

const tableShape = z.object({ table: word })
const endShape = z.object({ end: word, rows: z.number().int(), sha256: z.string() })
const doneShape = z.object({ done: z.literal(true), rows: z.number().int(), sha256: z.string() })

export type Cells = readonly Value[]

/** Rows of one table, in parts. */
export interface TableDump {
  readonly table: string
  parts(): AsyncIterable<readonly Cells[]>
}

export interface Written {
  readonly rows: number
  readonly sha256: string
}

/** Written beside and renamed, so that a file of this name is always whole. */
export async function writeBackupFile(
  path: string,
  manifest: Omit<Manifest, 'format' | 'version' | 'id'>,
  tables: readonly TableDump[],
): Promise<Written> {
  const partial = `${path}.part`
  const written = { rows: 0, sha256: '' }
  async function* lines(): AsyncGenerator<string> {
    const whole = createHash('sha256')
    const head: Manifest = { format: backupFormat, version: backupVersion, id: randomUUID(), ...manifest }
    yield* counted(whole, `${JSON.stringify(head)}\n`)
    for (const { table, parts } of tables) {
      yield* counted(whole, `${JSON.stringify({ table })}\n`)
      const hash = createHash('sha256')
      let rows = 0
      for await (const part of parts()) {
        const text = part.map((cells) => `${JSON.stringify(cells)}\n`).join('')
        hash.update(text)
        rows += part.length
        yield text
      }
      written.rows += rows
      yield* counted(whole, `${JSON.stringify({ end: table, rows, sha256: hash.digest('hex') })}\n`)
    }
    written.sha256 = whole.digest('hex')
    yield `${JSON.stringify({ done: true, rows: written.rows, sha256: written.sha256 })}\n`
  }
  try {
    await pipeline(
      Readable.from(lines()),
      createGzip({ level: 3 }),
      createWriteStream(partial, { mode: 0o600 }),
    )
    const file = await open(partial, 'r')
    await file.sync()
    await file.close()
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return written
}

function* counted(hash: ReturnType<typeof createHash>, line: string): Generator<string> {
  hash.update(line)
  yield line
}

const broken = (path: string, why: string): Refusal =>
  new Refusal('backup-broken', `${path} cannot be restored: ${why}`, 400, {
    fix: 'Nothing was written. Use another copy of the backup.',
  })

async function* linesOf(path: string): AsyncGenerator<string> {
  const source = createReadStream(path)
  const plain = createGunzip()
  source.on('error', (error) => plain.destroy(error))
  source.pipe(plain)
  const reader = createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of reader) yield line
  } catch (error) {
    throw isGzipTrouble(error) ? broken(path, messageOf(error)) : error
  } finally {
    source.destroy()
    plain.destroy()
  }
}

const isGzipTrouble = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && /^Z_/.test(String(error.code))

function parsed<S extends z.ZodType>(path: string, shape: S, line: string): z.output<S> {
  try {
    return shape.parse(JSON.parse(line))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw broken(path, `this line means nothing: ${line.slice(0, 80)}`)
    throw error
  }
}

/**
 * Goes through the whole file; `onRows` gets the rows of each table in parts. Throws `backup-broken` as soon as
 * anything does not agree, at the latest at the end, so whatever `onRows` did must be undone then.
 */
export async function readBackupFile(
  path: string,
  onRows: (manifest: Manifest, table: string, rows: readonly Cells[]) => Promise<void>,
  rowsPerPart = 1_000,
): Promise<{ readonly manifest: Manifest; readonly rows: number }> {
  const whole = createHash('sha256')
  let manifest: Manifest | null = null
  let table: { name: string; hash: ReturnType<typeof createHash>; rows: number; part: Cells[] } | null = null
  let total = 0
  let done = false
  for await (const line of linesOf(path)) {
    if (done) throw broken(path, 'there is more behind its end')
    if (manifest === null) {
      manifest = parsed(path, manifestShape, line)
      whole.update(`${line}\n`)
      continue
    }
    if (table === null) {
      if (line.startsWith('{"done"')) {
        const end = parsed(path, doneShape, line)
        if (end.rows !== total || end.sha256 !== whole.digest('hex'))
          throw broken(path, 'its checksum differs')
        done = true
        continue
      }
      const { table: name } = parsed(path, tableShape, line)
      if (manifest.tables[name] === undefined) throw broken(path, `table ${name} is not in its manifest`)
      whole.update(`${line}\n`)
      table = { name, hash: createHash('sha256'), rows: 0, part: [] }
      continue
    }
    if (line.startsWith('[')) {
      table.hash.update(`${line}\n`)
      table.rows += 1
      table.part.push(cellsOf(path, line, manifest.tables[table.name]?.length ?? 0))
      if (table.part.length >= rowsPerPart) await onRows(manifest, table.name, table.part.splice(0))
      continue
    }
    const end = parsed(path, endShape, line)
    if (end.end !== table.name || end.rows !== table.rows || end.sha256 !== table.hash.digest('hex'))
      throw broken(path, `the checksum of ${table.name} differs`)
    if (table.part.length > 0) await onRows(manifest, table.name, table.part)
    whole.update(`${line}\n`)
    total += table.rows
    table = null
  }
  if (manifest === null || !done) throw broken(path, 'it ends before its end')
  return { manifest, rows: total }
}

/** By hand: a schema for each of millions of rows would take longer than writing them. */
function cellsOf(path: string, line: string, columns: number): Cells {
  let cells: unknown
  try {
    cells = JSON.parse(line)
  } catch (error) {
    throw broken(path, `a row is no JSON: ${messageOf(error)}`)
  }
  if (!Array.isArray(cells) || cells.length !== columns)
    throw broken(path, 'a row has another number of columns than its table')
  if (!cells.every(isValue)) throw broken(path, 'a row holds what no column can')
  return cells
}

const isValue = (cell: unknown): cell is Value =>
  cell === null || typeof cell === 'string' || typeof cell === 'number'
