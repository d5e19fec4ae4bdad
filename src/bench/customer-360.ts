/**
 * `siyu bench 360`: the customer card over HTTP, 16 connections, against two peers in turn. `paced`: so many requests a
 * second with writes beside them (another process records clicks by group commit into the same database). `saturated`:
 * as fast as the connections go, without writes. CPU is that of the answering process alone.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Day } from '../base/calendar.ts'
import { ownModule } from '../base/own-module.ts'
import { customerProjections, people } from '../customer/index.ts'
import { createFlush, createRecorder } from '../interaction/index.ts'
import type { Recorder } from '../interaction/index.ts'
import { orderProjections } from '../order/index.ts'
import { outboxProjections } from '../outbox/index.ts'
import { segmentProjections } from '../segment/index.ts'
import { makeCardWorld } from './customer-360.world.ts'
import { rounded, spreadOf } from './measure.ts'
import { openPlace } from './place.ts'
import type { Place } from './place.ts'
import type { World } from './world.ts'

export interface CardBenchOptions {
  readonly sizes: readonly number[]
  readonly pairs: number
  /** Of one measurement. */
  readonly seconds: number
  readonly rate: number
  readonly writes: number
  readonly say?: (words: string) => void
}

const today: Day = '2026-05-20'
const connections = 16
const kinds = ['ours', 'repositories', 'raw'] as const
type Kind = (typeof kinds)[number]

export async function benchCustomer360(options: CardBenchOptions) {
  const runs = []
  for (const customers of options.sizes) runs.push(await oneSize(options, customers))
  const [small, large] = [runs[0], runs.at(-1)]
  return {
    bench: '360',
    product: ['ours'],
    prototypes: ['repositories', 'raw'],
    connections,
    rate: options.rate,
    writes: options.writes,
    pairs: options.pairs,
    runs,
    growth:
      small && large && small !== large
        ? {
            customers: rounded(large.customers / small.customers),
            cpu: rounded(large.paced.ours.cpuMicros.median / small.paced.ours.cpuMicros.median),
          }
        : null,
  }
}

async function oneSize(options: CardBenchOptions, customers: number) {
  const say = options.say ?? (() => undefined)
  const place = await openPlace('sqlite', today, null)
  const servers = new Map<Kind, Server>()
  try {
    say(`making ${String(customers)} customers`)
    const { world, ...made } = await makeCardWorld(place, { customers, today, followers: [] })
    say(`made in ${String(Math.round(world.seconds))} s`)
    for (const kind of kinds) servers.set(kind, await startServer(kind, place.url))
    const ids = Array.from({ length: 5_000 }, (_, i) => world.customer((i * 7919) % customers).id)
    for (const server of servers.values()) await closedLoop(server, ids, 1)
    const paced = await inTurn(servers, options.pairs, say, async (server) => {
      const writing = startWrites(place, world, options.writes)
      const seen = await pacedLoop(server, ids, options)
      return { ...seen, written: await writing.stop() }
    })
    const saturated = await inTurn(servers, options.pairs, say, (server) =>
      closedLoop(server, ids, options.seconds),
    )
    return {
      customers,
      orders: world.orders,
      ...made,
      loadAverage: loadavg().map(rounded),
      paced,
      saturated,
      repositoriesOverOurs: rounded(
        saturated.repositories.cpuMicros.median / saturated.ours.cpuMicros.median,
      ),
      oursOverRaw: rounded(saturated.ours.cpuMicros.median / saturated.raw.cpuMicros.median),
    }
  } finally {
    for (const server of servers.values()) await server.stop()
    await place.close()
  }
}

// ------------------------------------------------------------------ servers

interface Server {
  readonly url: string
  readonly cookie: string
  used(): Promise<{ cpu: NodeJS.CpuUsage; peakMemoryMb: number }>
  stop(): Promise<void>
  readonly path: (id: string) => string
}

