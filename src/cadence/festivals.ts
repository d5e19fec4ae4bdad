/** Days that people plan around. Lunar ones are a table: libraries disagree on some of them. */
import type { Day } from '../base/calendar.ts'

const everyYear: Readonly<Record<string, string>> = {
  '01-01': '元旦',
  '02-14': '情人节',
  '03-08': '妇女节',
  '05-01': '劳动节',
  '06-01': '儿童节',
  '06-18': '618',
  '09-10': '教师节',
  '10-01': '国庆节',
  '11-11': '双11',
  '12-12': '双12',
  '12-25': '圣诞节',
}

const oneYear: Readonly<Record<Day, string>> = {
  '2026-02-16': '除夕',
  '2026-02-17': '春节',
  '2026-03-03': '元宵节',
  '2026-04-05': '清明节',
  '2026-06-19': '端午节',
  '2026-08-19': '七夕',
  '2026-09-25': '中秋节',
  '2026-10-18': '重阳节',
  '2027-02-05': '除夕',
  '2027-02-06': '春节',
  '2027-02-20': '元宵节',
  '2027-04-05': '清明节',
  '2027-06-09': '端午节',
  '2027-08-08': '七夕',
  '2027-09-15': '中秋节',
  '2027-10-08': '重阳节',
}

export const festivalOf = (day: Day): string | null => oneYear[day] ?? everyYear[day.slice(5)] ?? null

export const festivalsOf = (day: Day): string[] =>
  [oneYear[day], everyYear[day.slice(5)]].filter((name) => name !== undefined)
