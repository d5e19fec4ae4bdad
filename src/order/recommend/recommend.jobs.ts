import { dayNumber } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Job } from '../../base/jobs.ts'
import { refreshCoPurchase } from './co-purchase.ts'
import type { RecommendSettings } from './settings.ts'

export const createRecommendJobs = (parts: {
  readonly db: Db
  readonly recommend: RecommendSettings
}): Job[] => [
  {
    name: 'co-purchase-nightly',
    schedule: { every: 'day', at: '03:10' },
    catchUpMs: days(1),
    async run({ day }) {
      await refreshCoPurchase(parts.db, parts.recommend, dayNumber(day))
    },
  },
]
