/** Where each of a few customers stands among all buyers: scores, type, class, named segment. */
import { daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import type { Measures, RfmCuts } from './edges.ts'
import { computeRfmCuts, readBuyers } from './rfm.store.ts'
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

export function measuresOf({ frequency, monetary }: RfmRules, buyer: BuyerRow, day: Day): Measures {
  const count = frequency === 'orders' ? buyer.orders : buyer.purchases
  return {
    recency: daysBetween(buyer.last, day),
    frequency: count,
    monetary: monetary === 'total' ? buyer.amount_fen : Math.floor(buyer.amount_fen / count),
  }
}

/** At most 500 customers; who bought nothing is not in the answer. Without cut points: those of that day itself. */
export async function rfmOf(
  reader: Reader,
  rules: RfmRules,
  customers: readonly string[],
  day: Day,
  { when = 'end-of-day', cuts }: { readonly when?: When; readonly cuts?: RfmCuts } = {},
): Promise<Map<string, CustomerRfm>> {
  const found = new Map<string, CustomerRfm>()
  if (customers.length === 0) return found
  if (customers.length > 500) throw new RangeError('At most 500 customers at a time.')
  const scale = scaleOf(rules, cuts ?? (await computeRfmCuts(reader, { rules, day, when })))
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
