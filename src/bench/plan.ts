/**
 * `siyu bench plan`: the product's own planner (stage, decide with all manners, write each promise and each reason) on a
 * generated shop with six rules, next to one SQL statement, DuckDB and a loop with an ORM, which decide less (see
 * plan.peers.ts). Then the same day again, one rule edited, and the dry run of 30 days.
 */
import { instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { system } from '../base/act.ts'
import { currentCadence, planDay, openPreview, publish } from '../cadence/index.ts'
import { costOf, costsOf, memoryBefore, peakMemoryMb, rounded } from './measure.ts'
import type { Cost } from './measure.ts'
import { openPlace } from './place.ts'
import type { Place } from './place.ts'
import { clearHand, handPlan, handPlanSql, openDuckPlan, ormPlan, prepareHand } from './plan.peers.ts'
import type { HandRule } from './plan.peers.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

export interface PlanBenchOptions {
  /** Numbers of customers. */
  readonly sizes: readonly number[]
  readonly pairs: number
  /** Days of the dry run; 0 leaves it out. */
  readonly days: number
  /** Customers that the ORM loop goes through; the rest is extrapolated. */
  readonly ormSample?: number
  readonly say?: (words: string) => void
}

/** A Wednesday. */
const today: Day = '2026-05-20'
const contactPercent = 60

interface Rule {
  readonly name: string
  readonly kind: 'weekly-note' | 'broadcast-note'
  readonly tiers: readonly string[]
  readonly at: string
  readonly priority: number
}

const rules: readonly Rule[] = [
  { name: 'note-high', kind: 'weekly-note', tiers: ['high'], at: '10:00', priority: 60 },
  { name: 'news-new', kind: 'broadcast-note', tiers: ['new', 'lead'], at: '14:35', priority: 45 },
  { name: 'news-mid', kind: 'broadcast-note', tiers: ['mid'], at: '14:45', priority: 44 },
  { name: 'back-dormant', kind: 'broadcast-note', tiers: ['dormant'], at: '15:05', priority: 43 },
  { name: 'offer-mid', kind: 'broadcast-note', tiers: ['mid', 'high'], at: '19:35', priority: 42 },
  { name: 'offer-old', kind: 'broadcast-note', tiers: ['mid', 'dormant'], at: '19:45', priority: 41 },
]

const cadenceOf = (changed: Partial<Record<string, number>> = {}): string =>
  [
    'shop: { name: 小禾母婴 }',
    'manners: { holdout: { percent: 10, salt: bench } }',
    'touchpoints:',
    ...rules.flatMap(({ name, kind, tiers, at, priority }) => [
      `  ${name}:`,
      `    kind: ${kind}`,
      `    tiers: [${tiers.join(', ')}]`,
      '    weekday: 周三',
      `    at: '${at}'`,
      `    priority: ${String(changed[name] ?? priority)}`,
      kind === 'weekly-note'
        ? "    wordings: ['{{ customer.salutation }}，本周给您留了新到的样品。']"
        : "    wordings: ['{{ shop.name }}本周上新，详情看[[link:me]]，不想收到：[[link:subscription]]']",
    ]),
    '',
  ].join('\n')

const handRules = (): HandRule[] =>
  rules.map(({ name, tiers, at, priority }) => ({ name, tiers, priority, dueAt: instantOf(today, at) }))

export async function benchPlan(options: PlanBenchOptions) {
  const runs = []
  for (const customers of options.sizes) runs.push(await oneSize(options, customers))
  const [first] = runs
  const last = runs.at(-1)
  return {
    bench: 'plan',
    product: ['day.ours', 'again', 'edited', 'dryRun'],
    prototypes: ['day.sql', 'day.duckdb', 'ormLoop'],
    pairs: options.pairs,
    runs,
    growth:
      first && last && first !== last
        ? {
            customers: rounded(last.customers / first.customers),
            oursCpu: rounded(last.day.ours.cpuMs.median / first.day.ours.cpuMs.median),
          }
        : null,
  }
}

async function oneSize(options: PlanBenchOptions, customers: number) {
  const say = options.say ?? (() => undefined)
  const place = await openPlace('sqlite', today, null)
  try {
    say(`making ${String(customers)} customers`)
    const world = await makeWorld(place, { customers, today, detail: 'full', contactPercent, ordersEach: 4 })
    await publishRules(place, cadenceOf(), null)
    say(`made in ${String(Math.round(world.seconds))} s; planning ${String(options.pairs)} times`)
    const day = await pairsOf(place, options.pairs)
    const written = await countPromises(place)
    const again = await costOf(() => planDay(partsOf(place), today))
    const afterwards = await countPromises(place)
    say('one rule edited')
    const edited = await edit(place)
    say('ORM loop')
    const orm = await ormRate(place, world, options.ormSample ?? 200)
    const perCandidate = (ms: number): number => rounded((ms * 1000) / written.all)
    return {
      customers,
      candidates: written.all,
      promises: written.promised,
      declined: written.reasons,
      day: {
        ...day,
        oursUsPerCandidate: perCandidate(day.ours.cpuMs.median),
        oursOverSqlCpu: rounded(day.ours.cpuMs.median / day.sql.cpuMs.median),
      },
      again: { ...costsOf([again]), written: afterwards.all - written.all },
      edited,
      ormLoop: { ...orm, overOurs: rounded(orm.extrapolatedMs / day.ours.ms.median) },
      dryRun: options.days === 0 ? null : await dryRun(place, options.days, say),
    }
  } finally {
    await place.close()
  }
}

const partsOf = ({ db, act, clock, rules: tierRules }: Place) => ({ db, act, clock, tierRules })

async function publishRules(place: Place, yaml: string, baseVersion: number | null): Promise<void> {
  await place.act(system('bench'), (ctx) =>
    publish(ctx, place.rules, { yaml, note: 'bench', by: 'bench', baseVersion }),
  )
}

async function countPromises({ db }: Place) {
  const rows = await db.reader.rows<{ reason: string; decision: string; n: number }>(
    `select reason_code as reason, decision, cast(count(*) as bigint) as n from promise
     where dedupe_key not like 'orm:%' group by reason_code, decision order by 3 desc`,
  )
  const sum = (some: typeof rows): number => some.reduce((total, { n }) => total + n, 0)
  const declined = rows.filter(({ decision }) => decision === 'declined')
  return {
    all: sum(rows),
    promised: sum(rows) - sum(declined),
    reasons: Object.fromEntries(declined.map(({ reason, n }) => [reason, n])),
  }
}

/** A day is planned once; before each turn what the last one wrote is taken away, outside the measured time. */
async function pairsOf(place: Place, pairs: number) {
  const { db } = place
  const sql = handPlanSql(handRules(), today)
  await prepareHand(db)
  const duck = await openDuckPlan(db.reader)
  const costs = { ours: [] as Cost[], sql: [] as Cost[], duckdb: [] as Cost[] }
  memoryBefore()
  let memoryMb = 0
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      await db.tx((tx) => tx.run('DELETE FROM promise'))
      costs.ours.push(await costOf(() => planDay(partsOf(place), today)))
      if (pair === 0) memoryMb = peakMemoryMb()
      await clearHand(db)
      costs.sql.push(await costOf(() => handPlan(db, sql)))
      await duck.rows('delete from hand_promise')
      costs.duckdb.push(await costOf(() => duck.rows(sql)))
    }
  } finally {
    duck.close()
  }
  return {
    ours: { ...costsOf(costs.ours), memoryMb },
    sql: costsOf(costs.sql),
    duckdb: costsOf(costs.duckdb),
  }
}

