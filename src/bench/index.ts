/** `siyu bench NAME`: every benchmark by its name, loaded when it is asked for. To add one: a file, a line here. */
import { Refusal } from '../base/errors.ts'
import type { Dialect } from './place.ts'

export interface BenchOptions {
  readonly sizes?: string | undefined
  readonly databases?: string | undefined
  readonly pairs?: string | undefined
  readonly seconds?: string | undefined
  readonly days?: string | undefined
  readonly promises?: string | undefined
  readonly rate?: string | undefined
  readonly writes?: string | undefined
  readonly postgresUrl?: string | undefined
  readonly databaseUrl?: string | undefined
  readonly redisUrl?: string | undefined
}

type Bench = (options: BenchOptions, say: (words: string) => void) => Promise<object>

const benches: Readonly<Record<string, Bench>> = {
  clv: async (options, say) =>
    (await import('./clv.ts')).benchClv({
      sizes: numbers(options.sizes ?? '2357,23570,235700'),
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      say,
    }),
  segment: async (options, say) =>
    (await import('./segment.ts')).benchSegment({
      sizes: numbers(options.sizes ?? '100000,300000,1000000'),
      databases: databasesOf(options.databases ?? 'sqlite'),
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      postgresUrl: options.postgresUrl,
      say,
    }),
  plan: async (options, say) =>
    (await import('./plan.ts')).benchPlan({
      sizes: numbers(options.sizes ?? '10000,100000'),
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      days: options.days === '0' ? 0 : (numbers(options.days ?? '30')[0] ?? 30),
      say,
    }),
  freshness: async (options, say) =>
    (await import('./freshness.ts')).benchFreshness({
      customers: numbers(options.sizes ?? '1000000')[0] ?? 1_000_000,
      seconds: numbers(options.seconds ?? '60')[0] ?? 60,
      rate: numbers(options.rate ?? '500')[0] ?? 500,
      databaseUrl: options.databaseUrl,
      say,
    }),
  dispatch: async (options, say) =>
    (await import('./dispatch.ts')).benchDispatch({
      promises: numbers(options.promises ?? '100000')[0] ?? 100_000,
      sizes: numbers(options.sizes ?? '1000,10000'),
      perSecond: numbers(options.rate ?? '167')[0] ?? 167,
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      redisUrl: options.redisUrl,
      say,
    }),
  crash: async (options, say) =>
    (await import('./crash.ts')).benchCrash({
      messages: numbers(options.promises ?? '4000')[0] ?? 4_000,
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      redisUrl: options.redisUrl,
      say,
    }),
  ingest: async (options, say) =>
    (await import('./ingest.ts')).benchIngest({
      rates: numbers(options.rate ?? '200,1000,2000,8000'),
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      seconds: numbers(options.seconds ?? '5')[0] ?? 5,
      say,
    }),
  limiter: async (options, say) =>
    (await import('./limiter.ts')).benchLimiter({
      perSecond: numbers(options.rate ?? '100')[0] ?? 100,
      seconds: numbers(options.seconds ?? '5')[0] ?? 5,
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      postgresUrl: options.postgresUrl,
      redisUrl: options.redisUrl,
      say,
    }),
  '360': async (options, say) =>
    (await import('./customer-360.ts')).benchCustomer360({
      sizes: numbers(options.sizes ?? '100000,1000000'),
      pairs: numbers(options.pairs ?? '5')[0] ?? 5,
      seconds: numbers(options.seconds ?? '5')[0] ?? 5,
      rate: numbers(options.rate ?? '300')[0] ?? 300,
      writes: numbers(options.writes ?? '500')[0] ?? 500,
      say,
    }),
}

export const benchNames: readonly string[] = Object.keys(benches)

const usage = (message: string, fix: string): Refusal => new Refusal('usage', message, 400, { fix })

function numbers(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !Number.isSafeInteger(value) || value < 1))
    throw usage(`"${text}" is not a list of whole numbers.`, 'Write it as 100000,1000000.')
  return values
}

function databasesOf(text: string): Dialect[] {
  const names = text.split(',')
  const known: readonly string[] = ['sqlite', 'postgres']
  if (names.some((name) => !known.includes(name)))
    throw usage(`"${text}" names a database that is not known.`, 'Use --databases sqlite,postgres.')
  return names as Dialect[]
}

export async function runBench(
  name: string,
  options: BenchOptions,
  say: (words: string) => void,
): Promise<object> {
  const bench = benches[name]
  if (!bench) throw usage(`There is no bench "${name}".`, `Use one of: ${benchNames.join(', ')}.`)
  return bench(options, say)
}
