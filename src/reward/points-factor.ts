/** How often points count on a day: whoever gives them asks. The larger factor counts, they are not multiplied. */
import { LunarMonth } from 'tyme4ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { attributesOf } from '../customer/index.ts'
import { currentLevelRules } from './level-rules.ts'
import { levelOf } from './levels.ts'
import { currentRewardSettings } from './settings.ts'
import type { RewardSettings } from './settings.ts'

export interface Birthdays {
  /** `1990-05-20`. */
  readonly solar: string | null
  /** `1990-04-12`, in a leap month `1990-L04-12`. */
  readonly lunar: string | null
}

const monthOf = (day: Day): number => Number(day.slice(5, 7))

/** The months of the calendar into which a lunar date falls in the year of `day`: a lunar year ends in the next one. */
function lunarMonths(lunar: string, day: Day): number[] {
  const [, month = '', date = ''] = /-L?(\d{2})-(\d{2})$/.exec(lunar) ?? []
  const year = Number(day.slice(0, 4))
  if (month === '') return []
  return [year - 1, year].flatMap((lunarYear) => {
    const days = LunarMonth.fromYm(lunarYear, Number(month)).getDays()
    const solar = days[Math.min(Number(date), days.length) - 1]?.getSolarDay()
    return solar?.getYear() === year ? solar.getMonth() : []
  })
}

export function isBirthdayMonth({ solar, lunar }: Birthdays, day: Day): boolean {
  const told = /-(\d{2})-\d{2}$/.exec(solar ?? '')?.[1]
  if (told !== undefined) return Number(told) === monthOf(day)
  return lunar !== null && lunarMonths(lunar, day).includes(monthOf(day))
}

export function factorOn({ points }: RewardSettings, born: Birthdays, day: Day): number {
  const { birthdayFactor, membersDay } = points
  return Math.max(
    1,
    isBirthdayMonth(born, day) ? birthdayFactor : 1,
    membersDay !== undefined && membersDay.dayOfMonth === Number(day.slice(8)) ? membersDay.factor : 1,
  )
}

/** What her level multiplies by; 1 in a shop whose levels say nothing of it. */
async function levelFactor(reader: Reader, customer: string, day: Day): Promise<number> {
  const { levels } = await currentLevelRules(reader)
  if (levels.every(({ pointsFactor: factor = 1 }) => factor === 1)) return 1
  const { level } = await levelOf(reader, customer, day)
  return levels.find(({ name }) => name === level)?.pointsFactor ?? 1
}

/** Whole points, as everywhere. */
export const timesPoints = (amount: number, factor: number): number => Math.round(amount * factor)

export async function pointsFactor(reader: Reader, customer: string, day: Day): Promise<number> {
  const attributes = (await attributesOf(reader, [customer])).get(customer) ?? []
  const textOf = (name: string): string | null => {
    const value = attributes.find((one) => one.name === name)?.value
    return typeof value === 'string' ? value : null
  }
  const born = { solar: textOf('birthday'), lunar: textOf('birthdayLunar') }
  return Math.max(
    factorOn(await currentRewardSettings(reader), born, day),
    await levelFactor(reader, customer, day),
  )
}
