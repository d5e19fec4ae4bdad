/**
 * R16 (RELIABILITY.md §4): a delivery, and a job, that kill the process which works on them. Real processes, killed by
 * SIGKILL from inside (fail-points.mjs), each time they come to it; whoever supervises starts the server again.
 */
import { afterAll, expect, it } from 'vitest'
import type { Core } from '../../src/core.ts'
import { listPromises, resolveHeld } from '../../src/outbox/index.ts'
import type { Candidate } from '../../src/outbox/index.ts'
import { contactsOf, countOf, inParts, onGround, owed } from './drain.ts'
import type { Ground } from './drain.ts'
import type { LedgerRow } from './drain-judge.ts'
import { livesNow, spawnServer, stopEverything, until } from './harness.ts'
import type { ServerProcess, Settings } from './harness.ts'

afterAll(stopEverything)

const shop = { staff: 4, customers: 24, groups: 0 }
const venom = '毒药'
const poisonJob = 'open-games'
/** What a fall leaves unknown is looked up this soon. */
const soon: Settings = { SIYU_RECONCILE_DELAYS_MS: '100,200,400' }

interface Supervisor {
  /** Starts the server again whenever it fell, until `done`. Answers how often it fell. */
  until(done: () => Promise<boolean>, afterFall?: () => Promise<void>): Promise<number>
  stop(): Promise<void>
}

function supervise(env: Settings): Supervisor {
  const standBy = (): ServerProcess => spawnServer(env, { standBy: true })
  let [server, next] = [standBy(), standBy()]
  server.program.begin()
  return {
    async until(done, afterFall) {
      let falls = 0
      const look = async (): Promise<true | null> => {
        if (!server.program.exited()) return (await done()) ? true : null
        expect(server.program.stderr()).toMatch(/^fail point (words|job)/m)
        falls += 1
        await afterFall?.()
        server = next
        server.program.begin()
        next = standBy()
        return null
      }
      await until('the quarantine', look, { timeoutMs: 120_000 })
      return falls
    },
    async stop() {
      await next.program.end('SIGKILL')
      await until('an answer', () => livesNow(server))
      expect((await server.program.end('SIGTERM')).code).toBe(0)
    },
  }
}

interface Expected {
  readonly poison: string
  readonly others: number
}

async function heldOnly(core: Core, { poison, others }: Expected): Promise<boolean> {
  const held = await countOf(core, `promise where dedupe_key = '${poison}' and state = 'held'`)
  const sent = await countOf(core, `promise where state = 'waiting'`)
  return held === 1 && sent === others
}

/** As the console lists it, and as the log tells it. */
async function shownToAPerson(core: Core, poison: string): Promise<void> {
  const { items } = await listPromises(core.db.reader, { state: 'held', page: 1, size: 10 })
  const found = items.filter(({ dedupe_key }) => dedupe_key === poison)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ settle_code: 'poison' })
  expect(found[0]?.settle_words).toContain('需人工处理')
  expect(
    await countOf(core, `log where kind = 'touch-held' and source_key like '%${found[0]?.id ?? ''}%'`),
  ).toBe(1)
  await core.act({ kind: 'staff', userid: 'boss' }, (ctx) => resolveHeld(ctx, found[0]?.id ?? '', 'cancel'))
}

async function poisoned(core: Core, n: number): Promise<Candidate> {
  const [first] = await contactsOf(core)
  if (!first) throw new Error('The shop is empty.')
  const content = { text: `${venom}${String(n)} [[link:me]]`, why: `${venom}${String(n)}` }
  return { ...owed(core, first, 'broadcast', n), priority: 90, content }
}

/** By the simulator's ledger: cards by their task, broadcasts by their words and who got them. */
async function acceptedOnce({ simulator }: Ground, many: number): Promise<void> {
  const { rows } = await simulator.get<{ rows: LedgerRow[] }>('ledger')
  const keys = rows.map((row) => row.body.template_card?.task_id ?? `${row.recipient} ${row.text}`)
  expect(keys.filter((key) => key.includes(venom))).toEqual([])
  expect(keys).toHaveLength(many)
  expect(new Set(keys).size).toBe(many)
}

it(
  'what kills its process three times is held for a person, and the others go on',
  { timeout: 300_000 },
  async () => {
    await onGround(shop, null, async (ground) => {
      const { core, simulator } = ground
      await simulator.post('settings', { dispatchMs: 50 })
      const slots = await dueAgain(core)
      const server = supervise({ ...ground.env, ...soon, FAIL_WORDS: venom, FAIL_JOB: poisonJob })

      const ofTheJob = await server.until(
        () => isExhausted(core, slots),
        () => leasesEnd(core),
      )
      expect(ofTheJob).toBe(3)
      expect(await countOf(core, `job_slot where job = '${poisonJob}' and attempts = 3`)).toBe(1)

      // Alone in hand, nobody else can be to blame: three falls.
      const alone = await poisoned(core, 0)
      await inParts(core, [alone])
      const inSolitude = await server.until(() => heldOnly(core, { poison: alone.dedupeKey, others: 0 }))
      expect(inSolitude).toBe(3)
      await shownToAPerson(core, alone.dedupeKey)

      // In a crowd each fall is shared, until the suspects are called one at a time.
      const hidden = await poisoned(core, 1)
      const others = (await contactsOf(core))
        .slice(1)
        .map((to, n) => owed(core, to, n % 2 === 0 ? 'advisor-task' : 'broadcast', 10 + n))
      await inParts(core, [hidden, ...others])
      const expected = { poison: hidden.dedupeKey, others: others.length }
      const inACrowd = await server.until(() => heldOnly(core, expected))
      expect(inACrowd).toBeGreaterThanOrEqual(3)
      expect(inACrowd).toBeLessThanOrEqual(5)
      await shownToAPerson(core, hidden.dedupeKey)
      await acceptedOnce(ground, others.length)

      await server.stop()
      process.stderr.write(`R16 falls ${JSON.stringify({ ofTheJob, inSolitude, inACrowd })}\n`)
    })
  },
)

/** All slots of the day fall due again; answers how many. */
async function dueAgain(core: Core): Promise<number> {
  const slots = await countOf(core, 'job_slot')
  await core.db.tx((tx) => tx.run('DELETE FROM job_slot'))
  return slots
}

/** Every other slot of the day ran to its end. */
const isExhausted = async (core: Core, slots: number): Promise<boolean> =>
  (await countOf(core, `job_slot where job = '${poisonJob}' and state = 'exhausted'`)) === 1 &&
  (await countOf(core, `job_slot where state in ('running', 'failed')`)) === 0 &&
  (await countOf(core, `job_slot where state = 'done'`)) >= slots - 1

/** The dead do not beat: eight seconds each time are not waited for. */
const leasesEnd = async (core: Core): Promise<void> => {
  await core.db.tx((tx) => tx.run(`UPDATE job_slot SET lease_until = 0 WHERE state = 'running'`))
}
