/** Each night the averages of the tiers; once a week the lines of percentile axes. */
import { dayNumber } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Job } from '../../base/jobs.ts'
import type { RadarParts } from './radar.ts'
import { radarBasis } from './radar.ts'
import { averagesByTier, percentilePoints, saveAverages, saveScale, storedScales } from './radar.store.ts'
import type { RankedAxis } from './radar.store.ts'

const freezeDays = 7
const rankedAxes: readonly RankedAxis[] = ['frequency', 'spend', 'potential']

export interface RadarRefreshed {
  readonly tiers: number
  readonly customers: number
  readonly scalesRenewed: boolean
}

export async function refreshRadar(
  db: Db,
  { rules, settings }: RadarParts,
  dayNo: number,
): Promise<RadarRefreshed> {
  const query = { dayNo, settings, leadTier: rules.lead.name }
  return db.aside(async (scratch) => {
    const frozenOn = Math.max(...(await storedScales(scratch)).map((row) => row.computed_no), -Infinity)
    const scalesRenewed = frozenOn + freezeDays <= dayNo || frozenOn > dayNo
    if (scalesRenewed) {
      for (const axis of rankedAxes) {
        const points = await percentilePoints(scratch, query, axis)
        await db.tx((tx) => saveScale(tx, axis, points, dayNo), 'bulk')
      }
    }
    const { scales } = await radarBasis(db.reader, settings)
    const averages = await averagesByTier(scratch, query, scales)
    await db.tx((tx) => saveAverages(tx, averages, dayNo), 'bulk')
    const sizes = new Map(averages.map(({ tier, customers }) => [tier, customers]))
    return {
      tiers: sizes.size,
      customers: [...sizes.values()].reduce((sum, n) => sum + n, 0),
      scalesRenewed,
    }
  })
}

export const createRadarJobs = (parts: {
  readonly db: Db
  readonly rules: RadarParts['rules']
  readonly radar: RadarParts['settings']
}): Job[] => [
  {
    name: 'radar-nightly',
    schedule: { every: 'day', at: '03:30' },
    catchUpMs: days(1),
    async run({ day }) {
      await refreshRadar(parts.db, { rules: parts.rules, settings: parts.radar }, dayNumber(day))
    },
  },
]
