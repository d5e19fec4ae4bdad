/** Servers of benchmarks in processes of their own, and the load on them: latencies here, CPU of the answering process alone. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { ownModule } from '../base/own-module.ts'

export interface Used {
  readonly cpu: NodeJS.CpuUsage
  readonly peakMemoryMb: number
}

export interface BenchServer {
  used(): Promise<Used>
  stop(): Promise<void>
}

/** `started`: what the process said first. On the message `used` it answers `Used`; it ends with the channel. */
export async function forkServer<Started>(
  module: string,
  args: readonly string[],
): Promise<BenchServer & { readonly started: Started }> {
  const child = fork(ownModule(module).path, [...args])
  const [started] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a server of the bench ended at once, with ${String(code)}`)
    }),
  ])) as [Started]
  return {
    started,
    async used() {
      const answer = once(child, 'message')
      child.send('used')
      const [used] = (await answer) as [Used]
      return used
    },
    async stop() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Load {
  readonly url: string
  readonly server: Pick<BenchServer, 'used'>
  readonly connections: number
  /** The n-th request of this load. */
  request(n: number): Request
}

export interface Seen {
  readonly cpuMicros: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly requests: number
  /** By status, those that were not 200. */
  readonly failed: number
  readonly busy: number
  readonly perSecond: number
  readonly peakMemoryMb: number
}

type Ask = (n: number, from: number) => Promise<void>

async function measured(
  { url, server, connections, request }: Load,
  drive: (ask: Ask) => Promise<void>,
): Promise<Seen> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const times: number[] = []
  let [failed, busy] = [0, 0]
  const ask: Ask = async (n, from) => {
    const { statusCode, body } = await pool.request(request(n))
    await body.arrayBuffer()
    if (statusCode === 503) busy += 1
    else if (statusCode !== 200) failed += 1
    times.push(performance.now() - from)
  }
  const before = await server.used()
  const startedAt = performance.now()
  await drive(ask)
  const seconds = (performance.now() - startedAt) / 1_000
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
    max: sorted.at(-1) ?? 0,
    requests: times.length,
    failed,
    busy,
    perSecond: times.length / seconds,
    peakMemoryMb: after.peakMemoryMb,
  }
}

/** Each request has its moment; a late answer does not delay the next, and its lateness is counted. */
export const pacedLoop = (load: Load, rate: number, seconds: number): Promise<Seen> =>
  measured(load, async (ask) => {
    const startedAt = performance.now()
    const running: Promise<void>[] = []
    for (let n = 0; n < rate * seconds; n += 1) {
      const dueAt = startedAt + (n * 1000) / rate
      const wait = dueAt - performance.now()
      if (wait > 1) await pause(wait)
      running.push(ask(n, dueAt))
    }
    await Promise.all(running)
  })

/** As fast as the connections go. */
export const closedLoop = (load: Load, seconds: number): Promise<Seen> =>
  measured(load, async (ask) => {
    const until = performance.now() + seconds * 1000
    let n = 0
    await Promise.all(
      Array.from({ length: load.connections }, async () => {
        while (performance.now() < until) {
          n += 1
          await ask(n, performance.now())
        }
      }),
    )
  })
