/**
 * The parameters in force. They come from a log row 'churn-calibrated', so that a rebuild judges as was judged then;
 * before the first one the shipped parameters hold, without acts.
 */
import { z } from 'zod'
import type { Ctx } from '../../base/act.ts'
import { dayNumber, isDay } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import type { Projection } from '../../interaction/index.ts'
import type { Calibration } from './calibrate.ts'
import { newestCalibration, saveCalibrations } from './churn.store.ts'
import { parametersShape } from './settings.ts'
import type { ChurnRules, Parameters } from './settings.ts'

const bodyShape = z.object({
  own: z.boolean(),
  parameters: parametersShape,
  actsFromNo: z.number().nullable(),
  words: z.string(),
})

export interface InForce {
  readonly parameters: Parameters
  /** The first day on which the shop recorded any act; null = never. */
  readonly actsFromNo: number | null
  /** The day of the calibration; null = shipped. */
  readonly dayNo: number | null
  readonly own: boolean
  readonly words: string
}

export const calibrationProjection: Projection = {
  name: 'churn-calibration',
  kinds: ['churn-calibrated'],
  keeps: [{ table: 'churn_calibration', of: null }],
  async apply(tx, rows) {
    const days = new Map<number, string>()
    for (const { detail } of rows) {
      const { day, ...body } = detail
      if (typeof day === 'string' && isDay(day) && bodyShape.safeParse(body).success)
        days.set(dayNumber(day), JSON.stringify(body))
    }
    await saveCalibrations(
      tx,
      [...days].sort(([a], [b]) => a - b).map(([day_no, body]) => ({ day_no, body })),
    )
  },
}

export async function calibrationAsOf(reader: Reader, rules: ChurnRules, dayNo: number): Promise<InForce> {
  const newest = await newestCalibration(reader, dayNo)
  if (!newest)
    return {
      parameters: rules.defaults,
      actsFromNo: null,
      dayNo: null,
      own: false,
      words: 'shipped parameters: not calibrated yet',
    }
  const { parameters, ...body } = bodyShape.parse(JSON.parse(newest.body))
  // A shop that could not teach anything is judged by the shipped parameters of today's configuration.
  return {
    ...body,
    dayNo: newest.day_no,
    parameters: body.own ? parameters : { ...rules.defaults, actsPerDay: parameters.actsPerDay },
  }
}

export function recordCalibration(ctx: Ctx, calibration: Calibration, day: Day): void {
  const { own, parameters, actsFromNo, words, cases, churned, customers } = calibration
  ctx.record({
    kind: 'churn-calibrated',
    at: ctx.now,
    source: 'churn',
    sourceKey: `calibrated:${day}:${ctx.newId()}`,
    who: {},
    detail: { day, own, parameters, actsFromNo, words, cases, churned, customers },
  })
}
