/** Parameters from the store's own past, fitted off the main thread and put on record. */
import { system } from '../../base/act.ts'
import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { recordCalibration, calibrationAsOf } from './calibration.ts'
import { calibrate } from './calibrate.ts'
import type { Calibration } from './calibrate.ts'
import { buyersKnown } from './churn.store.ts'
import { spanOf } from './histories.ts'
import type { ChurnParts } from './look.ts'
import { calibrateOffThread } from './off-thread.ts'
import { readStoredHistories } from './stored-histories.ts'

const everyDays = 30
/** Two years of origins: what was longer ago says little about the shop of today. */
const mostOrigins = 24
const warmUpDays = 90
/** A shop that could not teach anything is asked again after a week. */
const askAgainDays = 7

export async function isCalibrationDue({ db, churn }: ChurnParts, day: Day): Promise<boolean> {
  const dayNo = dayNumber(day)
  const { dayNo: madeNo, own } = await calibrationAsOf(db.reader, churn, dayNo)
  if (madeNo !== null) return dayNo - madeNo >= (own ? churn.calibration.everyDays : askAgainDays)
  return (await buyersKnown(db.reader)) > 0
}

/** Null when there is nothing to look at. */
export async function calibrateStore({ db, act, churn }: ChurnParts, day: Day): Promise<Calibration | null> {
  const endNo = dayNumber(day)
  const { histories } = await readStoredHistories(db.reader, day, churn.calibration.mostCustomers)
  const span = spanOf(histories)
  if (!span) return null
  const origins: number[] = []
  for (
    let originNo = endNo - churn.label.leastDays;
    originNo >= span.firstNo + warmUpDays && origins.length < mostOrigins;
    originNo -= everyDays
  )
    origins.unshift(originNo)
  const task = { origins, endNo, actsFromNo: span.actsFromNo }
  // Too few to learn from is said in a moment; a thread would take longer to start.
  const calibration =
    histories.customers.length < churn.calibration.leastCustomers
      ? calibrate(churn, histories, task)
      : await calibrateOffThread({ rules: churn, histories, task })
  await act(system('churn'), async (ctx) => {
    await Promise.resolve()
    recordCalibration(ctx, calibration, day)
  })
  return calibration
}
