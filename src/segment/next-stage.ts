/**
 * What says that a customer is about to need the next thing: a product she bought is used up, or her child grows out of
 * an age. Told from orders and the catalogue as of a day; at most 500 customers at a time.
 */
import { z } from 'zod'
import { addDays, dayNumber, dayOfNumber, daysBetween } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { ageRangeOf } from './causes/signal.ts'
import { agedPurchases, childBirthdays, replenishRows } from './next-stage.store.ts'
import type { AgedRow } from './next-stage.store.ts'

const days = z.int().min(0).max(3650)

export const nextStageShape = z
  .strictObject({
    /** Said from so many days before a product is used up … */
    replenishBeforeDays: days.default(7),
    /** … until so many days after. */
    replenishAfterDays: days.default(30),
    /** Ages, in months, after which a child needs something else; said for `childDays` from then on. */
    childMonths: z.array(z.int().min(1).max(240)).max(12).default([36]),
    childDays: days.default(60),
  })
  .prefault({})

export type NextStageSettings = z.infer<typeof nextStageShape>

export type NextStageSignal =
  | {
      readonly signal: 'replenishment-due'
      readonly sku: string
      readonly boughtDay: Day
      readonly dueDay: Day
      /** Chinese, one clause. */
      readonly words: string
    }
  | { readonly signal: 'child-age'; readonly months: number; readonly sinceDay: Day; readonly words: string }

const daysPerMonth = 30
const daysPerBirthdayMonth = 30.4375
/** Whoever hoards a thousand packs is not reminded in our time. */
const longest = 36_500

export async function nextStageSignals(
  reader: Reader,
  settings: NextStageSettings,
  customers: readonly string[],
  day: Day,
): Promise<Map<string, NextStageSignal[]>> {
  const found = new Map<string, NextStageSignal[]>()
  if (customers.length === 0) return found
  if (customers.length > 500) throw new RangeError('At most 500 customers at a time.')
  const add = (customer: string, signal: NextStageSignal): void =>
    void found.set(customer, [...(found.get(customer) ?? []), signal])
  const dayNo = dayNumber(day)
  for (const row of await replenishRows(reader, customers, dayNo)) {
    const boughtDay = dayOfNumber(row.last_no)
    const dueDay = addDays(boughtDay, Math.min(row.replenish_days * Math.max(1, row.quantity), longest))
    const left = daysBetween(day, dueDay)
    if (left > settings.replenishBeforeDays || -left > settings.replenishAfterDays) continue
    const when =
      left > 0 ? `约${String(left)}天后用完` : left === 0 ? '今天用完' : `约${String(-left)}天前已用完`
    const words = `${boughtDay}买的${row.name === '' ? row.sku : row.name}${when}`
    add(row.customer, { signal: 'replenishment-due', sku: row.sku, boughtDay, dueDay, words })
  }
  const aged = new Map<string, AgedRow[]>()
  for (const row of await agedPurchases(reader, customers, dayNo))
    aged.set(row.customer, [...(aged.get(row.customer) ?? []), row])
  const told = new Map(
    (await childBirthdays(reader, customers)).map(({ customer, born_no }) => [customer, born_no]),
  )
  const ages = new Map([...aged].map(([customer, rows]) => [customer, childrenOf(rows)]))
  for (const [customer, bornNo] of told) ages.set(customer, [bornNo])
  for (const [customer, children] of ages)
    for (const bornNo of children)
      for (const months of settings.childMonths) {
        const since = bornNo + Math.round(months * (told.has(customer) ? daysPerBirthdayMonth : daysPerMonth))
        if (since > dayNo || dayNo - since > settings.childDays) continue
        const words = `${told.has(customer) ? '' : '按买过的商品推算，'}孩子已满${ageWords(months)}`
        add(customer, { signal: 'child-age', months, sinceDay: dayOfNumber(since), words })
      }
  return found
}

interface Bound {
  readonly bornNo: number
  readonly firstNo: number
  readonly to: number
}

/**
 * Whoever bought something for months 6-12 has a child of at least six months: born by then at the latest. What is bought
 * later for the same child fits its age; what is too small for it is for a younger one.
 */
export function childrenOf(
  rows: readonly { readonly age_range: string; readonly first_no: number }[],
): number[] {
  let left = rows
    .flatMap(({ age_range, first_no }): Bound[] => {
      const range = ageRangeOf(age_range)
      return range
        ? [{ bornNo: first_no - range.from * daysPerMonth, firstNo: first_no, to: range.to * daysPerMonth }]
        : []
    })
    .sort((a, b) => a.bornNo - b.bornNo)
  const born: number[] = []
  for (let eldest = left[0]; eldest; eldest = left[0]) {
    const { bornNo } = eldest
    born.push(bornNo)
    left = left.filter(({ firstNo, to }) => firstNo - bornNo > to)
  }
  return born
}

const ageWords = (months: number): string =>
  months % 12 === 0 ? `${String(months / 12)}岁` : `${String(months)}个月`
