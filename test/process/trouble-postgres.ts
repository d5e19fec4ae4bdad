/** A PostgreSQL of the test's own, and what may befall it under a working server. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import pg from 'pg'
import { freePort, temporaryFolder } from './harness.ts'
import { loadEmbeddedPostgres } from '../postgres.setup.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Trouble } from './trouble.ts'

export interface OwnPostgres {
  readonly url: string
  /** Filled to stop one database of it; null where none can be mounted. */
  readonly disk: SmallDisk | null
  start(): Promise<void>
  stop(): Promise<void>
  run(sql: string): Promise<void>
  remove(): Promise<void>
}

export async function openPostgres(disk: SmallDisk | null): Promise<OwnPostgres> {
  const folder = temporaryFolder()
  // Run as root, the binaries switch to a user of their own, who must reach the folder.
  chmodSync(folder.path, 0o777)
  const port = await freePort()
  const EmbeddedPostgres = await loadEmbeddedPostgres()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder.path, 'data'),
    user: 'siyu',
    password: 'siyu',
    port,
    // Its data outlive a stop.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  const url = `postgres://siyu:siyu@127.0.0.1:${String(port)}/postgres`
  const run = (sql: string): Promise<void> => onServer(url, sql)
  if (disk !== null) await makeTablespace(disk, run)
  return {
    url,
    disk,
    start: () => server.start(),
    stop: () => server.stop(),
    run,
    async remove() {
      if (disk !== null) await run('drop tablespace tight')
      await server.stop()
      folder.remove()
    },
  }
}

async function makeTablespace(disk: SmallDisk, run: OwnPostgres['run']): Promise<void> {
  const path = join(disk.path, 'tight')
  mkdirSync(path)
  if (spawnSync('chown', ['postgres:', path]).status !== 0) throw new Error(`${path} cannot be given away.`)
  await run(`create tablespace tight location '${path}'`)
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

type Prepare = (server: OwnPostgres) => Promise<Trouble>

/** A database that is dropped afterwards. */
async function database(
  server: OwnPostgres,
  more = '',
): Promise<Pick<Trouble, 'remove'> & { databaseUrl: string }> {
  const name = `siyu_${randomBytes(6).toString('hex')}`
  await server.run(`create database ${name} ${more}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return { databaseUrl: url.href, remove: () => server.run(`drop database ${name} with (force)`) }
}

export const postgresTroubles: Readonly<Record<string, Prepare>> = {
  stopped: async (server) => ({
    ...(await database(server)),
    begin: () => server.stop(),
    end: () => server.start(),
  }),
  // As short as it can be: the first refused callback is also the last.
  restarted: async (server) => ({
    ...(await database(server)),
    lastsMs: 0,
    begin: () => server.stop(),
    end: () => server.start(),
  }),
  'read-only': async (server) => {
    // Sessions that stand meet it at their next transaction.
    const set = async (value: string): Promise<void> => {
      await server.run(`alter system set default_transaction_read_only = ${value}`)
      await server.run('select pg_reload_conf()')
    }
    return { ...(await database(server)), begin: () => set('on'), end: () => set('off') }
  },
  locked: async (server) => {
    const own = await database(server)
    const other = new pg.Client({ connectionString: own.databaseUrl })
    return {
      ...own,
      async begin() {
        await other.connect()
        await other.query('begin')
        await other.query('lock table log_head in access exclusive mode')
      },
      end: () => other.end(),
    }
  },
  full: async (server) => ({
    ...(await database(server, 'tablespace tight')),
    begin: () => Promise.resolve(server.disk?.fill()),
    end: () => Promise.resolve(server.disk?.free()),
  }),
}
