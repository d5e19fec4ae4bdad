/** Which cut points hold on a day: the frozen ones, or, where nothing is frozen, those of the day itself. */
import type { Ctx } from '../base/act.ts'
import { addDays, dayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import type { Cut } from './rule.ts'
import { computeCut, frozenCuts } from './segment.store.ts'
import type { TierRules } from './tier-rules.ts'

/** Frozen cut points older than this are not used any more (the server was off). */
const frozenDays = 14

const frozenBy = (reader: Reader, rules: TierRules, day: Day): Promise<Map<string, Cut>> =>
  frozenCuts(
    reader,
    rules.cutNeeds.map(({ name }) => name),
    addDays(day, -frozenDays),
    day,
  )

/** Those frozen while the shop was empty say nothing about a history imported later, and are passed over. */
export async function cutsAsOf(reader: Reader, rules: TierRules, day: Day): Promise<Map<string, Cut>> {
  const cuts = new Map<string, Cut>()
  const frozen = await frozenBy(reader, rules, day)
  for (const need of rules.cutNeeds) {
    const kept = frozen.get(need.name)
    cuts.set(need.name, kept && kept.buyers > 0 ? kept : await computeCut(reader, need, day))
  }
  return cuts
}

/** For the running shop: where nothing is frozen yet, the cut of this moment is frozen now, not computed per order. */
export async function cutsToday(ctx: Ctx, rules: TierRules): Promise<Map<string, Cut>> {
  const day = dayOf(ctx.now)
  const cuts = await frozenBy(ctx.tx, rules, day)
  const missing = rules.cutNeeds.filter(({ name }) => !cuts.has(name))
  for (const need of missing) cuts.set(need.name, await computeCut(ctx.tx, need, day))
  if (missing.length > 0) recordCuts(ctx, cuts, day)
  return cuts
}

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
