/** The fit in force, as the log holds it: everything that the estimates are told from. */
import { z } from 'zod'
import type { Reader } from '../../base/db.ts'
import type { Projection } from '../../interaction/index.ts'
import { newestFit, saveFits } from './estimate.store.ts'
import type { EstimateFit } from './estimate.ts'
import { countModel } from './models/index.ts'

const covariance = z.array(z.array(z.number()))

export const fitRowShape = z.object({
  model: z.enum(['pareto-nbd', 'mbg-nbd']),
  endDay: z.string(),
  params: z.record(z.string(), z.number()),
  /** Of the logarithms of the parameters, in the order of `params`. */
  covariance,
  logLikelihood: z.number(),
  customers: z.number(),
  spend: z
    .object({
      params: z.record(z.string(), z.number()),
      covariance,
      logLikelihood: z.number(),
      customers: z.number(),
    })
    .nullable(),
  meanSpend: z.number(),
  weeks: z.number(),
  interval: z.number(),
  draws: z.number(),
  seed: z.number(),
  warnings: z.array(
    z.object({ code: z.string(), value: z.number().nullable(), words: z.string(), fix: z.string() }),
  ),
})
export type FitRow = z.infer<typeof fitRowShape>

export interface FitInForce extends FitRow {
  readonly seq: number
}

export const clvProjection: Projection = {
  name: 'clv',
  kinds: ['clv-fitted'],
  keeps: [{ table: 'clv_fit', of: null }],
  async apply(tx, rows) {
    await saveFits(
      tx,
      rows.map(({ seq, at, sourceKey, detail }) => ({
        seq,
        at,
        sourceKey,
        detail: fitRowShape.parse(detail),
      })),
    )
  },
}

export async function fitInForce(reader: Reader): Promise<FitInForce | null> {
  const row = await newestFit(reader)
  return row === null ? null : { seq: row.seq, ...fitRowShape.parse(JSON.parse(row.detail)) }
}

const spendNames = ['p', 'q', 'gamma']

export function toEstimateFit(row: FitRow): EstimateFit {
  const values = (params: Readonly<Record<string, number>>, names: readonly string[]): number[] =>
    names.map((name) => {
      const value = params[name]
      if (value === undefined) throw new Error(`The log row of the fit has no parameter ${name}.`)
      return value
    })
  return {
    model: row.model,
    parameters: values(row.params, countModel(row.model).parameters),
    covariance: row.covariance,
    spend:
      row.spend === null
        ? null
        : { parameters: values(row.spend.params, spendNames), covariance: row.spend.covariance },
    meanSpend: row.meanSpend,
    weeks: row.weeks,
    interval: row.interval,
    draws: row.draws,
    seed: row.seed,
  }
}
