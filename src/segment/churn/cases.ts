/**
 * Cases of a rolling origin: one per customer and origin at which she has a rhythm, with what was known then and what
 * followed. A case whose label window does not end inside the data is left out, whatever happened in it: by her own
 * interval alone, never by whether she bought (or only the buyers of the last weeks would be kept).
 */
import type { Histories, Known } from './histories.ts'
import { actsBetween, knownAt, nextPurchase } from './histories.ts'
import { horizonDays } from './forecast.ts'
import { activityAt, activityDrop, intervalsOf, labelDays } from './signal.ts'
import type { ChurnRules } from './settings.ts'

export interface Case {
  /** Index into the histories. */
  readonly customer: number
  readonly originNo: number
  readonly purchases: number
  readonly firstNo: number
  readonly lastNo: number
  readonly silence: number
  readonly windowDays: number
  readonly churned: boolean
  /** Positive = her acts have become fewer. */
  readonly drop: number
  readonly supplyDays: number
  /**
   * Days from the last purchase to the next within the forecast's horizon; null when there is none; undefined when the
   * horizon does not end inside the data.
   */
  readonly gapDays: number | null | undefined
}

export interface Frame {
  readonly origins: readonly number[]
  /** The last day of the data that may be looked at: a label ends on it at the latest. */
  readonly endNo: number
  /** What the shop was used to when the parameters were made. */
  readonly actsPerDay: number
  /** The first day on which the shop recorded any act; null = never. */
  readonly actsFromNo: number | null
}

export interface Cases {
  readonly cases: readonly Case[]
  /** Customer-origins that were in scope but whose window ends outside. */
  readonly censored: number
  /** Customer-origins with a purchase, but too few for a rhythm. */
  readonly tooFew: number
}

export function casesOf(
  rules: ChurnRules,
  h: Histories,
  frame: Frame,
  isOf: (customer: number) => boolean = () => true,
): Cases {
  const cases: Case[] = []
  const counts = { censored: 0, tooFew: 0 }
  const known: Known = { purchases: 0, firstNo: 0, lastNo: 0, sumLog: 0, supplyDays: 0 }
  for (let customer = 0; customer < h.customers.length; customer += 1) {
    if (!isOf(customer)) continue
    for (const originNo of frame.origins) {
      knownAt(h, customer, originNo, known)
      if (known.purchases === 0) continue
      if (known.purchases < rules.leastPurchases) {
        counts.tooFew += 1
        continue
      }
      const windowDays = labelDays(rules, intervalsOf(known))
      if (originNo + windowDays > frame.endNo) counts.censored += 1
      else cases.push(caseOf(rules, h, frame, { customer, originNo, windowDays, known }))
    }
  }
  return { cases, ...counts }
}

function caseOf(
  rules: ChurnRules,
  h: Histories,
  { endNo, actsPerDay, actsFromNo }: Frame,
  one: {
    readonly customer: number
    readonly originNo: number
    readonly windowDays: number
    readonly known: Known
  },
): Case {
  const { customer, originNo, windowDays, known } = one
  const horizon = horizonDays(rules, intervalsOf(known))
  const nextNo = nextPurchase(h, customer, { afterNo: originNo, untilNo: originNo + horizon, endNo })
  const sinceNo = Math.max(known.firstNo, actsFromNo ?? known.firstNo)
  const gapDays = nextNo < 0 ? null : nextNo - known.lastNo
  return {
    customer,
    originNo,
    purchases: known.purchases,
    firstNo: known.firstNo,
    lastNo: known.lastNo,
    silence: originNo - known.lastNo,
    windowDays,
    churned: nextNo < 0 || nextNo > originNo + windowDays,
    drop:
      actsFromNo === null
        ? 0
        : activityDrop(rules, actsPerDay, activityAt(rules, h, customer, { sinceNo, originNo })),
    supplyDays: known.supplyDays,
    gapDays: originNo + horizon > endNo ? undefined : gapDays,
  }
}

/** Acts per customer and day up to `untilNo`, over everybody who has bought. */
export function usualActs(h: Histories, actsFromNo: number | null, untilNo: number): number {
  if (actsFromNo === null || actsFromNo > untilNo) return 0
  let acts = 0
  let days = 0
  const known: Known = { purchases: 0, firstNo: 0, lastNo: 0, sumLog: 0, supplyDays: 0 }
  for (let i = 0; i < h.customers.length; i += 1) {
    if (knownAt(h, i, untilNo, known).purchases === 0) continue
    const sinceNo = Math.max(known.firstNo, actsFromNo)
    acts += actsBetween(h, i, sinceNo - 1, untilNo)
    days += untilNo - sinceNo + 1
  }
  return days === 0 ? 0 : acts / days
}
