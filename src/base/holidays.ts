/**
 * State holidays and the weekend days worked for them (法定节假日与调休). They are announced each November for one year
 * and follow no rule, so they are a table, `config/holidays.yaml`; a year without one is said aloud, never guessed.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { addDays, daysBetween, isDay, weekdayOf } from './calendar.ts'
import type { Day } from './calendar.ts'
import type { Ctx } from './act.ts'
import type { Reader } from './db.ts'
import { readMeta, writeMeta } from './meta.ts'
import { readSettings } from './settings-file.ts'

/** In a year without a table only the weekday is known: people may be off on an `unknown-year-weekday`. */
export type DayKind =
  'workday' | 'weekend' | 'holiday' | 'makeup-workday' | 'unknown-year-weekday' | 'unknown-year-weekend'

export interface Holidays {
  dayKind(day: Day): DayKind
  /** People are at work; where there is no table, from Monday to Friday. */
  isWorkday(day: Day): boolean
  /** `春节`: the state holiday that the day is part of, or that it is worked for. */
  nameOf(day: Day): string | null
  /** Years with a table, ascending. */
  readonly years: readonly number[]
  /** Years without a table that these days touch, ascending. */
  missingIn(from: Day, to: Day): number[]
  /** Years whose table should be there by now: this one, and from 1 December on the next. */
  missingAt(today: Day): number[]
  /** Where a person enters them. */
  readonly file: string
  /** As they were entered. */
  readonly tables: readonly YearTable[]
}

// ---------------------------------------------------------------- the file

const mostDays = 16
const dayField = z
  .string('write the day as 2026-05-01')
  .refine(isDay, 'there is no such day; write it as 2026-05-01')

const holidayShape = z
  .strictObject({
    name: z.string().trim().min(1).max(20),
    from: dayField,
    to: dayField,
    work: z.array(dayField).max(10).default([]),
  })
  .superRefine(({ from, to, work }, ctx) => {
    const mistake = (path: (string | number)[], message: string): void =>
      ctx.addIssue({ code: 'custom', path, message })
    if (!isDay(from) || !isDay(to)) return
    if (to < from) return mistake(['to'], `ends before it begins on ${from}`)
    if (daysBetween(from, to) >= mostDays)
      mistake(['to'], `is longer than ${String(mostDays)} days; is the month right?`)
    work.forEach((day, n) => {
      if (!isDay(day)) return
      if (weekdayOf(day) < 6)
        mistake(['work', n], `${day} is no Saturday or Sunday, it is worked anyway: take it out`)
    })
  })

const yearShape = z.strictObject({
  year: z.int().min(1949).max(2199),
  holidays: z.array(holidayShape).min(1).max(20),
})

export type YearTable = z.infer<typeof yearShape>

export const holidaysShape = z
  .strictObject({ years: z.array(yearShape).max(200).default([]) })
  .superRefine(({ years }, ctx) => {
    const seen = new Map<Day, string>()
    years.forEach(({ year, holidays }, y) => {
      const mistake = (path: (string | number)[], message: string): void =>
        ctx.addIssue({ code: 'custom', path: ['years', y, ...path], message })
      if (years.findIndex((one) => one.year === year) < y)
        mistake(['year'], `${String(year)} has a table already: put its holidays there`)
      holidays.forEach((holiday, h) => {
        // New Year may begin in the last days of December.
        const [first, last] = [`${String(year - 1)}-12-25`, `${String(year)}-12-31`]
        for (const field of ['from', 'to'] as const)
          if (isDay(holiday[field]) && (holiday[field] < first || holiday[field] > last))
            mistake(['holidays', h, field], `${holiday[field]} is not in ${String(year)}`)
        for (const [path, day] of markedDays(holiday)) {
          const other = seen.get(day)
          if (other !== undefined) mistake(['holidays', h, ...path], `${day} is part of ${other} already`)
          else seen.set(day, holiday.name)
        }
      })
    })
  })

