/**
 * R7: a flood of callbacks on a real server: 30 % of them duplicates, 5 % forged, 1 % malformed. At 2,000 a second all are
 * durable and soon; beyond what it can take it says so at once; whatever it answered 200 to is in the log after kill -9.
 * R7_SECONDS: of each phase.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { afterAll, expect, it } from 'vitest'
import { keys, sealedEvent } from '../../src/bench/ingest.sealed.ts'
import type { Request } from '../../src/bench/load.ts'
import { openDatabase } from '../../src/schema.ts'
import { freePort, spawnServer, answering, stopEverything, temporaryFolder } from '../process/harness.ts'

/** Callers at once when it is too much: more than the door lets wait. */
const crowd = 4_000
const seconds = Number(process.env['R7_SECONDS'] ?? 20)
afterAll(stopEverything)

interface Shot {
  readonly kind: 'fresh' | 'duplicate' | 'forged' | 'malformed'
  /** Which event it is or repeats. */
  readonly n: number
  readonly request: Request
}

let made = 0

/** Events in the order in which they are sent; a duplicate repeats one of the last thousand. */
function flood(count: number): Shot[] {
  const shots: Shot[] = []
  const sent: Shot[] = []
  for (let i = 0; i < count; i += 1) {
    const dice = Math.random()
    const earlier = sent[Math.max(0, sent.length - 1 - Math.floor(Math.random() * 1_000))]
    if (dice < 0.3 && earlier) shots.push({ ...earlier, kind: 'duplicate' })
    else {
      made += 1
      const request = sealedEvent(made, Date.now())
      const shot = (kind: Shot['kind'], more: Partial<Request> = {}): Shot => ({
        kind,
        n: made,
        request: { ...request, ...more },
      })
      if (dice < 0.35) shots.push(shot('forged', { path: request.path.replace(/nonce=\d/, 'nonce=9') }))
      else if (dice < 0.36) shots.push(shot('malformed', { body: (request.body ?? '').slice(0, -9) }))
      else {
        const fresh = shot('fresh')
        shots.push(fresh)
        sent.push(fresh)
      }
    }
  }
  return shots
}

interface Answered {
  readonly shot: Shot
  readonly status: number
  readonly ms: number
}

/**
 * Each leaves at its moment, whether the others were answered or not; status 0: the connection broke. Where so many are
 * under way that a further one would wait here and not there, it does not leave.
 */
async function fire(pool: Pool, shots: readonly Shot[], rate: number, most = Infinity): Promise<Answered[]> {
  const startedAt = performance.now()
  let underWay = 0
  const answers = await Promise.all(
    shots.map(async (shot, i): Promise<Answered | null> => {
      const dueAt = startedAt + (i * 1_000) / rate
      await pause(Math.max(0, dueAt - performance.now()))
      if (underWay >= most) return null
      underWay += 1
      const from = most === Infinity ? dueAt : performance.now()
      try {
        const { statusCode, body } = await pool.request(shot.request)
        await body.arrayBuffer()
        return { shot, status: statusCode, ms: performance.now() - from }
      } catch {
        return { shot, status: 0, ms: performance.now() - from }
      } finally {
        underWay -= 1
      }
    }),
  )
  return answers.filter((one) => one !== null)
}

const figuresOf = (answers: readonly Answered[]) => {
  const of = (status: number) => answers.filter((one) => one.status === status)
  const at = (some: readonly Answered[], share: number): number => {
    const sorted = some.map(({ ms }) => ms).sort((a, b) => a - b)
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  }
  const authentic = ({ shot: { kind } }: Answered): boolean => kind === 'fresh' || kind === 'duplicate'
  return {
    sent: answers.length,
    taken: of(200).length,
    busy: of(503).length,
    refused: of(403).length,
    broken: of(0).length,
    takenThoughForged: of(200).filter((one) => !authentic(one)).length,
    refusedThoughGenuine: of(403).filter(authentic).length,
    p50Ms: at(of(200), 0.5),
    p99Ms: at(of(200), 0.99),
    busyP99Ms: at(of(503), 0.99),
  }
}

const memoryMb = (pid: number): number =>
  Math.round(
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) / 1024,
  )

it('R7: a flood is durable and soon, too much is refused at once, and what was acknowledged survives kill -9', async () => {
  const folder = temporaryFolder()
  const url = `sqlite:${join(folder.path, 'siyu.db')}`
  const server = spawnServer({
    PORT: String(await freePort()),
    DATABASE_URL: url,
    WECOM_API_URL: 'http://127.0.0.1:9',
    WECOM_CORP_ID: keys.corpId,
    WECOM_AGENT_ID: '1000002',
    WECOM_AGENT_SECRET: 'a-secret-that-nobody-knows',
    WECOM_CALLBACK_TOKEN: keys.token,
    WECOM_CALLBACK_AES_KEY: keys.aesKey,
  })
  await answering(server)
  const pool = new Pool(server.url, { connections: 128, pipelining: 1 })
  await fire(pool, flood(1_000), 1_000)
  const permitted = await fire(pool, flood(2_000 * seconds), 2_000)
  const peakMb = memoryMb(server.program.pid)
  const shots = flood(8_000 * seconds)
  const crowded = new Pool(server.url, { connections: crowd, pipelining: 1 })
  const tooMuch = fire(crowded, shots, 8_000, crowd)
  await pause(seconds * 700)
  const floodedMb = memoryMb(server.program.pid)
  await server.program.end('SIGKILL')
  const overload = await tooMuch
  await Promise.all([pool.destroy(), crowded.destroy()])
  const { db } = await openDatabase(url, folder.path, 'create', Date.now())
  const rows = await db.reader.rows<{ external: string; n: number }>(
    `select external, cast(count(*) as bigint) as n from log where kind = 'contact-added' group by external`,
  )
  await db.close()
  folder.remove()
  const held = new Map(rows.map(({ external, n }) => [external, n]))
  const external = (n: number): string => `wmBench${String(n).padStart(24, '0')}`
  const acknowledged = [...permitted, ...overload].filter(({ status }) => status === 200)
  const figures = {
    seconds,
    permitted: figuresOf(permitted),
    overload: figuresOf(overload),
    peakMb,
    floodedMb,
    lost: acknowledged.filter(({ shot }) => !held.has(external(shot.n))).length,
    twice: [...held.values()].filter((n) => n > 1).length,
  }
  process.stderr.write(`R7 ${JSON.stringify(figures)}\n`)
  expect(figures).toMatchObject({ lost: 0, twice: 0 })
  for (const one of [figures.permitted, figures.overload])
    expect(one).toMatchObject({ takenThoughForged: 0, refusedThoughGenuine: 0 })
  expect(figures.permitted).toMatchObject({ busy: 0, broken: 0 })
  expect(figures.permitted.p99Ms).toBeLessThan(500)
  expect(figures.overload.busy).toBeGreaterThan(0)
  expect(figures.overload.busyP99Ms).toBeLessThan(5_000)
  expect(Math.max(peakMb, floodedMb)).toBeLessThan(400)
})
