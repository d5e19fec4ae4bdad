/** Small words that wordings, calendars and cards share. */
import type { Day } from '../base/calendar.ts'

const weekdays = ['一', '二', '三', '四', '五', '六', '日'] as const
const englishWeekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

/** 1 = 周一 … 7 = 周日. */
export const weekdayWords = (weekday: number): string => `周${weekdays[weekday - 1] ?? ''}`

/** `1`–`7`, 三, 周三, 星期三, 礼拜天, Wed, wednesday; null for anything else. ISO: Monday is 1, Sunday 7. */
export function parseWeekday(written: string | number): number | null {
  const text = String(written).trim().toLowerCase()
  if (/^[1-7]$/.test(text)) return Number(text)
  const chinese = /^(?:周|星期|礼拜)?([一二三四五六日天])$/.exec(text)?.[1]
  if (chinese !== undefined) return chinese === '天' ? 7 : weekdays.findIndex((day) => day === chinese) + 1
  if (text.length < 3) return null
  const english = englishWeekdays.findIndex((day) => day === text || day.slice(0, 3) === text)
  return english < 0 ? null : english + 1
}

/** 11月18日 */
export const dayWords = (day: Day): string =>
  `${String(Number(day.slice(5, 7)))}月${String(Number(day.slice(8, 10)))}日`

/** 20 → 8折, 25 → 7.5折: how Chinese shops say a discount. */
export const discountWords = (percentOff: number): string =>
  `${String(Number(((100 - percentOff) / 10).toFixed(1)))}折`

/** WeCom counts bytes of UTF-8, three for a Chinese character. */
export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')
