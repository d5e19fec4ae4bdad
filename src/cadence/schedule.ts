/** Days of a month as a shop says them: the 18th, or the second Wednesday. */
import { z } from 'zod'
import { addDays, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { weekdayField } from './fields.ts'
import { addMistake } from './mistake.ts'

/** `{ day: 18 }`, or `{ week: 2, weekday: 周三 }`; `week: last` is the last one of the month. */
export const monthlyField = z
  .strictObject({
    day: z.number().int().min(1).max(31).optional(),
    week: z.union([z.number().int().min(1).max(4), z.literal('last')]).optional(),
    weekday: weekdayField.optional(),
  })
  .superRefine(({ day, week, weekday }, ctx) => {
    const byWeek = week !== undefined && weekday !== undefined
    const whole = (week === undefined) === (weekday === undefined)
    if (whole && (day !== undefined) !== byWeek) return
    addMistake(ctx, {
      message: '每月哪一天没有写清楚',
      fix: '写 { day: 18 }（每月18日），或 { week: 2, weekday: 周三 }（第二个周三，week 也可写 last）',
      messageEn: 'it is not clear which day of the month is meant',
      fixEn: 'write { day: 18 }, or { week: 2, weekday: Wed } (week may be last)',
    })
  })
export type Monthly = z.infer<typeof monthlyField>

const monthOf = (day: Day): string => day.slice(0, 7)

/** A month that has no 31st keeps it on its last day. */
export function isMonthly({ day: date, week, weekday }: Monthly, day: Day): boolean {
  const isLast = monthOf(addDays(day, 1)) !== monthOf(day)
  const today = Number(day.slice(8))
  if (date !== undefined) return today === date || (isLast && today < date)
  if (weekdayOf(day) !== weekday) return false
  if (week === 'last') return monthOf(addDays(day, 7)) !== monthOf(day)
  return Math.ceil(today / 7) === week
}

/** The first month of a quarter; `offset` 1 and 2 are the others. */
export const isQuarterMonth = (day: Day, offset: number): boolean =>
  (Number(day.slice(5, 7)) - 1) % 3 === offset
