/** `recommend refresh | show | evaluate`: what goes with what, for whom, and whether it would have been right. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dayNumber, dayOf } from '../base/calendar.ts'
import { days, wallClock } from '../base/clock.ts'
import { openDb } from '../base/db.ts'
import type { Tx } from '../base/db.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { Refusal } from '../base/errors.ts'
import { readMeta } from '../base/meta.ts'
import type { Core } from '../core.ts'
import { customerOf, identitiesOf } from '../customer/index.ts'
import { openOrderLines } from '../files/index.ts'
import {
  evaluateRecommendations,
  loadRecommendSettings,
  orderLines,
  recommendFor,
  recommendShape,
  refreshCoPurchase,
  takeLines,
} from '../order/index.ts'
import type { Evaluation, Recommendation, RecommendSettings } from '../order/index.ts'
import { withCore } from './data.ts'

const peakMemoryMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024)
const secondsSince = (startedAt: number): number => Math.round(wallClock.steady() - startedAt) / 1000

export const refreshRecommendVerb = (): Promise<object> =>
  withCore(async ({ db, recommend, clock }) => {
    const startedAt = wallClock.steady()
    const day = dayOf(clock.now())
    const result = await refreshCoPurchase(db, recommend, dayNumber(day))
    return { day, ...result, seconds: secondsSince(startedAt), peakMemoryMb: peakMemoryMb() }
  })

export interface ShownRecommendations {
  readonly customer: string
  readonly day: string
  readonly recommendations: readonly Recommendation[]
}

export const showRecommendVerb = (who: string, options: { most?: number }): Promise<ShownRecommendations> =>
  withCore(async (core) => {
    const customer = await findCustomer(core, who)
    const day = dayOf(core.clock.now())
    const found = await recommendFor(core.db.reader, core.recommend, [customer], {
      dayNo: dayNumber(day),
      most: options.most ?? 5,
    })
    return { customer, day, recommendations: found.get(customer) ?? [] }
  })

/** A customer id, or any identity of hers. */
export async function findCustomer({ db }: Core, who: string): Promise<string> {
  if ((await identitiesOf(db.reader, [who])).size > 0) return who
  for (const kind of ['external', 'shop', 'phone'] as const) {
    const customer = await customerOf(db.reader, { kind, value: who })
    if (customer !== null) return customer
  }
  throw new Refusal('not-found', `There is no customer ${who.slice(0, 80)}.`, 404, {
    fix: 'Give a customer id, an external_userid or an id in the shop; `siyu log` shows them.',
  })
}

export interface EvaluateFlags {
  readonly data?: string
  readonly map?: string
  readonly dateFormat?: string
  readonly k?: number
  readonly customers?: number
  readonly holdoutDays?: number
  readonly seed?: number
  readonly unit?: string
  readonly measure?: string
}

export interface EvaluateAnswer extends Evaluation {
  readonly data: string
  /** Figures about a made-up shop say nothing about a real one. */
  readonly simulated: boolean
  readonly caveats: readonly string[]
  readonly seconds: number
  readonly peakMemoryMb: number
}

export async function evaluateRecommendVerb(flags: EvaluateFlags): Promise<EvaluateAnswer> {
  const data = flags.data ?? 'store'
  const startedAt = wallClock.steady()
  const settings = settingsOf(flags)
  const options = {
    settings,
    k: positive(flags.k ?? 10, '--k', 100),
    most: positive(flags.customers ?? 5_000, '--customers', 100_000),
    holdoutDays: positive(flags.holdoutDays ?? 28, '--holdout-days', 3_650),
    seed: flags.seed ?? 1,
  }
  const { figures, simulated, rejected } = await (data === 'store'
    ? ofStore(options)
    : data === 'simulator'
      ? ofSimulator(options)
      : ofFile(data, flags, options))
  return {
    data,
    simulated,
    caveats: caveatsOf(figures, simulated, rejected),
    ...figures,
    seconds: secondsSince(startedAt),
    peakMemoryMb: peakMemoryMb(),
  }
}

