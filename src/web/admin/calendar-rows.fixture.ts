import type { Calendar, CalendarEntry } from '../../http/contract.ts'
import { addDays, weekdayOf } from '../shared/format.ts'

/** An entry in which only what a test is about has to be said. */
export const entryWith = (part: Partial<CalendarEntry>): CalendarEntry => ({
  touchpoint: 'tip',
  title: '贴士',
  channel: 'group',
  channelTitle: '社群',
  at: '10:00',
  planned: true,
  queued: 0,
  later: 0,
  declined: 0,
  sent: 0,
  waiting: 0,
  reasons: [],
  ...part,
})

/** Days from Monday 2026-05-18 on, one list of entries each. */
export const calendarOver = (days: readonly (readonly CalendarEntry[])[]): Calendar => ({
  from: '2026-05-18',
  cadenceVersion: 1,
  missingHolidayYears: [],
  days: days.map((entries, index) => {
    const day = addDays('2026-05-18', index)
    return { day, weekday: weekdayOf(day), isToday: false, entries }
  }),
})
