/**
 * The smart bot of two servers on one PostgreSQL, asked all the time, while the one that holds it is killed with SIGKILL.
 * A question goes to whoever is connected, and WeCom keeps none for a bot that is not there (WECOM.md §4.4): what was in
 * the hands of the dead one may be lost, what is asked after the take-over may not, and nothing is answered twice.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { seconds } from '../../src/base/clock.ts'
import { leaseMs } from '../../src/wecom/aibot/lease.ts'
import { advisorOf, complete, emptyDatabase, openFleet, repeated } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { stopEverything, until } from './harness.ts'
import type { ServerProcess } from './harness.ts'

/** How often a server looks whether it may have the bot, and what it takes to connect on a busy machine. */
const lookMs = seconds(2)
const connectMs = seconds(2)
const afterwards = 40
/** Enough of them that nobody comes near the thirty answers a minute that WeCom allows to one chat. */
const advisors = 12

/** Asks by a name nobody has: the answer says it again, so each can be told from the others. */
class Asker {
  readonly #fleet: Fleet
  /** By number: whether anybody was connected. */
  readonly asked: boolean[] = []
  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }
  askOne(): number {
    const n = this.asked.length
    const text = `甲${String(n)}乙`
    const { delivered } = this.#fleet.simulator.world.botSays({ userid: advisorOf(n % advisors), text })
    this.asked.push(delivered)
    return n
  }
  answered(): string[] {
    return this.#fleet.simulator.ledger().flatMap(({ text }) => /没有叫“甲(\d+)乙”/.exec(text)?.[1] ?? [])
  }
}

const connected = async (fleet: Fleet): Promise<true | null> => {
  const answer = await fetch(`${fleet.simulator.url}/sim/bot/messages`)
  return ((await answer.json()) as { connected: boolean }).connected ? true : null
}

/** The holder dies with questions in its hands; answers how long nobody was there. */
async function takeOver(fleet: Fleet, holder: ServerProcess, asker: Asker): Promise<number> {
  const before = asker.asked.length
  while (asker.asked.length < before + 25) {
    asker.askOne()
    await pause(20)
  }
  // Some are said and their acknowledgement is on its way, some are being looked up.
  for (let n = 0; n < 8; n += 1) asker.askOne()
  await holder.program.end('SIGKILL')
  const diedAt = performance.now()
  await until('the bot is gone', async () => ((await connected(fleet)) ? null : true))
  while (!(await connected(fleet))) {
    asker.askOne()
    await pause(50)
    if (performance.now() - diedAt > seconds(30)) throw new Error('nobody took the bot over')
  }
  const gapMs = Math.round(performance.now() - diedAt)
  const later: number[] = []
  while (later.length < afterwards) {
    later.push(asker.askOne())
    await pause(20)
  }
  const missing = (): number[] => {
    const answered = new Set(asker.answered())
    return later.filter((n) => !answered.has(String(n)))
  }
  await until('everything asked afterwards is answered', () => (missing().length === 0 ? true : null), {
    timeoutMs: 10_000,
  }).catch(() => undefined)
  expect(missing()).toEqual([])
  return gapMs
}

afterAll(stopEverything)

const postgres = inject('postgresUrl')
if (postgres === null) process.stderr.write('!! skipped on PostgreSQL: the smart bot of a killed server\n')

it.runIf(postgres !== null)(
  'is taken over within its lease, answers nothing twice and loses nothing asked afterwards',
  { timeout: 180_000 },
  async () => {
    const database = await emptyDatabase(postgres ?? '')
    const shop = { advisors, customersEach: 1, groups: 0 }
    const fleet = await openFleet({ shop, at: '10:20', touchpoints: 'touchpoints: {}', latencyMs: 2 })
    const { botId, botSecret, botUrl } = fleet.simulator.bot
    const env = {
      DATABASE_URL: database.url,
      WECOM_BOT_ID: botId,
      WECOM_BOT_SECRET: botSecret,
      WECOM_BOT_URL: botUrl,
    }
    const first = await fleet.serve(env)
    await complete(first)
    await until('the bot is connected', () => connected(fleet))
    const second = await fleet.serve(env)
    const asker = new Asker(fleet)
    const gaps = [await takeOver(fleet, first, asker)]
    await fleet.serve(env)
    gaps.push(await takeOver(fleet, second, asker))
    const answered = asker.answered()
    process.stderr.write(
      `bot ${JSON.stringify({
        asked: asker.asked.length,
        toNobody: asker.asked.filter((delivered) => !delivered).length,
        answered: answered.length,
        gapMs: gaps,
      })}\n`,
    )
    expect(repeated(answered, (n) => n)).toEqual([])
    for (const gapMs of gaps) expect(gapMs).toBeLessThan(leaseMs + lookMs + connectMs)
    // What went to nobody is answered by nobody; of what was delivered only what died with a server is missing.
    const told = new Set(answered.map(Number))
    const undelivered = asker.asked.flatMap((delivered, n) => (delivered ? [] : [n]))
    expect(undelivered.filter((n) => told.has(n))).toEqual([])
    expect(answered.length).toBeGreaterThanOrEqual(2 * afterwards)
    await stopEverything()
    await fleet.close()
    await database.drop()
  },
)
