/** Jobs and followers as data: after each commit the touched customers, at 00:10 those whose day has come. */
import { days, hours } from '../base/clock.ts'
import type { Job } from '../base/jobs.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, Kind, LogRow } from '../interaction/index.ts'
import { customersOfRefunds, refundKeyOf } from '../order/index.ts'
import { areCutPointsStale, refreshCutPoints } from './cut-points.ts'
import { engagementKinds } from './facts.ts'
import { areRulesNew, resegment, resegmentDue } from './resegment.ts'
import type { Cause, SegmentParts } from './resegment.ts'
import { refreshRfmCuts } from './rfm/cuts.ts'
import type { TierRules } from './tier-rules.ts'

const contactKinds: readonly Kind[] = ['contact-added', 'group-joined']
/** Who is who changed: bookkeeping, since nobody did anything just now. */
const regroupKinds: readonly Kind[] = ['customers-merged', 'customers-unmerged', 'customer-erased']

function causeOf(row: LogRow): Cause {
  if (row.source.startsWith('import:')) return 'import'
  if (regroupKinds.includes(row.kind)) return 'merge'
  if (row.kind === 'order-placed') return 'order'
  if (row.kind === 'order-refunded') return 'refund'
  return contactKinds.includes(row.kind) ? 'contact' : 'engagement'
}

/** Both sides: the row's own identities lead to one of them only. */
const customersIn = ({ detail }: LogRow): string[] =>
  ['kept', 'from', 'to'].map((name) => detail[name]).filter((customer) => typeof customer === 'string')

export function createSegmentFollowers({ rules }: { readonly rules: TierRules }): Follower[] {
  return [
    {
      name: 'resegment',
      urgent: true,
      kinds: ['order-placed', 'order-refunded', ...engagementKinds, ...contactKinds, ...regroupKinds],
      async handle(ctx, rows) {
        const customers = await customersOfRows(ctx.tx, rows)
        const causes = new Map<string, Cause>()
        for (const row of rows) {
          const customer = customers.get(row.id)
          if (customer !== undefined) causes.set(customer, causeOf(row))
        }
        const refunds = rows.filter(({ kind }) => kind === 'order-refunded').map(refundKeyOf)
        for (const customer of await customersOfRefunds(ctx.tx, refunds)) causes.set(customer, 'refund')
        for (const row of rows.filter(({ kind }) => regroupKinds.includes(kind)))
          for (const customer of customersIn(row)) causes.set(customer, 'merge')
        await resegment(ctx, rules, causes)
      },
    },
  ]
}

export function createSegmentJobs(parts: SegmentParts): Job[] {
  return [
    {
      name: 'resegment-nightly',
      schedule: { every: 'day', at: '00:10' },
      catchUpMs: days(1),
      async run({ day }) {
        const stale = await areCutPointsStale(parts, day)
        // First whom the day moves, with that cause; a refreshed quantile would hide it behind its own.
        await resegmentDue(parts, day)
        if (stale) await refreshCutPoints(parts, day)
      },
    },
    {
      // Rules edited, or a database just upgraded: nobody waits for the night to be judged by what is in force.
      name: 'resegment-rules',
      schedule: { every: 'minutes', minutes: 60 },
      catchUpMs: hours(1),
      async run({ day }) {
        if (await areRulesNew(parts)) await resegmentDue(parts, day)
      },
    },
    {
      name: 'rfm-cut-points',
      schedule: { every: 'day', at: '00:20' },
      catchUpMs: days(1),
      async run({ day }) {
        await refreshRfmCuts(parts, day)
      },
    },
  ]
}
