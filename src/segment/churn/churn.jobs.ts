/** Jobs and followers as data: each night everybody, after a purchase or a refund whom it concerns, at once. */
import { dayNumber, dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Job } from '../../base/jobs.ts'
import { customersOfRows } from '../../customer/index.ts'
import type { Follower, Kind, LogRow } from '../../interaction/index.ts'
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

const regroupKinds: readonly Kind[] = ['customers-merged', 'customers-unmerged', 'customer-erased']

/** Between whom facts went to and fro. */
const concerned = ({ detail }: LogRow): string[] =>
  ['kept', 'other', 'from', 'to', 'customer'].flatMap((name) => {
    const customer = detail[name]
    return typeof customer === 'string' ? [customer] : []
  })

export const createChurnFollowers = ({ churn }: { readonly churn: ChurnRules }): Follower[] => [
  {
    name: 'churn-signals',
    kinds: ['order-placed', 'order-refunded', ...regroupKinds],
    async handle(ctx, rows) {
      const causes = new Map<string, ChurnCause>()
      const customers = await customersOfRows(ctx.tx, rows)
      for (const row of rows) {
        const customer = customers.get(row.id)
        if (isRegrouping(row)) for (const one of concerned(row)) causes.set(one, 'merge')
        else if (customer !== undefined) causes.set(customer, causeOf(row))
      }
      for (const row of rows.filter(({ kind }) => kind === 'order-refunded'))
        for (const customer of await customersOfRefunds(ctx.tx, [refundKeyOf(row)]))
          causes.set(customer, row.source.startsWith('import:') ? 'import' : 'refund')
      const dayNo = dayNumber(dayOf(ctx.now))
      for (const cause of new Set(causes.values())) {
        const whom = [...causes].filter(([, why]) => why === cause).map(([customer]) => customer)
        await lookAt(ctx, churn, whom.sort(), { cause, dayNo })
      }
    },
  },
]

const isRegrouping = ({ kind }: LogRow): boolean => regroupKinds.includes(kind)

const causeOf = ({ kind, source }: LogRow): ChurnCause => {
  if (source.startsWith('import:')) return 'import'
  return kind === 'order-placed' ? 'order' : 'refund'
}
