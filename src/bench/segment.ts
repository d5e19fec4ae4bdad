/**
 * `siyu bench segment`: the product's own statements and deeds against three peers, in turn, on a generated shop.
 *
 * full: everybody's standing from the day buckets. kept: the same from the figures kept, as after a changed condition.
 * incremental: customers with one new order each, judged, written and logged by the deed that the follower uses.
 */
import { addDays, dayNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Tx } from '../base/db.ts'
import { system } from '../base/act.ts'
import {
  countStandings,
  differingIn,
  momentToday,
  publishStandings,
  resegment,
  standingsTable,
} from '../segment/index.ts'
import type { Moment } from '../segment/index.ts'
import { openDuck } from './duck.ts'
import { costOf, costsOf, interleaved, memoryBefore, peakMemoryMb, rounded, spreadOf } from './measure.ts'
import type { Cost, Costs } from './measure.ts'
import { openPlace, startPostgres } from './place.ts'
import type { Dialect, Place } from './place.ts'
import { duckTables, handCountsSql, handSql, ormLoop } from './segment.peers.ts'
import type { HandQuestion } from './segment.peers.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

export interface SegmentBenchOptions {
  /** Numbers of customers. */
  readonly sizes: readonly number[]
  readonly databases: readonly Dialect[]
  readonly pairs: number
  readonly postgresUrl?: string | undefined
  /** Customers that the ORM loop goes through; the rest is extrapolated. */
  readonly ormSample?: number
  readonly say?: (words: string) => void
}

const today: Day = '2026-05-20'
const changedShares = [0.001, 0.01, 0.1]
/** Also measured at every size, so that growth with the shop shows. */
const changedAlways = [1_000, 10_000]

export async function benchSegment(options: SegmentBenchOptions) {
  const needsServer = options.databases.includes('postgres') && options.postgresUrl === undefined
  const server = needsServer ? await startPostgres() : null
  const postgresUrl = options.postgresUrl ?? server?.url ?? null
  try {
    const runs = []
    for (const dialect of options.databases)
      for (const customers of options.sizes)
        runs.push(await oneSize(options, dialect, customers, postgresUrl))
    return {
      bench: 'segment',
      product: ['full.ours', 'fullCompared', 'kept', 'incremental'],
      prototypes: ['full.hand', 'full.duckdb', 'ormLoop'],
      pairs: options.pairs,
      runs,
      growth: growthOf(runs),
    }
  } finally {
    await server?.stop()
  }
}

type Run = Awaited<ReturnType<typeof oneSize>>

async function oneSize(
  options: SegmentBenchOptions,
  dialect: Dialect,
  customers: number,
  postgresUrl: string | null,
) {
  const say = options.say ?? (() => undefined)
  const place = await openPlace(dialect, today, postgresUrl)
  try {
    say(`${dialect}: making ${String(customers)} customers`)
    const world = await makeWorld(place, { customers, today })
    say(`made in ${String(Math.round(world.seconds))} s`)
    const moment = await momentToday(place.db.reader, place.rules, today)
    const first = await oursAlone(place, moment)
    const agree = await agreement(place, moment)
    say(`full: ${String(options.pairs)} pairs`)
    const full = await fullPairs(place, moment, options.pairs)
    const more = await comparedAndKept(place, moment, options.pairs)
    say('incremental')
    const incremental = await changes(place, world)
    const orm = await ormRate(place, world, moment, options.ormSample ?? 200)
    return {
      database: dialect,
      customers,
      purchaseDays: world.purchaseDays,
      generatedSeconds: rounded(world.seconds),
      memoryMb: first.memoryMb,
      tiersAgree: agree,
      full: {
        ours: full.ours,
        hand: full.hand,
        duckdb: full.duckdb,
        oursOverHand: rounded(full.ours.ms.median / full.hand.ms.median),
        ...(dialect === 'sqlite'
          ? { oursOverHandCpu: rounded(full.ours.cpuMs.median / full.hand.cpuMs.median) }
          : {}),
      },
      fullCompared: more.compared,
      kept: more.kept,
      incremental: incremental.map((one) => ({
        ...one,
        cheaperThanFull: rounded(more.compared.ms.median / one.ms),
        ...(dialect === 'sqlite'
          ? { cheaperThanFullCpu: rounded(more.compared.cpuMs.median / one.cpuMs) }
          : {}),
      })),
      ormLoop: { ...orm, overOurs: rounded(orm.extrapolatedMs / full.ours.ms.median) },
    }
  } finally {
    await place.close()
  }
}

