/** The next day on which a touchpoint has something to say. */
import { addDays } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { momentOf } from './touchpoint.ts'
import type { Moment } from './touchpoint.ts'

/** A year, with room for what the moon decides. */
const searchDays = 400

/** From today on; null when there is none within a year. */
export function nextMoment(today: Day, has: (moment: Moment) => boolean): Moment | null {
  for (let n = 0; n < searchDays; n += 1) {
    const moment = momentOf(addDays(today, n))
    if (has(moment)) return moment
  }
  return null
}