async function startServer(kind: Kind, url: string): Promise<Server> {
  const child = fork(ownModule('bench/customer-360.server').path, [kind, url, today])
  const [started] = (await answerOf(child)) as [{ url: string; cookie: string }]
  return {
    ...started,
    path: (id) => (kind === 'ours' ? `/api/admin/customers/${id}` : `/${id}`),
    async used() {
      const answer = once(child, 'message')
      child.send('used')
      const [used] = (await answer) as [{ cpu: NodeJS.CpuUsage; peakMemoryMb: number }]
      return used
    },
    async stop() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

const answerOf = (child: ChildProcess): Promise<unknown[]> =>
  Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a server of the bench ended at once, with ${String(code)}`)
    }),
  ])

// ------------------------------------------------------------------ load

interface Seen {
  readonly cpuMicros: number
  readonly p50: number
  readonly p99: number
  readonly requests: number
  readonly failed: number
  readonly peakMemoryMb: number
}

async function measured(
  server: Server,
  load: (ask: (id: string, from: number) => Promise<void>) => Promise<void>,
): Promise<Seen> {
  const pool = new Pool(server.url, { connections, pipelining: 1 })
  const times: number[] = []
  let failed = 0
  const headers = server.cookie === '' ? {} : { cookie: server.cookie }
  const ask = async (id: string, from: number): Promise<void> => {
    const { statusCode, body } = await pool.request({ method: 'GET', path: server.path(id), headers })
    await body.arrayBuffer()
    if (statusCode !== 200) failed += 1
    times.push(performance.now() - from)
  }
  const before = await server.used()
  await load(ask)
  const after = await server.used()
  await pool.close()
  const micros = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return {
    cpuMicros: micros / Math.max(1, times.length),
    p50: at(0.5),
    p99: at(0.99),
    requests: times.length,
    failed,
    peakMemoryMb: after.peakMemoryMb,
  }
}

/** Each request has its moment; a late answer does not delay the next, and its lateness is counted. */
const pacedLoop = (
  server: Server,
  ids: readonly string[],
  { rate, seconds }: CardBenchOptions,
): Promise<Seen> =>
  measured(server, async (ask) => {
    const startedAt = performance.now()
    const running: Promise<void>[] = []
    for (let i = 0; i < rate * seconds; i += 1) {
      const dueAt = startedAt + (i * 1000) / rate
      const wait = dueAt - performance.now()
      if (wait > 1) await pause(wait)
      running.push(ask(ids[i % ids.length] ?? '', dueAt))
    }
    await Promise.all(running)
  })

const closedLoop = (server: Server, ids: readonly string[], seconds: number): Promise<Seen> =>
  measured(server, async (ask) => {
    const until = performance.now() + seconds * 1000
    let i = 0
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < until) {
          i += 1
          await ask(ids[i % ids.length] ?? '', performance.now())
        }
      }),
    )
  })

function startWrites(place: Place, world: World, rate: number): { stop(): Promise<number> } {
  const recorder = recorderOf(place)
  let n = 0
  let stopped = false
  const run = `${String(process.pid)}-${String(Math.trunc(performance.now() * 1000))}`
  const waiting: Promise<unknown>[] = []
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * rate) / 1000)
    for (; n < due && !stopped; n += 1) {
      const { external } = world.customer((n * 104_729) % world.customers)
      waiting.push(
        recorder.submit({
          kind: 'link-clicked',
          at: place.clock.now(),
          source: `bench:${run}`,
          sourceKey: String(n),
          who: { external },
          detail: { title: '每周专属内容' },
        }),
      )
    }
  }, 5)
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await Promise.all(waiting)
      return n
    },
  }
}

function recorderOf({ db, act }: Place): Recorder {
  const projections = [
    ...customerProjections,
    ...orderProjections,
    ...segmentProjections,
    ...outboxProjections,
  ]
  return createRecorder(db, act, createFlush({ people, projections, wake: () => undefined }))
}

// ------------------------------------------------------------------ in turn

async function inTurn(
  servers: ReadonlyMap<Kind, Server>,
  pairs: number,
  say: (words: string) => void,
  measure: (server: Server) => Promise<Seen & { readonly written?: number }>,
) {
  const all = new Map<Kind, (Seen & { readonly written?: number })[]>(kinds.map((kind) => [kind, []]))
  for (let pair = 0; pair < pairs; pair += 1) {
    say(`pair ${String(pair + 1)} of ${String(pairs)}`)
    for (const [kind, server] of servers) all.get(kind)?.push(await measure(server))
  }
  const figures = (kind: Kind) => {
    const seen = all.get(kind) ?? []
    return {
      cpuMicros: spreadOf(seen.map(({ cpuMicros }) => cpuMicros)),
      p50Ms: spreadOf(seen.map(({ p50 }) => p50)),
      p99Ms: spreadOf(seen.map(({ p99 }) => p99)),
      requests: seen.reduce((sum, { requests }) => sum + requests, 0),
      failed: seen.reduce((sum, { failed }) => sum + failed, 0),
      written: seen.reduce((sum, { written }) => sum + (written ?? 0), 0),
      peakMemoryMb: Math.max(...seen.map(({ peakMemoryMb }) => peakMemoryMb)),
    }
  }
  return { ours: figures('ours'), repositories: figures('repositories'), raw: figures('raw') }
}
