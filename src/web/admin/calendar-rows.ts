import type { Calendar, CalendarDay, CalendarEntry } from '../../http/contract.ts'
import type { DatedEntry } from './counts.ts'

export interface DatedDay extends CalendarDay {
  readonly entries: readonly DatedEntry[]
}

/** One line of the week grid: a touchpoint on a channel, with its entry on each day (or none). */
export interface WeekRow {
  readonly key: string
  readonly touchpoint: string
  readonly title: string
  readonly channel: string
  readonly channelTitle: string
  readonly at: string
  readonly cells: readonly (DatedEntry | undefined)[]
}

export interface CalendarFilter {
  readonly channel: string
  readonly skippedOnly: boolean
  readonly reason: string
}

export const keyOf = (entry: Pick<CalendarEntry, 'touchpoint' | 'channel'>): string =>
  `${entry.touchpoint}@${entry.channel}`

const passes = (entry: CalendarEntry, filter: CalendarFilter): boolean =>
  (!filter.channel || entry.channel === filter.channel) &&
  (!filter.skippedOnly || entry.declined > 0) &&
  (!filter.reason || entry.reasons.some((reason) => reason.code === filter.reason))

export const datedDays = (calendar: Calendar, today: string): DatedDay[] =>
  calendar.days.map((day) => ({
    ...day,
    entries: day.entries.map((entry) => ({ ...entry, over: day.day < today })),
  }))

/** The same days with only the entries that pass, earliest first. */
export const filterDays = (calendar: Calendar, today: string, filter: CalendarFilter): DatedDay[] =>
  datedDays(calendar, today).map((day) => ({
    ...day,
    entries: day.entries
      .filter((entry) => passes(entry, filter))
      .sort((a, b) => a.at.localeCompare(b.at) || a.title.localeCompare(b.title, 'zh')),
  }))

/** Daily rows first, then by time of day: what repeats every day forms the steady top of the grid. */
export const weekRows = (days: readonly DatedDay[]): WeekRow[] => {
  const first = new Map<string, DatedEntry>()
  for (const entry of days.flatMap((day) => day.entries))
    if (!first.has(keyOf(entry))) first.set(keyOf(entry), entry)
  const rows = [...first].map(([key, entry]) => ({
    key,
    touchpoint: entry.touchpoint,
    title: entry.title,
    channel: entry.channel,
    channelTitle: entry.channelTitle,
    at: entry.at,
    cells: days.map((day) => day.entries.find((one) => keyOf(one) === key)),
  }))
  const filled = (row: WeekRow): number => row.cells.filter(Boolean).length
  return rows.sort(
    (a, b) => filled(b) - filled(a) || a.at.localeCompare(b.at) || a.title.localeCompare(b.title, 'zh'),
  )
}

export const channelsOf = (calendar: Calendar): { value: string; title: string }[] => {
  const titles = new Map(
    calendar.days.flatMap((day) => day.entries.map((entry) => [entry.channel, entry.channelTitle] as const)),
  )
  return [...titles]
    .map(([value, title]) => ({ value, title }))
    .sort((a, b) => a.title.localeCompare(b.title, 'zh'))
}
