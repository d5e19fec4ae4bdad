/** `segment moves --from DAY --to DAY`: what flowed from tier to tier. */
import { addDays, dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { tierFlows } from '../segment/index.ts'
import type { TierFlows } from '../segment/index.ts'
import { withCore } from './data.ts'

export interface MovesAnswer extends TierFlows {
  readonly seconds: number
  readonly peakMemoryMb: number
}

export const segmentMovesVerb = (options: { from?: string; to?: string }): Promise<MovesAnswer> =>
  withCore(async ({ db, rules, clock }) => {
    const startedAt = wallClock.steady()
    const today = dayOf(clock.now())
    const to = dayNamed('--to', options.to ?? today)
    const from = dayNamed('--from', options.from ?? addDays(to, -30))
    if (from > to)
      throw new Refusal('usage', `--from ${from} is after --to ${to}.`, 400, {
        fix: 'Give the earlier day first.',
      })
    const flows = await db.aside((scratch) => tierFlows(scratch, rules, from, to))
    return {
      ...flows,
      seconds: Math.round(wallClock.steady() - startedAt) / 1000,
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  })

function dayNamed(flag: string, text: string): Day {
  if (isDay(text)) return text
  throw new Refusal('usage', `${flag} ${text} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
}