/** Each day that the holiday says something about, with the place where it says so. */
function markedDays({
  from,
  to,
  work,
}: YearTable['holidays'][number]): [path: (string | number)[], day: Day][] {
  return [
    ...daysOff(from, to).map((day): [(string | number)[], Day] => [['from'], day]),
    ...work.map((day, n): [(string | number)[], Day] => [['work', n], day]),
  ]
}

/** Not more than may be, since a wrong month is still to be complained about. */
const daysOff = (from: Day, to: Day): Day[] =>
  isDay(from) && isDay(to)
    ? Array.from({ length: Math.min(mostDays, Math.max(0, daysBetween(from, to) + 1)) }, (_, n) =>
        addDays(from, n),
      )
    : []

export function loadHolidays(configDir: string): Holidays {
  const file = join(configDir, 'holidays.yaml')
  const { years } = readSettings(file, holidaysShape, 'The state holidays cannot be read:')
  return holidaysOf(years, file)
}

// ---------------------------------------------------------------- in force

const metaName = 'holidays'

/** What is in force lies in `meta`: whoever plans needs no file. */
export async function applyHolidays(ctx: Ctx, { tables }: Holidays): Promise<void> {
  const text = JSON.stringify(tables)
  if ((await readMeta(ctx.tx, metaName)) !== text) await writeMeta(ctx.tx, metaName, text)
}

/** Without any only weekdays are known, and each year is said to be missing. */
export async function holidaysInForce(reader: Reader): Promise<Holidays> {
  const text = await readMeta(reader, metaName)
  return holidaysOf(text === null ? [] : (JSON.parse(text) as YearTable[]))
}

// ---------------------------------------------------------------- what it says

export function holidaysOf(tables: readonly YearTable[], file = 'config/holidays.yaml'): Holidays {
  const marked = new Map<Day, { readonly kind: 'holiday' | 'makeup-workday'; readonly name: string }>()
  for (const { name, from, to, work } of tables.flatMap(({ holidays }) => holidays)) {
    for (const day of daysOff(from, to)) marked.set(day, { kind: 'holiday', name })
    for (const day of work) marked.set(day, { kind: 'makeup-workday', name })
  }
  const years = tables.map(({ year }) => year).sort((a, b) => a - b)
  const isKnown = (year: number): boolean => years.includes(year)
  const yearOf = (day: Day): number => Number(day.slice(0, 4))
  const dayKind = (day: Day): DayKind => {
    const mark = marked.get(day)
    if (mark) return mark.kind
    const isWeekend = weekdayOf(day) > 5
    if (!isKnown(yearOf(day))) return isWeekend ? 'unknown-year-weekend' : 'unknown-year-weekday'
    return isWeekend ? 'weekend' : 'workday'
  }
  return {
    file,
    tables,
    years,
    dayKind,
    isWorkday(day) {
      const kind = dayKind(day)
      return kind === 'workday' || kind === 'makeup-workday' || kind === 'unknown-year-weekday'
    },
    nameOf: (day) => marked.get(day)?.name ?? null,
    missingIn: (from, to) =>
      Array.from({ length: Math.max(0, yearOf(to) - yearOf(from) + 1) }, (_, n) => yearOf(from) + n).filter(
        (year) => !isKnown(year),
      ),
    missingAt(today) {
      const year = yearOf(today)
      const wanted = today.slice(5) >= announcedBy ? [year, year + 1] : [year]
      return wanted.filter((one) => !isKnown(one))
    },
  }
}

/** The next year is announced in November. */
const announcedBy = '12-01'

/** One line for logs and `doctor`; null when nothing is missing. */
export function holidayTrouble(holidays: Holidays, today: Day): { found: string; fix: string } | null {
  const missing = holidays.missingAt(today)
  if (missing.length === 0) return null
  return {
    found: `no state holidays for ${missing.join(' and ')}: holidays and make-up workdays of that year count as plain weekdays and weekends`,
    fix: `enter the year in ${holidays.file} as the State Council announced it (国务院办公厅关于部分节假日安排的通知), then restart`,
  }
}
