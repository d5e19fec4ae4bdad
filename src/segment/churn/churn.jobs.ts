/** Jobs and followers as data: each night everybody, after a purchase or a refund whom it concerns, at once. */
import { dayNumber, dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Job } from '../../base/jobs.ts'
import { customersOfRows } from '../../customer/index.ts'
import type { Follower, LogRow } from '../../interaction/index.ts'
import { customersOfRefunds, refundKeyOf } from '../../order/index.ts'
import { calibrateStore, isCalibrationDue } from './calibrate-store.ts'
import type { Calibration } from './calibrate.ts'
import { lookAt, lookAtEverybody } from './look.ts'
import type { ChurnCause, ChurnParts, Looked } from './look.ts'
import type { ChurnRules } from './settings.ts'

/** What the night does: parameters first when they are due, then everybody. */
export async function refreshSignals(
  parts: ChurnParts,
  day: Day,
): Promise<{ readonly calibrated: Calibration | null; readonly looked: Looked }> {
  const calibrated = (await isCalibrationDue(parts, day)) ? await calibrateStore(parts, day) : null
  return { calibrated, looked: await lookAtEverybody(parts, day) }
}

export const createChurnJobs = (parts: ChurnParts): Job[] => [
  {
    name: 'churn-signals',
    schedule: { every: 'day', at: '00:40' },
    catchUpMs: days(1),
    async run({ day }) {
      await refreshSignals(parts, day)
    },
  },
]

/** Between whom facts went to and fro. */
const concerned = ({ detail }: LogRow): string[] =>
  ['kept', 'other', 'from', 'to'].flatMap((name) => {
    const customer = detail[name]
    return typeof customer === 'string' ? [customer] : []
  })

export const createChurnFollowers = ({ churn }: { readonly churn: ChurnRules }): Follower[] => [
  {
    name: 'churn-signals',
    kinds: ['order-placed', 'order-refunded', 'customers-merged', 'customers-unmerged'],
    async handle(ctx, rows) {
      const causes = new Map<string, ChurnCause>()
      for (const customer of rows.filter(isMerge).flatMap(concerned)) causes.set(customer, 'merge')
      for (const customer of (
        await customersOfRows(
          ctx.tx,
          rows.filter((row) => !isMerge(row)),
        )
      ).values())
        causes.set(customer, 'order')
      const refunds = rows.filter(({ kind }) => kind === 'order-refunded').map(refundKeyOf)
      for (const customer of await customersOfRefunds(ctx.tx, refunds)) causes.set(customer, 'refund')
      const dayNo = dayNumber(dayOf(ctx.now))
      for (const cause of ['order', 'refund', 'merge'] as const) {
        const customers = [...causes].filter(([, why]) => why === cause).map(([customer]) => customer)
        await lookAt(ctx, churn, customers.sort(), { cause, dayNo })
      }
    },
  },
]

const isMerge = ({ kind }: LogRow): boolean => kind === 'customers-merged' || kind === 'customers-unmerged'
