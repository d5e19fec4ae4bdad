/** The calendar of the console: who gets what on which day, who is skipped and why. */
import { isDay } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import type { Holidays } from '../../base/holidays.ts'
import { Refusal } from '../../base/errors.ts'
import { createCalendar } from '../../cadence/index.ts'
import type { TierRules } from '../../segment/index.ts'
import { calendarEntriesQuery, calendarQuery } from '../contract.ts'
import type { Calendar, CalendarEntries, Role } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

export interface CalendarRouteParts {
  readonly reader: Reader
  readonly tierRules: TierRules
  readonly holidays: Holidays
}

const roles: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']

const checked = (day: string): string => {
  if (isDay(day)) return day
  throw new Refusal('invalid', `没有 ${day} 这一天`, 400, { fix: '日期写成 2026-05-20' })
}

export function calendarRoutes(parts: CalendarRouteParts): Route[] {
  const calendar = createCalendar(parts)
  return [
    {
      method: 'GET',
      path: '/api/admin/calendar',
      access: { kind: 'staff', roles },
      async handle({ query, now }) {
        const { from, days } = parse(calendarQuery, query)
        const answer: Calendar = await calendar.calendar(
          from === undefined ? undefined : checked(from),
          days,
          now,
        )
        return { json: answer }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/calendar/entries',
      access: { kind: 'staff', roles },
      async handle({ query, now }) {
        const wanted = parse(calendarEntriesQuery, query)
        const answer: CalendarEntries = await calendar.subjects({ ...wanted, day: checked(wanted.day) }, now)
        return { json: answer }
      },
    },
  ]
}
