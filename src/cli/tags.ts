/** `siyu segment tags [--as-of DATE]`: the dynamic tags computed from the facts of that day or of now; writes nothing. */
import { dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { tagsComputed } from '../segment/index.ts'
import type { TagRules, TagSummary } from '../segment/index.ts'

export interface TagsDocument {
  readonly asOf: Day
  readonly tags: readonly TagSummary[]
  readonly seconds: number
  readonly peakMemoryMb: number
}

export async function runTags(
  { db, clock, tagRules }: { readonly db: Db; readonly clock: Clock; readonly tagRules: TagRules },
  { asOf }: { readonly asOf?: string | undefined },
): Promise<TagsDocument> {
  const startedAt = clock.steady()
  const now = clock.now()
  const day = asOf ?? dayOf(now)
  if (!isDay(day))
    throw new Refusal('usage', `--as-of ${day} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
  if (day > dayOf(now))
    throw new Refusal('usage', `--as-of ${day} is still to come: nobody has done anything then.`, 400, {
      fix: 'Give today or a day that is over.',
    })
  const tags = await tagsComputed(db.reader, tagRules, { now, day })
  return {
    asOf: day,
    tags,
    seconds: Math.round(clock.steady() - startedAt) / 1000,
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}
