/**
 * The shop's cut points of RFM. Computed for a day when one looks back or tries a preset; for the running shop they are
 * frozen by the same log row as the tiers' cut points, so that nobody's type changes because somebody else bought.
 */
import { system } from '../../base/act.ts'
import { addDays } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { recordCuts } from '../cuts.ts'
import type { SegmentParts } from '../resegment.ts'
import { frozenCuts } from '../segment.store.ts'
import { dimensions, percentsOf } from './edges.ts'
import type { Dimension, RfmCuts } from './edges.ts'
import { computeRfmCuts, countBuyers } from './rfm.store.ts'
import type { RfmRules } from './settings.ts'

const refreshDays = 7
/** A tenth more or fewer buyers than when they were frozen: see cut-points.ts. */
const changedShare = 10

/** Part of the log: a name never changes its meaning. The cut is in hundredths of a day, an order, a fen. */
function nameOf(rules: RfmRules, dimension: Dimension, what: string): string {
  const { window, frequency, monetary } = rules
  const measure = {
    recency: 'recency',
    frequency,
    monetary: monetary === 'total' ? 'total' : `average-per-${frequency}`,
  }[dimension]
  return `rfm:${measure}:${window === 'lifetime' ? window : `${String(window)}d`}:${what}`
}

const averageName = 'average'
const percentName = (percent: number): string => `p${String(percent)}`

const namesOf = (rules: RfmRules): string[] =>
  dimensions.flatMap((dimension) =>
    [averageName, ...percentsOf(rules).map(percentName)].map((what) => nameOf(rules, dimension, what)),
  )

function toFreeze(rules: RfmRules, cuts: RfmCuts): Map<string, { cutFen: number; buyers: number }> {
  const frozen = new Map<string, { cutFen: number; buyers: number }>()
  for (const dimension of dimensions) {
    const put = (what: string, cutFen: number): void =>
      void frozen.set(nameOf(rules, dimension, what), { cutFen, buyers: cuts.buyers })
    put(averageName, cuts[dimension].average)
    for (const [percent, cut] of cuts[dimension].quantiles) put(percentName(percent), cut)
  }
  return frozen
}

/** The newest frozen ones on `day`, however old; null when one is missing or the shop was empty then. */
export async function frozenRfmCuts(
  reader: Reader,
  rules: RfmRules,
  day: Day,
  since: Day = '',
): Promise<RfmCuts | null> {
  const names = namesOf(rules)
  const frozen = await frozenCuts(reader, names, since, day)
  const [first] = names
  const buyers = first === undefined ? 0 : (frozen.get(first)?.buyers ?? 0)
  if (buyers === 0 || names.some((name) => !frozen.has(name))) return null
  const of = (dimension: Dimension) => {
    const cut = (what: string): number => frozen.get(nameOf(rules, dimension, what))?.cutFen ?? 0
    return {
      average: cut(averageName),
      quantiles: new Map(percentsOf(rules).map((percent) => [percent, cut(percentName(percent))])),
    }
  }
  return { buyers, recency: of('recency'), frequency: of('frequency'), monetary: of('monetary') }
}

/** Those of the end of a day, computed from what was known then. */
export const rfmCutsOfDay = (reader: Reader, rules: RfmRules, day: Day): Promise<RfmCuts> =>
  computeRfmCuts(reader, { rules, day, when: 'end-of-day' })

/** For the running shop: the frozen ones, or, before the first freezing, those of this moment. */
export const currentRfmCuts = async (reader: Reader, rules: RfmRules, day: Day): Promise<RfmCuts> =>
  (await frozenRfmCuts(reader, rules, day)) ?? computeRfmCuts(reader, { rules, day, when: 'now' })

/** Freezes today's when a week has passed, when the shop has changed, or when the settings ask for others. */
export async function refreshRfmCuts({ db, act, rules: { rfm } }: SegmentParts, day: Day): Promise<boolean> {
  const kept = await frozenRfmCuts(db.reader, rfm, day, addDays(day, -refreshDays))
  const buyers = await countBuyers(db.reader, { rules: rfm, day, when: 'now' })
  if (kept ? Math.abs(buyers - kept.buyers) * changedShare <= kept.buyers : buyers === 0) return false
  const computed = await db.aside((scratch) => computeRfmCuts(scratch, { rules: rfm, day, when: 'now' }))
  await act(system('resegment'), async (ctx) => {
    await Promise.resolve()
    recordCuts(ctx, toFreeze(rfm, computed), day)
  })
  return true
}
