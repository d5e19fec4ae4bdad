/** Where each of a few customers stands among all buyers: scores, type, class, named segment. */
import { daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { currentRfmCuts, rfmCutsOfDay } from './cuts.ts'
import type { Measures, RfmCuts } from './edges.ts'
import { buyersSql, readBuyers, scoredSql } from './rfm.store.ts'
import type { BuyerRow, When } from './rfm.store.ts'
import { scaleOf, scoredOf } from './score.ts'
import type { Scored } from './score.ts'
import type { RfmRules } from './settings.ts'

export interface CustomerRfm extends Scored, Measures {
  readonly customer: string
  readonly lastDay: Day
  readonly orders: number
  readonly amountFen: number
}

/**
 * Everybody as one relation for filters over the whole shop: `customer, r, f, m, type, class, segment, orders,
 * amount_fen`; the last three of them as places in `valueTypes`, `rules.classes` and `rules.named` (its length = Others).
 */
export async function rfmSql(
  reader: Reader,
  rules: RfmRules,
  day: Day,
  { when = 'now', cuts }: RfmMoment = {},
): Promise<string> {
  const inForce = cuts ?? (await cutsFor(reader, rules, day, when))
  return scoredSql(await buyersSql(reader, { rules, day, when }), scaleOf(rules, inForce), day)
}

const cutsFor = (reader: Reader, rules: RfmRules, day: Day, when: When): Promise<RfmCuts> =>
  when === 'now' ? currentRfmCuts(reader, rules, day) : rfmCutsOfDay(reader, rules, day)

export interface RfmMoment {
  readonly when?: When
  readonly cuts?: RfmCuts
}

export function measuresOf({ frequency, monetary }: RfmRules, buyer: BuyerRow, day: Day): Measures {
  const count = frequency === 'orders' ? buyer.orders : buyer.purchases
  return {
    recency: daysBetween(buyer.last, day),
    frequency: count,
    monetary: monetary === 'total' ? buyer.amount_fen : Math.floor(buyer.amount_fen / count),
  }
}

/**
 * At most 500 customers; who bought nothing is not in the answer. `now` is the running shop with its frozen cut points,
 * `end-of-day` a day with its own.
 */
export async function rfmOf(
  reader: Reader,
  rules: RfmRules,
  customers: readonly string[],
  day: Day,
  { when = 'now', cuts }: RfmMoment = {},
): Promise<Map<string, CustomerRfm>> {
  const found = new Map<string, CustomerRfm>()
  if (customers.length === 0) return found
  if (customers.length > 500) throw new RangeError('At most 500 customers at a time.')
  const scale = scaleOf(rules, cuts ?? (await cutsFor(reader, rules, day, when)))
  for (const buyer of await readBuyers(reader, { rules, day, when, customers })) {
    const measures = measuresOf(rules, buyer, day)
    found.set(buyer.customer, {
      customer: buyer.customer,
      lastDay: buyer.last,
      orders: buyer.orders,
      amountFen: buyer.amount_fen,
      ...measures,
      ...scoredOf(scale, measures),
    })
  }
  return found
}