interface Measured {
  readonly figures: Evaluation
  readonly simulated: boolean
  readonly rejected: number
}
type Options = Parameters<typeof evaluateRecommendations>[2]

const ofStore = (options: Options): Promise<Measured> =>
  withCore(async ({ db }) => ({
    figures: enough(await db.aside((scratch) => evaluateRecommendations(scratch, orderLines, options))),
    simulated: (await readMeta(db.reader, 'corp')) === 'simulated',
    rejected: 0,
  }))

async function ofSimulator(options: Options): Promise<Measured> {
  const { seedShop } = await import('../simulator/shop/index.ts')
  const shop = seedShop({ seed: options.seed, now: wallClock.now() })
  const lines = shop.orders.flatMap((order) =>
    order.items.map(({ sku }) => ({
      customer: order.shopId,
      order_key: order.orderId,
      sku,
      day_no: dayNumber(dayOf(order.at)),
    })),
  )
  const figures = await onScratch(async (scratch) =>
    evaluateRecommendations(scratch, await takeLines(scratch, batchesOf(lines)), options),
  )
  return { figures: enough(figures), simulated: true, rejected: 0 }
}

async function* batchesOf<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < rows.length; from += 5_000) {
    await Promise.resolve()
    yield rows.slice(from, from + 5_000)
  }
}

async function ofFile(path: string, flags: EvaluateFlags, options: Options): Promise<Measured> {
  const file = await openOrderLines(path, {
    map: flags.map,
    dateFormat: flags.dateFormat,
    notAfter: wallClock.now() + days(1),
  })
  const figures = await onScratch(async (scratch) =>
    evaluateRecommendations(scratch, await takeLines(scratch, file.batches), options),
  )
  return { figures: enough(figures), simulated: false, rejected: file.totals.rejected }
}

/** Measuring a file needs a database to count in, but not the store. */
async function onScratch<T>(work: (scratch: Tx) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-evaluate-'))
  try {
    const db = await openDb({
      url: `sqlite:${join(folder, 'empty.db')}`,
      root: packageRoot,
      tables: [],
      migrations: [],
    })
    try {
      return await db.aside(work)
    } finally {
      await db.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function enough(figures: Evaluation): Evaluation {
  if (figures.lines > 0) return figures
  throw new Refusal('no-lines', 'There are no order lines to measure with.', 400, {
    fix: 'Import orders with their items (`siyu import orders FILE` with an items column), or name a file: --data FILE.',
  })
}

function caveatsOf(figures: Evaluation, simulated: boolean, rejected: number): string[] {
  const perOrder = figures.lines / Math.max(1, figures.orders)
  return [
    ...(simulated
      ? [
          'The shop is simulated: its baskets follow our own rules, so the figures say nothing about real customers.',
        ]
      : []),
    ...(perOrder < 2
      ? [
          `An order has ${perOrder.toFixed(2)} lines on average. If the lines are a sample of all lines, most of what was bought together is missing, and the figures are far below what whole baskets would give.`,
        ]
      : []),
    ...(rejected > 0 ? [`${String(rejected)} lines of the file could not be read and were left out.`] : []),
    'Offline figures tell what people bought without being offered it, not what an offer would change.',
  ]
}

function settingsOf(flags: EvaluateFlags): RecommendSettings {
  const settings = loadRecommendSettings(readEnv({ partial: true }).configDir)
  const wished = {
    ...settings,
    ...(flags.unit === undefined ? {} : { unit: flags.unit }),
    ...(flags.measure === undefined ? {} : { measure: flags.measure }),
  }
  const parsed = recommendShape.safeParse(wished)
  if (parsed.success) return parsed.data
  throw new Refusal('usage', parsed.error.issues.map(({ message }) => message).join('; '), 400, {
    fix: '--unit is customer or order, --measure is cosine or lift.',
  })
}

function positive(value: number, flag: string, most: number): number {
  if (value >= 1 && value <= most) return value
  throw new Refusal('usage', `${flag} ${String(value)} is not between 1 and ${String(most)}.`, 400)
}
