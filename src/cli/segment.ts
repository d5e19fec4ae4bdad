/** `siyu segment [--as-of DATE] [--preset NAME] [--apply]`: who stands where. Only `--apply` writes, never for a past day. */
import { join } from 'node:path'
import { dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import { packageRoot } from '../base/env.ts'
import { Refusal } from '../base/errors.ts'
import {
  currentRfmCuts,
  loadPreset,
  resegmentEverybody,
  rfmCutsOfDay,
  rfmSummary,
  sleepSummary,
  summarizeDay,
} from '../segment/index.ts'
import type { RfmSummary, SegmentParts, SegmentSummary, SleepSummary, TierRules } from '../segment/index.ts'

const shippedConfig = join(packageRoot, 'config')

export interface SegmentVerbOptions {
  readonly asOf?: string | undefined
  readonly apply?: boolean | undefined
  /** The rules of `config/presets/<name>.yaml` instead of the shop's own; only to look. */
  readonly preset?: string | undefined
}

export type SegmentVerbParts = SegmentParts & { readonly clock: Clock; readonly configDir?: string }
export type SegmentDocument = SegmentSummary & RfmSummary & SleepSummary & { readonly preset?: string }

export async function runSegment(
  parts: SegmentVerbParts,
  options: SegmentVerbOptions,
): Promise<SegmentDocument> {
  const today = dayOf(parts.clock.now())
  const day = dayGiven(options.asOf, today)
  if (options.apply === true) {
    refuseApply(options, day, today)
    await resegmentEverybody(parts, today, 'rules')
  }
  const { preset } = options
  const rules = rulesOf(parts, preset)
  const { reader } = parts.db
  // The running shop by its frozen cut points; a day or a preset that was asked for by those of that day itself.
  const isNow = preset === undefined && options.asOf === undefined
  const cuts = await (isNow ? currentRfmCuts : rfmCutsOfDay)(reader, rules.rfm, day)
  return {
    ...(await summarizeDay(reader, rules, day)),
    ...(preset === undefined ? {} : { preset }),
    ...(await rfmSummary(reader, rules.rfm, day, cuts)),
    ...(await sleepSummary(reader, rules, day, cuts)),
  }
}

/** The shop's own, or those of a preset. */
export const rulesOf = (
  { rules, configDir }: Pick<SegmentVerbParts, 'rules' | 'configDir'>,
  preset: string | undefined,
): TierRules => (preset === undefined ? rules : loadPreset(configDir ?? shippedConfig, preset))

export function dayGiven(asOf: string | undefined, today: Day): Day {
  const day = asOf ?? today
  if (!isDay(day))
    throw new Refusal('usage', `--as-of ${day} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
  return day
}

function refuseApply({ preset }: SegmentVerbOptions, day: Day, today: Day): void {
  if (preset !== undefined)
    throw new Refusal('usage', '--preset only looks; it never writes.', 400, {
      fix: `Copy config/presets/${preset}.yaml to config/tiers.yaml to adopt it, then use --apply alone.`,
    })
  if (day !== today)
    throw new Refusal('usage', `--apply writes today's standings, not those of ${day}.`, 400, {
      fix: 'Leave out --as-of to write, or leave out --apply to look.',
    })
}
