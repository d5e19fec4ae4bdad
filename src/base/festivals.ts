/**
 * Days that people plan around, each by its rule and none by a table. Whether people are off work is another question:
 * see `holidays.ts`.
 */
import { LRUCache } from 'lru-cache'
import { addDays, weekdayOf } from './calendar.ts'
import type { Day } from './calendar.ts'
import { dayOfLunar, lunarYears, qingmingOf } from './lunar.ts'

/** The days of a Gregorian year on which it is kept: one, rarely two or none for what the moon decides in winter. */
type Rule = (year: number) => readonly Day[]

const two = (n: number): string => String(n).padStart(2, '0')
const dayIn = (year: number, monthAndDate: string): Day => `${String(year).padStart(4, '0')}-${monthAndDate}`

const solar =
  (monthAndDate: string): Rule =>
  (year) => [dayIn(year, monthAndDate)]

/** A date of an ordinary month, `offset` days on: festivals are not kept again in a leap month. */
const lunar =
  (month: number, date: number, offset = 0): Rule =>
  (year) =>
    [year - 1, year]
      .flatMap((lunarYear) => dayOfLunar({ year: lunarYear, month, date, leap: false }) ?? [])
      .map((day) => addDays(day, offset))
      .filter((day) => Number(day.slice(0, 4)) === year)

/** The nth Sunday of a month. */
const sunday =
  (nth: number, month: number): Rule =>
  (year) => {
    const first = dayIn(year, `${two(month)}-01`)
    return [addDays(first, 7 - weekdayOf(first) + 7 * (nth - 1))]
  }

/**
 * In the order of the year; two on one day are named in this order. 小年 is kept on the 23rd as in the north (the south
 * keeps the 24th). Names are used in settings: they never change.
 */
const rules = [
  ['元旦', solar('01-01')],
  ['腊八节', lunar(12, 8)],
  ['小年', lunar(12, 23)],
  ['除夕', lunar(1, 1, -1)],
  ['春节', lunar(1, 1)],
  ['元宵节', lunar(1, 15)],
  ['情人节', solar('02-14')],
  ['妇女节', solar('03-08')],
  ['清明节', (year) => [qingmingOf(year)]],
  ['劳动节', solar('05-01')],
  ['母亲节', sunday(2, 5)],
  ['儿童节', solar('06-01')],
  ['端午节', lunar(5, 5)],
  ['618', solar('06-18')],
  ['父亲节', sunday(3, 6)],
  ['七夕', lunar(7, 7)],
  ['中元节', lunar(7, 15)],
  ['教师节', solar('09-10')],
  ['中秋节', lunar(8, 15)],
  ['国庆节', solar('10-01')],
  ['重阳节', lunar(9, 9)],
  ['双11', solar('11-11')],
  ['双12', solar('12-12')],
  ['圣诞节', solar('12-25')],
] as const satisfies readonly (readonly [string, Rule])[]

export type Festival = (typeof rules)[number][0]
export const festivalNames: readonly Festival[] = rules.map(([name]) => name)

type Year = ReadonlyMap<Day, readonly Festival[]>
const known = new LRUCache<number, Year>({ max: 64 })

function festivalsIn(year: number): Year {
  if (year <= lunarYears.first || year >= lunarYears.last) return new Map()
  const cached = known.get(year)
  if (cached) return cached
  const days = new Map<Day, Festival[]>()
  for (const [name, rule] of rules)
    for (const day of rule(year)) days.set(day, [...(days.get(day) ?? []), name])
  known.set(year, days)
  return days
}

/** Every festival of a day; none outside the years that can be reckoned. */
export const festivalsOf = (day: Day): readonly string[] =>
  festivalsIn(Number(day.slice(0, 4))).get(day) ?? []

/** For people: `中秋节 · 国庆节`. */
export const festivalOf = (day: Day): string | null => festivalsOf(day).join(' · ') || null

/** The days of a Gregorian year on which it is kept. 腊八节 comes twice in some years and in others not at all. */
export const daysOfFestival = (name: Festival, year: number): readonly Day[] =>
  [...festivalsIn(year)].flatMap(([day, names]) => (names.includes(name) ? [day] : []))
