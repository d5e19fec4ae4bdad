/** What every benchmark does alike: time and CPU of a piece of work, medians, interleaved pairs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

export interface Cost {
  readonly ms: number
  /** Of this process, all threads; a database server's own is not in it. */
  readonly cpuMs: number
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  return { ms, cpuMs: (user + system) / 1000 }
}

export const rounded = (value: number): number => Number(value.toPrecision(4))

export function spreadOf(values: readonly number[]): Spread {
  const ascending = values.toSorted((a, b) => a - b)
  const middle = ascending.length >> 1
  const median =
    ascending.length % 2 === 1
      ? (ascending[middle] ?? 0)
      : ((ascending[middle - 1] ?? 0) + (ascending[middle] ?? 0)) / 2
  return { median: rounded(median), least: rounded(ascending[0] ?? 0), most: rounded(ascending.at(-1) ?? 0) }
}

export interface Costs {
  readonly ms: Spread
  readonly cpuMs: Spread
}

export const costsOf = (costs: readonly Cost[]): Costs => ({
  ms: spreadOf(costs.map(({ ms }) => ms)),
  cpuMs: spreadOf(costs.map(({ cpuMs }) => cpuMs)),
})

/** A B A B …: whatever else the machine does then falls on both. */
export async function interleaved<K extends string>(
  pairs: number,
  works: Readonly<Record<K, () => Promise<unknown>>>,
): Promise<Record<K, Costs>> {
  const names = Object.keys(works) as K[]
  const costs = new Map<K, Cost[]>(names.map((name) => [name, []]))
  for (let pair = 0; pair < pairs; pair += 1)
    for (const name of names) costs.get(name)?.push(await costOf(works[name]))
  return Object.fromEntries(names.map((name) => [name, costsOf(costs.get(name) ?? [])])) as Record<K, Costs>
}

const status = '/proc/self/status'

/** Memory in use now; from here on `peakMemoryMb` says the peak since, where the system can (Linux). */
export function memoryBefore(): number {
  if (existsSync('/proc/self/clear_refs')) writeFileSync('/proc/self/clear_refs', '5')
  return Math.round(process.memoryUsage().rss / 2 ** 20)
}

export function peakMemoryMb(): number {
  const kept = existsSync(status) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] : undefined
  return Math.round((kept === undefined ? process.resourceUsage().maxRSS : Number(kept)) / 1024)
}
