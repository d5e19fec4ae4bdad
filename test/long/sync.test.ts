/**
 * The full comparison with WeCom of 100,000 customers and 1,000 groups by a real server that is killed three times: it
 * goes on where it stood, everybody is recorded once, and no limit of WeCom is met. SYNC_SCALE=0.1 a tenth of it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { minutes } from '../../src/base/clock.ts'
import { openDatabase } from '../../src/schema.ts'
import { emptyDatabase, openFleet } from '../process/fleet.ts'
import type { Fleet } from '../process/fleet.ts'
import { readiness, stopEverything } from '../process/harness.ts'
import type { ServerProcess } from '../process/harness.ts'

const scale = Number(process.env['SYNC_SCALE'] ?? 1)
const advisors = 250
const customersEach = Math.round(400 * scale)
const customers = advisors * customersEach
const groups = Math.round(1_000 * scale)
/** What batch/get_by_user answers at most, for a hundred members each. */
const contactsPerPage = 100
const pages = customers / contactsPerPage
const postgres = inject('postgresUrl')

afterAll(stopEverything)

const pathOf = { contacts: 'externalcontact/batch/get_by_user', groups: 'externalcontact/groupchat/get' }

/** How often WeCom was asked for each path. */
function asked({ simulator }: Fleet): {
  contactCalls: number
  groupCalls: number
  refused: number
  worstMinute: number
} {
  const calls = simulator.calls()
  const of = (path: string) => calls.filter(({ api }) => api === path)
  const worst = Object.values(pathOf).map((path) => {
    const at = of(path).map((call) => call.at)
    let from = 0
    let most = 0
    at.forEach((now, to) => {
      while (now - (at[from] ?? 0) >= minutes(1)) from += 1
      most = Math.max(most, to - from + 1)
    })
    return most
  })
  return {
    contactCalls: of(pathOf.contacts).length,
    groupCalls: of(pathOf.groups).length,
    refused: calls.filter(({ errcode }) => errcode === 45009 || errcode === 45033).length,
    worstMinute: Math.max(...worst),
  }
}

async function untilAsked(server: ServerProcess, isThere: () => boolean): Promise<void> {
  while (!isThere()) {
    if (server.program.exited()) throw new Error(`The server ended: ${server.program.stderr()}`)
    await pause(20)
  }
}

const comparisonOf = async ({ url }: ServerProcess): Promise<string | null> =>
  (await readiness(url)).missing.find(({ name }) => name === 'comparison')?.why ?? null

async function survives(databaseUrl: string, fleet: Fleet) {
  const startedAt = performance.now()
  const told: string[] = []
  const strikes = [
    () => asked(fleet).contactCalls >= pages * 0.3,
    () => asked(fleet).contactCalls >= pages * 0.8,
    () => asked(fleet).groupCalls >= groups * 0.5,
  ]
  for (const isThere of strikes) {
    const victim = await fleet.serve({ DATABASE_URL: databaseUrl })
    await untilAsked(victim, isThere)
    told.push((await comparisonOf(victim)) ?? '')
    await victim.program.end('SIGKILL')
  }
  const last = await fleet.serve({ DATABASE_URL: databaseUrl })
  while ((await comparisonOf(last)) !== null) await pause(200)
  const seconds = (performance.now() - startedAt) / 1_000
  const { db } = await openDatabase(databaseUrl, fleet.folder.path, 'create', fleet.clock.now())
  const count = async (sql: string): Promise<number> =>
    Number((await db.reader.rows<{ n: number }>(`select cast(count(*) as bigint) as n from ${sql}`))[0]?.n)
  const figures = {
    seconds: Math.round(seconds),
    told,
    ...asked(fleet),
    contactsHeld: await count(`relation where state = 'active'`),
    contactsRecorded: await count(`log where kind = 'contact-added'`),
    contactsRecordedOnce: await count(
      `(select external, staff from log where kind = 'contact-added' group by external, staff) x`,
    ),
    groupsHeld: await count(`chat_group where state = 'active'`),
    membersHeld: await count('group_member'),
    removed: await count(`log where kind in ('contact-removed', 'group-left', 'group-dismissed')`),
    seenLeft: await count('wecom_seen'),
  }
  await db.close()
  await last.program.end('SIGTERM')
  return figures
}

const databases: readonly (readonly [string, string])[] = [
  ['SQLite', 'sqlite'],
  ...(postgres === null ? [] : [['PostgreSQL', postgres] as const]),
]

describe.each(databases)('a full comparison on %s', (name, server) => {
  it('is gone on with after each kill, without loss or repeat, inside every limit', async () => {
    const fleet = await openFleet({
      shop: { advisors, customersEach, groups },
      at: '01:00',
      touchpoints: 'touchpoints: {}',
      latencyMs: 5,
    })
    const database = server === 'sqlite' ? null : await emptyDatabase(server)
    try {
      const figures = await survives(database?.url ?? `sqlite:${fleet.folder.path}/siyu.db`, fleet)
      process.stderr.write(`Sync ${name} ${JSON.stringify({ customers, ...figures })}\n`)
      expect(figures).toMatchObject({
        contactsHeld: customers,
        contactsRecorded: customers,
        contactsRecordedOnce: customers,
        groupsHeld: groups,
        membersHeld: groups * 2,
        removed: 0,
        refused: 0,
        seenLeft: 0,
      })
      // A call that was under way when it died is made again, and no other.
      expect(figures.contactCalls).toBeLessThanOrEqual(Math.ceil(pages) + advisors / 100 + 3)
      expect(figures.groupCalls).toBeLessThanOrEqual(groups + 3 * 8)
      expect(figures.worstMinute).toBeLessThan(10_000)
      for (const words of figures.told) expect(words).toMatch(/under way: \d+ contacts and \d+ groups so far/)
    } finally {
      await fleet.close()
      await database?.drop()
    }
  }, 1_800_000)
})
