/**
 * R4 (RELIABILITY.md §4): the database under a working server is full, read-only, locked, stopped or restarted. Callbacks
 * are answered 5xx and never lost, nothing is sent unmeant, and within five seconds of the repair all is as before.
 * Disks of their own need root (a small tmpfs); without it SQLite is limited by a pragma, and PostgreSQL's disk is left
 * out: both are said aloud. R4_ONLY=postgres lives those alone.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopEverything } from '../process/harness.ts'
import { openPostgres, postgresTroubles } from '../process/trouble-postgres.ts'
import type { OwnPostgres } from '../process/trouble-postgres.ts'
import { mayMount, smallDisk } from '../process/small-disk.ts'
import type { SmallDisk } from '../process/small-disk.ts'
import { throughTrouble } from '../process/trouble.ts'
import type { TroubleReport } from '../process/trouble.ts'
import { sqliteTroubles } from '../process/trouble-sqlite.ts'

afterAll(stopEverything)

const only = process.env['R4_ONLY']

function expectSurvived(name: string, report: TroubleReport): void {
  const { problems, ...figures } = report
  process.stderr.write(`R4 ${JSON.stringify({ name, ...figures })}\n`)
  expect(problems).toEqual([])
  // Not a 4xx, not a broken connection, and never a 200 that the log does not hold.
  expect(report.otherAnswers).toEqual([])
  expect(report.refusedCallbacks).toBeGreaterThan(0)
  expect(report.takenAndLost).toEqual([])
  expect(report.errorsSaid).toEqual([])
  expect(report.readyAfterMs).toBeLessThan(5_000)
}

describe.runIf(only !== 'postgres')('R4 on SQLite', () => {
  it.each(Object.entries(sqliteTroubles))('%s', { timeout: 300_000 }, async (name, prepare) => {
    expectSurvived(`SQLite ${name}`, await throughTrouble(prepare()))
  })
})

describe.runIf(only !== 'sqlite')('R4 on PostgreSQL', () => {
  let server: OwnPostgres
  let disk: SmallDisk | null = null
  beforeAll(async () => {
    disk = smallDisk(64)
    server = await openPostgres(disk)
  })
  afterAll(async () => {
    await server.remove()
    disk?.remove()
  })
  const mountable = mayMount()
  if (!mountable)
    process.stderr.write('!! PostgreSQL on a full disk is left out: no tmpfs may be mounted here\n')

  const names = Object.keys(postgresTroubles).filter((name) => mountable || name !== 'full')
  it.each(names)('%s', { timeout: 300_000 }, async (name) => {
    const prepare = postgresTroubles[name]
    if (!prepare) throw new Error(`No trouble is called ${name}.`)
    expectSurvived(`PostgreSQL ${name}`, await throughTrouble(await prepare(server)))
  })
})
