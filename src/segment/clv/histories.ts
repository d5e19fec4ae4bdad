/**
 * From purchase days to what the models see. Days of one customer are merged, her first day is where her clock starts
 * and no repeat; the calibration end counts, T = (end − first) / 7 weeks; the mean spend is that of repeat days only.
 */
import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { pageEnd, readCustomerDays, readDaysAfter } from './clv.store.ts'
import type { CustomerDays } from './clv.store.ts'

export interface CustomerHistory {
  readonly customer: string
  readonly x: number
  readonly tx: number
  readonly T: number
  /** Mean of repeat days in major units; 0 without any. */
  readonly m: number
  readonly firstNo: number
  readonly lastNo: number
  /** All she paid in the calibration period, first day included. */
  readonly amountFen: number
}

/** How time is counted: in weeks, or (BG/BB) in whole opportunities of so many days or months. */
export type Period = 'week' | 'month' | '28d'
export const isPeriod = (text: string): text is Period => ['week', 'month', '28d'].includes(text)

export const toHistory = (days: CustomerDays, endNo: number): CustomerHistory => ({
  customer: days.customer,
  x: days.days - 1,
  tx: (days.lastNo - days.firstNo) / 7,
  T: (endNo - days.firstNo) / 7,
  m: days.days > 1 ? (days.amountFen - days.firstFen) / (days.days - 1) / 100 : 0,
  firstNo: days.firstNo,
  lastNo: days.lastNo,
  amountFen: days.amountFen,
})

/** Small enough that turning the rows into numbers is never felt by others. */
export const pageSize = 2_000

/** Everybody who bought by `end`, in pages, ordered by customer. */
export async function* historiesAsOf(reader: Reader, end: Day): AsyncGenerator<CustomerHistory[]> {
  const endNo = dayNumber(end)
  for await (const { after, upTo } of pages(reader)) {
    const rows = await readCustomerDays(reader, after, upTo, endNo)
    yield rows.map((row) => toHistory(row, endNo))
  }
}

export interface HeldOut extends CustomerHistory {
  /** Purchase days in (end, until], and what they came to. */
  readonly later: number
  readonly laterFen: number
}

export async function* heldOutAsOf(reader: Reader, end: Day, until: Day): AsyncGenerator<HeldOut[]> {
  const [endNo, untilNo] = [dayNumber(end), dayNumber(until)]
  for await (const { after, upTo } of pages(reader)) {
    const rows = await readCustomerDays(reader, after, upTo, endNo)
    const later = await readDaysAfter(reader, after, upTo, endNo, untilNo)
    yield rows.map((row) => ({
      ...toHistory(row, endNo),
      later: later.get(row.customer)?.days ?? 0,
      laterFen: later.get(row.customer)?.amountFen ?? 0,
    }))
  }
}

async function* pages(reader: Reader): AsyncGenerator<{ readonly after: string; readonly upTo: string }> {
  for (let after = ''; ;) {
    const upTo = await pageEnd(reader, after, pageSize)
    if (upTo === null) return
    yield { after, upTo }
    after = upTo
  }
}
