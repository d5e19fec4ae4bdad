/** `siyu segment [--as-of DATE] [--apply]`: who stands where. Only `--apply` writes, and never for a past day. */
import { dayOf, isDay } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { resegmentEverybody, standingsAsOf, summarize } from '../segment/index.ts'
import type { SegmentParts, SegmentSummary } from '../segment/index.ts'

export interface SegmentVerbOptions {
  readonly asOf?: string | undefined
  readonly apply?: boolean | undefined
}

export async function runSegment(
  parts: SegmentParts & { readonly clock: Clock },
  options: SegmentVerbOptions,
): Promise<SegmentSummary> {
  const today = dayOf(parts.clock.now())
  const day = options.asOf ?? today
  if (!isDay(day))
    throw new Refusal('usage', `--as-of ${day} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
  if (options.apply === true) {
    if (day !== today)
      throw new Refusal('usage', `--apply writes today's standings, not those of ${day}.`, 400, {
        fix: 'Leave out --as-of to write, or leave out --apply to look.',
      })
    await resegmentEverybody(parts, today, 'rules')
  }
  return summarize(await standingsAsOf(parts.db.reader, parts.rules, day), parts.rules, day)
}
