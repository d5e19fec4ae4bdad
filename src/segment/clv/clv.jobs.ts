/** Jobs and followers as data: a fit on Mondays, and whoever was merged or parted told again at once. */
import { weekdayOf } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import type { Job } from '../../base/jobs.ts'
import type { Follower, LogRow } from '../../interaction/index.ts'
import { applyIfEnough, retellCustomers } from './apply.ts'
import type { ClvParts } from './apply.ts'
import { fitInForce } from './fit-row.ts'

const monday = 1

export const createClvJobs = (parts: ClvParts & { readonly clock: Clock }): Job[] => [
  {
    name: 'clv-weekly',
    schedule: { every: 'day', at: '03:30' },
    catchUpMs: days(1),
    async run({ day, dueAt }) {
      // Weekly; and on any day as long as there is no fit yet, so that a new shop need not wait for Monday.
      if (weekdayOf(day) !== monday && (await fitInForce(parts.db.reader)) !== null) return
      await applyIfEnough(parts, day, dueAt)
    },
  },
]

const concerned = ({ detail }: LogRow): string[] =>
  ['kept', 'other', 'from', 'to'].flatMap((name) => {
    const customer = detail[name]
    return typeof customer === 'string' ? [customer] : []
  })

export const createClvFollowers = (): Follower[] => [
  {
    name: 'clv-estimates',
    kinds: ['customers-merged', 'customers-unmerged'],
    async handle(ctx, rows) {
      await retellCustomers(ctx, [...new Set(rows.flatMap(concerned))].sort())
    },
  },
]
