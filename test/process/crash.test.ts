/** R1 in its short form: some 450 deliveries through four APIs, 20 kills. The long one is test/long/R1.test.ts. */
import { availableParallelism, loadavg } from 'node:os'
import { afterAll, expect, inject, it } from 'vitest'
import { postgresDatabase } from '../database.ts'
import { drainUnderFire } from './drain.ts'
import type { DrainPlan } from './drain.ts'
import type { FireReport } from './drain-fire.ts'
import { problemsOf } from './drain-judge.ts'
import { stopEverything } from './harness.ts'

afterAll(stopEverything)

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))

const plan: DrainPlan = {
  seed,
  staff: 12,
  customers: 150,
  groups: 10,
  cards: 70,
  phoneCards: 40,
  broadcasts: 110,
  groupBroadcasts: 15,
  copies: 0,
  tags: 40,
  newcomers: 30,
  // The ceiling of a minute is the long proof's: here nobody waits for one.
  cardsForOne: 8,
  kills: 20,
  latencyMs: 150,
  longestLifeMs: 500,
  databaseUrl: null,
  patienceMs: 120_000,
  ...(process.env['CRASH_SAYS'] ? { say: (line: string) => void process.stderr.write(`${line}\n`) } : {}),
}

/** How many wait for each core; the figures are told with it. */
const crowdingNow = (): number => Math.max(1, Math.round((loadavg()[0] ?? 0) / availableParallelism()))

async function survives(what: string, changed: Partial<DrainPlan>): Promise<FireReport> {
  const { warnings, ...report } = await drainUnderFire({ ...plan, ...changed })
  process.stderr.write(`R1 ${what} ${JSON.stringify({ seed, crowding: crowdingNow(), ...report })}\n`)
  expect(problemsOf(report), warnings.join('\n')).toEqual([])
  expect(Object.keys(report.accepted).sort()).toEqual([
    'add_msg_template',
    'mark_tag',
    'message/send',
    'send_welcome_msg',
  ])
  return { warnings, ...report }
}

it('loses nothing and sends nothing twice over 20 kills', { timeout: 300_000 }, async () => {
  const { restartToFirstSendMs, killsInHand, failPoints } = await survives('SQLite', {})
  const crowding = crowdingNow()
  // The median, and more where more than one process waits for each core: that is not the server's time.
  expect(restartToFirstSendMs.median).toBeLessThan(5_000 * crowding)
  expect(killsInHand).toBeGreaterThan(8)
  // Where work of its kind was there; a place that is never passed any more would show.
  expect(Object.keys(failPoints).length).toBeGreaterThan(5)
})

const postgres = inject('postgresUrl')
if (postgres === null) process.stderr.write('!! skipped on PostgreSQL: a drain under kills\n')

it.runIf(postgres !== null)('nor on PostgreSQL, over four', { timeout: 240_000 }, async () => {
  const database = await postgresDatabase(postgres ?? '')
  await survives('PostgreSQL', {
    databaseUrl: database.url,
    staff: 6,
    customers: 60,
    groups: 5,
    cards: 30,
    phoneCards: 20,
    broadcasts: 40,
    groupBroadcasts: 10,
    tags: 20,
    newcomers: 10,
    cardsForOne: 5,
    kills: 4,
  })
  await database.drop()
})
