/**
 * The same door as others build it; each keeps a row per event in a table with a unique key and nothing else. `node`: the
 * bare HTTP server, our own scan and decryption, many events a commit. `group`: the same in Koa, the reference. `each`: a
 * commit per request. `tutorial`: Koa, Tencent's package, a whole XML parser, and TypeORM's findOne and save.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt, getSignature } from '@wecom/crypto'
import { XMLParser } from 'fast-xml-parser'
import Koa from 'koa'
import sqlite3 from 'sqlite3'
import { DataSource, EntitySchema } from 'typeorm'
import { wallClock } from '../base/clock.ts'
import { createCodec, scanFields } from '../wecom/index.ts'
import { keys } from './ingest.sealed.ts'

type Query = Readonly<Record<string, unknown>>
/** Answers after the commit; false: not authentic. */
type Take = (query: Query, raw: string) => Promise<boolean>

async function readText(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

function koaDoor(take: Take): Promise<string> {
  const app = new Koa()
  app.use(async (ctx) => {
    const ok = await take(ctx.query, await readText(ctx.req))
    ctx.status = ok ? 200 : 403
    ctx.body = ok ? 'success' : 'refused'
  })
  const handle = app.callback()
  return listening(createServer((req, res) => void handle(req, res)))
}

const codec = createCodec({ corpId: keys.corpId, tokens: [keys.token], aesKeys: [keys.aesKey] })

function opened(query: Query, raw: string): string | null {
  const encrypted = scanFields(raw)?.get('Encrypt')
  return encrypted === undefined ? null : codec.open(query, encrypted)
}

const keyOf = (body: string): string => createHash('sha256').update(body).digest('hex')

// ------------------------------------------------------------------ the bare driver

interface Raw {
  run(sql: string, values?: readonly unknown[]): Promise<void>
}

async function openRaw(file: string): Promise<Raw> {
  const database = await new Promise<sqlite3.Database>((ok, fail) => {
    const made = new sqlite3.Database(file, (error) => (error ? fail(error) : ok(made)))
  })
  const run: Raw['run'] = (sql, values = []) =>
    new Promise((ok, fail) =>
      database.run(sql, values, (error: Error | null) => (error ? fail(error) : ok())),
    )
  await run('PRAGMA journal_mode = WAL')
  await run('PRAGMA synchronous = FULL')
  await run('CREATE TABLE event (key text primary key, body text, at integer)')
  return { run }
}

/** A few milliseconds of events in one transaction and one statement. */
function grouped({ run }: Raw): (body: string) => Promise<void> {
  let waiting: { body: string; ok(): void; fail(error: unknown): void }[] = []
  let running = false
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const marks = batch.map(() => '(?, ?, ?)').join(', ')
      const now = wallClock.now()
      try {
        await run(
          `INSERT OR IGNORE INTO event (key, body, at) VALUES ${marks}`,
          batch.flatMap(({ body }) => [keyOf(body), body, now]),
        )
        for (const { ok } of batch) ok()
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    running = false
  }
  return (body) =>
    new Promise((ok, fail) => {
      waiting.push({ body, ok, fail })
      if (running) return
      running = true
      setTimeout(() => void write(), 5)
    })
}

export async function serveNode(file: string): Promise<string> {
  const record = grouped(await openRaw(file))
  return listening(
    createServer((req, res) => {
      void readText(req).then(async (raw) => {
        const url = new URL(req.url ?? '/', 'http://localhost')
        const body = opened(Object.fromEntries(url.searchParams), raw)
        if (body !== null) await record(body)
        res.statusCode = body === null ? 403 : 200
        res.end(body === null ? 'refused' : 'success')
      })
    }),
  )
}

export async function serveGroup(file: string): Promise<string> {
  const record = grouped(await openRaw(file))
  return koaDoor(async (query, raw) => {
    const body = opened(query, raw)
    if (body !== null) await record(body)
    return body !== null
  })
}

export async function serveEach(file: string): Promise<string> {
  const { run } = await openRaw(file)
  return koaDoor(async (query, raw) => {
    const body = opened(query, raw)
    if (body === null) return false
    await run('INSERT OR IGNORE INTO event (key, body, at) VALUES (?, ?, ?)', [
      keyOf(body),
      body,
      wallClock.now(),
    ])
    return true
  })
}

// ------------------------------------------------------------------ as tutorials show it

interface EventRow {
  readonly key: string
  readonly body: string
  readonly at: number
}
const event = new EntitySchema<EventRow>({
  name: 'event',
  columns: { key: { type: 'text', primary: true }, body: { type: 'text' }, at: { type: 'integer' } },
})

export async function serveTutorial(file: string): Promise<string> {
  const source = await new DataSource({
    type: 'sqlite',
    database: file,
    entities: [event],
    synchronize: true,
  }).initialize()
  await source.query('PRAGMA journal_mode = WAL')
  await source.query('PRAGMA synchronous = FULL')
  const rows = source.getRepository(event)
  const parser = new XMLParser()
  return koaDoor(async (query, raw) => {
    const { xml } = parser.parse(raw) as { xml: { Encrypt: string } }
    const { timestamp, nonce, msg_signature: signature } = query
    if (getSignature(keys.token, String(timestamp), String(nonce), xml.Encrypt) !== signature) return false
    const { message } = decrypt(keys.aesKey, xml.Encrypt)
    parser.parse(message)
    const key = keyOf(message)
    if ((await rows.findOne({ where: { key } })) === null)
      await rows.save({ key, body: message, at: wallClock.now() })
    return true
  })
}
