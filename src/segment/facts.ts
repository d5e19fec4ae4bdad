/** What the log says of a customer, in day buckets and latest days: sums and maxima, so the order of arrival is free. */
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { FreshRow, Kind, Projection } from '../interaction/index.ts'
import { customersOfRefunds, refundKeyOf } from '../order/index.ts'
import { addEngagement, noteLatest, recountPurchases } from './segment.store.ts'

/** A game, a survey, a click or a word in a group. */
export const engagementKinds: readonly Kind[] = [
  'poll-voted',
  'clue-found',
  'clue-missed',
  'hunt-finished',
  'link-clicked',
  'group-said',
  'satisfaction-given',
  'survey-answered',
  'game-played',
]

/** Stands after the order projection in the list, whose buckets it reads. */
export const factsProjection: Projection = {
  name: 'facts',
  kinds: ['order-placed', 'order-refunded'],
  keeps: [{ table: 'facts', of: 'customer' }],
  async apply(tx, rows) {
    const refunds = rows.filter(({ kind }) => kind === 'order-refunded').map(refundKeyOf)
    const customers = [
      ...rows.flatMap(({ customer }) => customer ?? []),
      ...(await customersOfRefunds(tx, refunds)),
    ]
    await recountPurchases(tx, [...new Set(customers)].sort())
  },
}

export const engagementProjection: Projection = {
  name: 'engagement',
  kinds: engagementKinds,
  keeps: [
    { table: 'engagement_day', of: 'customer' },
    { table: 'facts', of: 'customer' },
  ],
  async apply(tx, rows) {
    const days = perCustomerDay(rows)
    await addEngagement(tx, days)
    await noteLatest(tx, 'engaged_no', latest(days))
  },
}

export const signalProjection: Projection = {
  name: 'signals',
  kinds: ['complaint-opened', 'product-browsed'],
  keeps: [{ table: 'facts', of: 'customer' }],
  async apply(tx, rows) {
    const of = (kind: Kind): { customer: string; dayNo: number }[] =>
      latest(perCustomerDay(rows.filter((row) => row.kind === kind)))
    await noteLatest(tx, 'complained_no', of('complaint-opened'))
    await noteLatest(tx, 'browsed_no', of('product-browsed'))
  },
}

interface CustomerDay {
  readonly customer: string
  readonly dayNo: number
  readonly acts: number
}

function perCustomerDay(rows: readonly FreshRow[]): CustomerDay[] {
  const days = new Map<string, CustomerDay>()
  for (const { customer, at } of rows) {
    if (customer === null) continue
    const day = dayOf(at)
    const key = `${customer} ${day}`
    days.set(key, { customer, dayNo: dayNumber(day), acts: (days.get(key)?.acts ?? 0) + 1 })
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** Expects key order, in which a customer's last row is her latest day. */
const latest = (days: readonly CustomerDay[]): { customer: string; dayNo: number }[] => [
  ...new Map(days.map(({ customer, dayNo }) => [customer, { customer, dayNo }])).values(),
]