// ------------------------------------------------------------------ everybody

/** Before any peer has taken memory. */
async function oursAlone({ db, rules }: Place, moment: Moment) {
  const before = memoryBefore()
  await db.aside((scratch) => standingsTable(scratch, rules, moment))
  return { memoryMb: { before, peak: peakMemoryMb() } }
}

const handOf = (place: Place, moment: Moment, divide = '/'): HandQuestion => {
  const [need] = place.rules.cutNeeds
  return {
    dayNo: moment.dayNo,
    cutFen: (need && moment.cuts.get(need.name)?.cutFen) ?? 0,
    divide,
  }
}

const keyed = (rows: readonly object[]): Record<string, number> =>
  Object.fromEntries(
    rows
      .map((row) => {
        const { n, ...kind } = row as { n: number | bigint }
        return [JSON.stringify(Object.entries(kind).sort()), Number(n)] as const
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Counts by tier, both kinds of dormancy and stage, ours against the hand-written SQL; DuckDB is asked in its turn. */
async function agreement(place: Place, moment: Moment): Promise<boolean> {
  const [ours, hand] = await place.db.aside(async (scratch) => [
    keyed(await countStandings(scratch, place.rules, moment)),
    keyed(await scratch.rows(handCountsSql(handOf(place, moment)))),
  ])
  if (JSON.stringify(ours) !== JSON.stringify(hand))
    throw new Error(`The product and the hand-written SQL disagree: ${JSON.stringify({ ours, hand })}`)
  return true
}

async function fullPairs(
  place: Place,
  moment: Moment,
  pairs: number,
): Promise<{ ours: Costs; hand: Costs; duckdb: Costs }> {
  const { db, rules } = place
  const hand = handSql(handOf(place, moment))
  const inDuck = handOf(place, moment, '//')
  const duck = await openDuck(db.reader, duckTables)
  try {
    const theirs = keyed(await duck.rows(handCountsSql(inDuck)))
    const ours = keyed(await db.aside((scratch) => countStandings(scratch, rules, moment)))
    if (JSON.stringify(ours) !== JSON.stringify(theirs))
      throw new Error(`The product and DuckDB disagree: ${JSON.stringify({ ours, theirs })}`)
    return await interleaved(pairs, {
      ours: () => db.aside((scratch) => standingsTable(scratch, rules, moment)),
      hand: () => db.aside((scratch) => handTable(scratch, hand)),
      duckdb: () => duck.rows(`create or replace table hand as ${handSql(inDuck)}`),
    })
  } finally {
    duck.close()
  }
}

async function handTable(scratch: Tx, hand: string): Promise<void> {
  await scratch.rows(`create temp table tmp_hand as ${hand}`)
}

/** What the nightly run does: compute, compare with what is stored, name those who differ. */
async function comparedAndKept(
  { db, rules }: Place,
  moment: Moment,
  pairs: number,
): Promise<{ compared: Costs; kept: Costs }> {
  const look = (from: 'buckets' | 'kept') => () =>
    db.aside((scratch) => differingIn(scratch, rules, moment, from))
  return interleaved(pairs, { compared: look('buckets'), kept: look('kept') })
}

// ------------------------------------------------------------------ some

interface Change {
  readonly changed: number
  readonly moved: number
  readonly ms: number
  readonly cpuMs: number
  readonly usPerCustomer: number
  readonly cpuUsPerCustomer: number
  /** Without the log rows of the moves and the tags: what the peers' figures are about. */
  readonly judgedAndWritten: { readonly usPerCustomer: number; readonly cpuUsPerCustomer: number }
}

const chunk = 500

async function judgeOnly(place: Place, ids: readonly string[], day: Day): Promise<void> {
  for (let from = 0; from < ids.length; from += chunk)
    await place.db.tx(async (tx) => {
      const moment = await momentToday(tx, place.rules, day)
      await publishStandings(tx, place.rules, moment, ids.slice(from, from + chunk))
    }, 'bulk')
}

/** Customers spread over the shop order once more; then the deed judges, writes and logs them, 500 at a time. */
async function changes(place: Place, world: World): Promise<Change[]> {
  const counts = [
    ...new Set([
      ...changedShares.map((share) => Math.round(world.customers * share)),
      ...changedAlways.filter((n) => n <= world.customers / 10),
    ]),
  ]
  const done: Change[] = []
  let turn = 0
  for (const changed of counts.filter((n) => n > 0).sort((a, b) => a - b)) {
    turn += 1
    const day = addDays(today, turn)
    place.clock.set(place.clock.now() + 86_400_000)
    const step = Math.floor(world.customers / changed)
    const ids = Array.from(
      { length: changed * 2 },
      (_, i) => world.customer((Math.floor((i * step) / 2) + turn) % world.customers).id,
    )
    await orderOnceMore(place, ids, dayNumber(day))
    // Others than those of the deed, so that each finds work to do.
    const others = ids.filter((_, i) => i % 2 === 1)
    const judged = await costOf(() => judgeOnly(place, others, day))
    const mine = ids.filter((_, i) => i % 2 === 0)
    let moved = 0
    const cost = await costOf(async () => {
      for (let from = 0; from < mine.length; from += chunk) {
        const causes = new Map(mine.slice(from, from + chunk).map((id) => [id, 'order' as const]))
        moved += await place.act(system('bench'), (ctx) => resegment(ctx, place.rules, causes), 'bulk')
      }
    })
    done.push({
      changed,
      moved,
      ms: rounded(cost.ms),
      cpuMs: rounded(cost.cpuMs),
      usPerCustomer: rounded((cost.ms * 1000) / changed),
      cpuUsPerCustomer: rounded((cost.cpuMs * 1000) / changed),
      judgedAndWritten: {
        usPerCustomer: rounded((judged.ms * 1000) / changed),
        cpuUsPerCustomer: rounded((judged.cpuMs * 1000) / changed),
      },
    })
  }
  return done
}

/** As the order projections would leave it; not measured. */
async function orderOnceMore({ db }: Place, ids: readonly string[], dayNo: number): Promise<void> {
  await db.inChunks(ids, async (tx, part) => {
    await tx.insert(
      'purchase_day',
      part.map((customer) => ({ customer, day_no: dayNo, orders: 1, amount_fen: 19_900 })),
    )
    await tx.insert(
      'facts',
      part.map((customer) => ({
        customer,
        first_no: dayNo,
        last_no: dayNo,
        purchases: 1,
        orders: 1,
        amount_fen: 19_900,
      })),
      `ON CONFLICT (customer) DO UPDATE SET last_no = excluded.last_no, purchases = facts.purchases + 1,
       orders = facts.orders + 1, amount_fen = facts.amount_fen + excluded.amount_fen`,
    )
  })
}

// ------------------------------------------------------------------ the ORM loop

async function ormRate(place: Place, world: World, moment: Moment, sample: number) {
  const ids = Array.from({ length: Math.min(sample, world.customers) }, (_, i) =>
    world.customer(Math.floor((i * world.customers) / sample)),
  ).map(({ id }) => id)
  const costs: Cost[] = []
  for (let turn = 0; turn < 3; turn += 1)
    costs.push(await costOf(() => ormLoop(place.db, ids, handOf(place, moment))))
  const perCustomer = spreadOf(costs.map(({ ms }) => (ms * 1000) / ids.length))
  return {
    sample: ids.length,
    usPerCustomer: perCustomer,
    cpuUsPerCustomer: spreadOf(costs.map(({ cpuMs }) => (cpuMs * 1000) / ids.length)),
    extrapolatedMs: rounded((costsOf(costs).ms.median / ids.length) * world.customers),
  }
}

// ------------------------------------------------------------------ growth

/** Time per customer at each size over that at the smallest one; 1 is linear. CPU where it is known. */
function growthOf(runs: readonly Run[]) {
  return [...new Set(runs.map(({ database }) => database))].map((database) => {
    const mine = runs.filter((run) => run.database === database).sort((a, b) => a.customers - b.customers)
    const [least] = mine
    const of = ({ ms, cpuMs }: Costs): number => (database === 'sqlite' ? cpuMs.median : ms.median)
    const cost = (one: { ms: number; cpuMs: number } | undefined): number | null =>
      one === undefined ? null : database === 'sqlite' ? one.cpuMs : one.ms
    return {
      database,
      of: database === 'sqlite' ? 'cpu' : 'wall time',
      sizes: mine.map((run) => ({
        customers: run.customers,
        fullPerCustomer:
          least && rounded(of(run.full.ours) / run.customers / (of(least.full.ours) / least.customers)),
        keptPerCustomer: least && rounded(of(run.kept) / run.customers / (of(least.kept) / least.customers)),
        sameChange: changedAlways.flatMap((changed) => {
          const at = (one: Run | undefined) =>
            cost(one?.incremental.find((change) => change.changed === changed))
          const [here, there] = [at(run), at(least)]
          return here === null || there === null ? [] : [{ changed, factor: rounded(here / there) }]
        }),
      })),
    }
  })
}
