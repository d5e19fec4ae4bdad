/**
 * `siyu bench ingest`: callbacks of WeCom, answered after they are on the disk, beside four other doors in turn.
 * `saturated`: as fast as 64 connections go, each event of a customer nobody knows; `known`: the same of customers known
 * already, in no order. `offered`: so many a second, with how late the answers came; the last rate is
 * more than any of them can take. CPU is that of the answering process alone. Ours keeps a log with a gapless head, drops
 * what it knows, learns who is meant and runs the projections; the others keep a row.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { wallClock } from '../base/clock.ts'
import { sealedEvent } from './ingest.sealed.ts'
import { closedLoop, forkServer, pacedLoop } from './load.ts'
import type { BenchServer, Load, Request, Seen } from './load.ts'
import { rounded, spreadOf } from './measure.ts'

export interface IngestBenchOptions {
  /** Callbacks a second. */
  readonly rates: readonly number[]
  readonly pairs: number
  /** Of one measurement. */
  readonly seconds: number
  readonly say?: (words: string) => void
}

const kinds = ['ours', 'node', 'group', 'each', 'tutorial'] as const
type Kind = (typeof kinds)[number]
type Server = BenchServer & { readonly started: { readonly url: string } }

const connections = 64
const knownCustomers = 10_000
/** Enough to meet them all. */
const meetingSeconds = 8

export async function benchIngest({ rates, pairs, seconds, say = () => undefined }: IngestBenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-bench-'))
  const servers = new Map<Kind, Server>()
  let sealed = 0
  /** Sealed before the clock runs; a callback that came before would be a duplicate. */
  const requests = (n: number): Request[] =>
    Array.from({ length: n }, () => sealedEvent((sealed += 1), wallClock.now()))
  const of = (customers: readonly number[]): Request[] =>
    customers.map((customer) => sealedEvent((sealed += 1), wallClock.now(), customer))
  const anyKnown = (n: number): number[] =>
    Array.from({ length: n }, () => 1 + Math.floor(Math.random() * knownCustomers))
  const loadOf = (server: Server, some: readonly Request[]): Load => ({
    url: server.started.url,
    server,
    connections,
    request: (n) => some[n % some.length] as Request,
  })
  const inTurn = async (measure: (server: Server) => Promise<Seen>) => {
    const all = new Map<Kind, Seen[]>(kinds.map((kind) => [kind, []]))
    for (let pair = 0; pair < pairs; pair += 1)
      for (const [kind, server] of servers) all.get(kind)?.push(await measure(server))
    return Object.fromEntries(kinds.map((kind) => [kind, figuresOf(all.get(kind) ?? [])])) as Record<
      Kind,
      Figures
    >
  }
  try {
    for (const kind of kinds) servers.set(kind, await forkServer('bench/ingest.server', [kind, folder]))
    for (const server of servers.values()) await closedLoop(loadOf(server, requests(3_000)), 0.5)
    say('saturated')
    const saturated = await inTurn((server) =>
      closedLoop(loadOf(server, requests(12_000 * seconds)), seconds),
    )
    say('saturated, of known customers')
    const everybody = of(Array.from({ length: knownCustomers }, (_, i) => 1 + i))
    for (const server of servers.values()) await closedLoop(loadOf(server, everybody), meetingSeconds)
    const known = await inTurn((server) =>
      closedLoop(loadOf(server, of(anyKnown(12_000 * seconds))), seconds),
    )
    const offered: Record<string, Record<Kind, Figures>> = {}
    for (const rate of rates) {
      say(`${String(rate)} a second`)
      offered[String(rate)] = await inTurn((server) =>
        pacedLoop(loadOf(server, requests(rate * seconds)), rate, seconds),
      )
    }
    const over = (kind: Kind): number =>
      rounded(saturated[kind].cpuMicros.median / saturated.ours.cpuMicros.median)
    return {
      bench: 'ingest',
      product: ['ours'],
      prototypes: kinds.filter((kind) => kind !== 'ours'),
      connections,
      pairs,
      seconds,
      loadAverage: loadavg().map(rounded),
      saturated,
      known,
      offered,
      knownOursOverGroup: rounded(known.ours.cpuMicros.median / known.group.cpuMicros.median),
      oursOverGroup: rounded(saturated.ours.cpuMicros.median / saturated.group.cpuMicros.median),
      oursOverNode: rounded(saturated.ours.cpuMicros.median / saturated.node.cpuMicros.median),
      eachOverOurs: over('each'),
      tutorialOverOurs: over('tutorial'),
    }
  } finally {
    for (const server of servers.values()) await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Figures = ReturnType<typeof figuresOf>

const figuresOf = (seen: readonly Seen[]) => ({
  cpuMicros: spreadOf(seen.map(({ cpuMicros }) => cpuMicros)),
  perSecond: spreadOf(seen.map(({ perSecond }) => perSecond)),
  p50Ms: spreadOf(seen.map(({ p50 }) => p50)),
  p99Ms: spreadOf(seen.map(({ p99 }) => p99)),
  maxMs: spreadOf(seen.map(({ max }) => max)),
  requests: seen.reduce((sum, { requests }) => sum + requests, 0),
  busy: seen.reduce((sum, { busy }) => sum + busy, 0),
  failed: seen.reduce((sum, { failed }) => sum + failed, 0),
  peakMemoryMb: Math.max(...seen.map(({ peakMemoryMb }) => peakMemoryMb)),
})
