/** Touchpoints that are for workdays or for days off only; weekend days worked for a holiday (调休) are workdays. */
import { addDays, dayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Holidays } from '../base/holidays.ts'
import type { Candidate } from '../outbox/index.ts'

export const dayChoices = ['all', 'workdays', 'restdays'] as const
export type DayChoice = (typeof dayChoices)[number]

export const isOpenOn = (choice: DayChoice, holidays: Holidays, day: Day): boolean =>
  choice === 'all' || holidays.isWorkday(day) === (choice === 'workdays')

const titles = { workdays: '只在工作日发', restdays: '只在休息日发' } as const

/** Where nobody has entered a year, it is counted by weekdays and said so. Null where every day is right. */
export function dayWordsOf(choice: DayChoice, holidays: Holidays, from: Day, to: Day): string | null {
  if (choice === 'all') return null
  const missing = holidays.missingIn(from, to)
  return missing.length === 0
    ? titles[choice]
    : `${titles[choice]}，${missing.join('、')} 年的节假日未录入，按周一至周五算`
}

/** Years that a plan of these days needs and nobody has entered; none where no touchpoint asks. */
export const yearsMissing = (
  touchpoints: readonly { readonly days: DayChoice }[],
  holidays: Holidays,
  from: Day,
  to: Day,
): number[] => (touchpoints.some(({ days }) => days !== 'all') ? holidays.missingIn(from, to) : [])

/** No window of a touchpoint is longer. */
const mostDays = 62

/** The candidate with the days on which it may not be said. */
export function onItsDays(choice: DayChoice, holidays: Holidays, candidate: Candidate): Candidate {
  if (choice === 'all') return candidate
  const [from, to] = [dayOf(candidate.wantedAt), dayOf(candidate.expiresAt)]
  const days: Day[] = []
  for (let n = 0, day = from; day <= to && n < mostDays; n += 1, day = addDays(from, n))
    if (!isOpenOn(choice, holidays, day)) days.push(day)
  if (days.length === 0) return candidate
  return { ...candidate, notOn: { days, words: dayWordsOf(choice, holidays, from, to) ?? '' } }
}
