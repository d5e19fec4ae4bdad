/**
 * Days as opportunities for the BG/BB: the k-th opportunity of a customer is the k-th whole week, 28 days or calendar
 * month after her first purchase (whose own does not count). An opportunity is taken when she bought in it at least
 * once; one that is not over at the calibration end is not counted, nor what she bought in it.
 */
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { pageEnd, readEachDay } from './clv.store.ts'
import { pageSize } from './histories.ts'
import type { Period } from './histories.ts'
import type { Triples } from './model.ts'
import { groupTriples } from './triples.ts'
import type { Weighted } from './triples.ts'

/** Which opportunity a day falls into, counted from the first day (0). */
export function opportunityOf(firstNo: number, dayNo: number, period: Period): number {
  if (period === 'month') return monthOf(dayNo) - monthOf(firstNo)
  const length = period === 'week' ? 7 : 28
  return Math.ceil((dayNo - firstNo) / length)
}

/** How many are over by the end of a day. */
export function opportunitiesBy(firstNo: number, endNo: number, period: Period): number {
  // A month is over when the next day lies in another one.
  if (period === 'month') return Math.max(0, monthOf(endNo + 1) - monthOf(firstNo) - 1)
  return Math.floor((endNo - firstNo) / (period === 'week' ? 7 : 28))
}

function monthOf(dayNo: number): number {
  const day = dayOfNumber(dayNo)
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
}

/** One customer's days in ascending order. */
export function toOpportunities(days: readonly number[], endNo: number, period: Period): Weighted {
  const [firstNo = endNo] = days
  const T = opportunitiesBy(firstNo, endNo, period)
  const taken = new Set(
    days.map((day) => opportunityOf(firstNo, day, period)).filter((k) => k >= 1 && k <= T),
  )
  return { x: taken.size, tx: taken.size === 0 ? 0 : Math.max(...taken), T }
}

export async function readOpportunities(
  reader: Reader,
  end: Day,
  period: Period,
): Promise<{ readonly triples: Triples; readonly excluded: number }> {
  const endNo = dayNumber(end)
  const customers: Weighted[] = []
  let excluded = 0
  for (let after = ''; ;) {
    const upTo = await pageEnd(reader, after, pageSize)
    if (upTo === null) break
    for (const days of await readEachDay(reader, after, upTo, endNo)) {
      const history = toOpportunities(days, endNo, period)
      if (history.T > 0) customers.push(history)
      else excluded += 1
    }
    after = upTo
  }
  return { triples: groupTriples(customers), excluded }
}
