/**
 * `siyu bench 360`: the customer card over HTTP, 16 connections, against two peers in turn. `paced`: so many requests a
 * second with writes beside them (another process records clicks by group commit into the same database). `saturated`:
 * as fast as the connections go, without writes. CPU is that of the answering process alone.
 */
import { loadavg } from 'node:os'
import type { Day } from '../base/calendar.ts'
import { customerProjections, people } from '../customer/index.ts'
import { createFlush, createRecorder } from '../interaction/index.ts'
import type { Recorder } from '../interaction/index.ts'
import { orderProjections } from '../order/index.ts'
import { outboxProjections } from '../outbox/index.ts'
import { segmentProjections } from '../segment/index.ts'
import { makeCardWorld } from './customer-360.world.ts'
import { closedLoop, forkServer, pacedLoop } from './load.ts'
import type { BenchServer, Load, Seen } from './load.ts'
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
    for (const server of servers.values()) await closedLoop(loadOn(server, ids), 1)
    const paced = await inTurn(servers, options.pairs, say, async (server) => {
      const writing = startWrites(place, world, options.writes)
      const seen = await pacedLoop(loadOn(server, ids), options.rate, options.seconds)
      return { ...seen, written: await writing.stop() }
    })
    const saturated = await inTurn(servers, options.pairs, say, (server) =>
      closedLoop(loadOn(server, ids), options.seconds),
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

type Server = BenchServer & {
  readonly started: { readonly url: string; readonly cookie: string }
  readonly kind: Kind
}

const startServer = async (kind: Kind, url: string): Promise<Server> => ({
  ...(await forkServer<Server['started']>('bench/customer-360.server', [kind, url, today])),
  kind,
})

const loadOn = (server: Server, ids: readonly string[]): Load => {
  const { url, cookie } = server.started
  return {
    url,
    server,
    connections,
    request(n) {
      const id = ids[n % ids.length] ?? ''
      return {
        method: 'GET',
        path: server.kind === 'ours' ? `/api/admin/customers/${id}` : `/${id}`,
        headers: cookie === '' ? {} : { cookie },
      }
    },
  }
}

// ------------------------------------------------------------------ load

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
