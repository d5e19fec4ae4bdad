/**
 * Quantiles move with every order; tiers must not. So cut points are frozen by a log row, weekly, and at once when the
 * number of buyers has changed a lot (a first import). The log rows are replayed by a rebuild, never recomputed.
 */
import { system } from '../base/act.ts'
import { addDays } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import type { Projection } from '../interaction/index.ts'
import { recordCuts } from './cuts.ts'
import type { Cut } from './rule.ts'
import { computeCut, frozenCuts, lockStandings, saveCuts } from './segment.store.ts'
import type { Cause, SegmentParts } from './resegment.ts'
import { resegmentEverybody } from './resegment.ts'
import type { TierRules } from './tier-rules.ts'

const refreshDays = 7
/** A tenth more or fewer buyers than when they were frozen: the cut says little about this shop any more. */
const changedShare = 10

export const cutPointProjection: Projection = {
  name: 'cut-points',
  kinds: ['cut-points-refreshed'],
  keeps: [{ table: 'cut_point', of: null }],
  async apply(tx, rows) {
    const cuts = new Map<string, { name: string; day: Day; cut: number; buyers: number }>()
    for (const { detail } of rows) {
      const day = detail['day']
      const points = detail['cuts']
      if (typeof day !== 'string' || !Array.isArray(points)) continue
      for (const point of points as { name: string; cutFen: number; buyers: number }[])
        cuts.set(`${point.name} ${day}`, {
          name: point.name,
          day,
          cut: point.cutFen,
          buyers: point.buyers,
        })
    }
    await saveCuts(
      tx,
      [...cuts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    )
  },
}

/** True when a week has passed since they were frozen, or when the shop has changed. */
export async function areCutPointsStale({ db, rules }: SegmentParts, day: Day): Promise<boolean> {
  const computed = await db.aside((scratch) => computeAll(scratch, rules, day))
  return isStale(db.reader, rules, computed, day)
}

/** Freezes today's; whom they move is found out later. */
export async function freezeCutPoints({ db, act, rules }: SegmentParts, day: Day): Promise<void> {
  if (rules.cutNeeds.length === 0) return
  const computed = await db.aside((scratch) => computeAll(scratch, rules, day))
  await act(system('resegment'), async (ctx) => {
    await lockStandings(ctx.tx)
    recordCuts(ctx, computed, day)
  })
}

/** Freezes today's and moves whoever they move, with this cause. */
export async function refreshCutPoints(
  parts: SegmentParts,
  day: Day,
  cause: Cause = 'cut-points',
): Promise<void> {
  await freezeCutPoints(parts, day)
  await resegmentEverybody(parts, day, cause)
}

async function computeAll(reader: Reader, rules: TierRules, day: Day): Promise<Map<string, Cut>> {
  const cuts = new Map<string, Cut>()
  for (const need of rules.cutNeeds) cuts.set(need.name, await computeCut(reader, need, day))
  return cuts
}

async function isStale(
  reader: Reader,
  rules: TierRules,
  computed: ReadonlyMap<string, Cut>,
  day: Day,
): Promise<boolean> {
  const names = rules.cutNeeds.map(({ name }) => name)
  const frozen = await frozenCuts(reader, names, addDays(day, -refreshDays), day)
  return names.some((name) => {
    const kept = frozen.get(name)
    const now = computed.get(name)
    return !kept || !now || Math.abs(now.buyers - kept.buyers) * changedShare > kept.buyers
  })
}