/** Another priority for one rule: whatever was decided stays, and the new version finds nothing to add. */
async function edit(place: Place) {
  const cadence = await currentCadence(place.db.reader)
  const before = await countPromises(place)
  await publishRules(place, cadenceOf({ 'offer-old': 39 }), cadence?.version ?? null)
  const cost = await costOf(() => planDay(partsOf(place), today))
  return { ...costsOf([cost]), written: (await countPromises(place)).all - before.all }
}

async function ormRate(place: Place, world: World, sample: number) {
  const some = Math.min(sample, world.customers)
  const ids = Array.from(
    { length: some },
    (_, n) => world.customer(n * Math.floor(world.customers / some)).id,
  )
  const cost = await costOf(() => ormPlan(place.db, ids, handRules(), today))
  return {
    sampled: some,
    msPerCustomer: rounded(cost.ms / some),
    extrapolatedMs: rounded((cost.ms / some) * world.customers),
  }
}

async function dryRun(place: Place, days: number, say: (words: string) => void) {
  say(`dry run of ${String(days)} days`)
  const { db, rules: tierRules, clock } = place
  const cadence = await currentCadence(db.reader)
  if (!cadence) throw new Error('No cadence is published.')
  memoryBefore()
  let promises = 0
  const cost = await costOf(async () => {
    // Day after day, as the verb reads it: nobody holds a month of a large shop with all its words.
    const preview = await openPreview(
      { reader: db.reader, tierRules, cadence },
      { from: today, days, now: clock.now(), words: 'groups' },
    )
    for await (const ofDay of preview.days()) promises += ofDay.length
  })
  return {
    days,
    decisions: promises,
    ms: rounded(cost.ms),
    cpuMs: rounded(cost.cpuMs),
    memoryMb: peakMemoryMb(),
  }
}
