/** Which cut points hold on a day: the frozen ones, or, where nothing is frozen, those of the day itself. */
import type { Ctx } from '../base/act.ts'
import { addDays, dayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import type { Cut } from './rule.ts'
import { computeCut, frozenCuts, moreBuyersThan } from './segment.store.ts'
import type { TierRules } from './tier-rules.ts'

type Needs = Pick<TierRules, 'cutNeeds'>

/** Frozen cut points older than this say nothing about a past day any more (the server was off). */
const frozenDays = 14
/** A quantile over more buyers than this is not computed while everybody else waits to write. */
const buyersInTransaction = 5_000

const frozenBy = (reader: Reader, { cutNeeds }: Needs, since: Day, day: Day): Promise<Map<string, Cut>> =>
  frozenCuts(
    reader,
    cutNeeds.map(({ name }) => name),
    since,
    day,
  )

/** Those frozen while the shop was empty say nothing about a history imported later, and are passed over. */
export async function cutsAsOf(reader: Reader, rules: Needs, day: Day): Promise<Map<string, Cut>> {
  const cuts = new Map<string, Cut>()
  const frozen = await frozenBy(reader, rules, addDays(day, -frozenDays), day)
  for (const need of rules.cutNeeds) {
    const kept = frozen.get(need.name)
    cuts.set(need.name, kept && kept.buyers > 0 ? kept : await computeCut(reader, need, day))
  }
  return cuts
}

/**
 * For the running shop: the newest frozen ones, however old, until the nightly run refreshes them. Where nothing is frozen
 * yet, the cut of this moment is frozen now, not computed per order; a shop too large for that waits for `refreshCutPoints`.
 */
export async function cutsToday(ctx: Ctx, rules: Needs): Promise<Map<string, Cut>> {
  const day = dayOf(ctx.now)
  const cuts = await frozenBy(ctx.tx, rules, '', day)
  const missing = rules.cutNeeds.filter(({ name }) => !cuts.has(name))
  if (missing.length === 0 || (await moreBuyersThan(ctx.tx, buyersInTransaction))) return cuts
  for (const need of missing) cuts.set(need.name, await computeCut(ctx.tx, need, day))
  recordCuts(ctx, cuts, day)
  return cuts
}

/** The newest frozen ones: by them the stored standings were decided. */
export const newestCuts = (reader: Reader, rules: Needs): Promise<Map<string, Cut>> =>
  frozenBy(reader, rules, '', '9999-12-31')

export function recordCuts(ctx: Ctx, cuts: ReadonlyMap<string, Cut>, day: Day): void {
  ctx.record({
    kind: 'cut-points-refreshed',
    at: ctx.now,
    source: 'segment',
    sourceKey: `cut-points:${ctx.newId()}`,
    who: {},
    detail: { day, cuts: [...cuts].map(([name, { cutFen, buyers }]) => ({ name, cutFen, buyers })) },
  })
}
