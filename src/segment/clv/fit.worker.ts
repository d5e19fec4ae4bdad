/** What runs on the thread: plain data in, plain data out. Called by name through off-thread.ts. */
import { estimateMany } from './estimate.ts'
import { fitCounts, fitSpend } from './fit.ts'
import type { Fitted } from './fit.ts'
import type { CountModelName, Triples } from './model.ts'
import type { Spends } from './models/gamma-gamma.ts'
import {
  aliveBins,
  expectedCumulative,
  expectedFrequencies,
  expectedTotal,
  holdoutGroups,
} from './predict.ts'

export const counts = (task: { readonly model: CountModelName; readonly triples: Triples }): Fitted =>
  fitCounts(task.model, task.triples)

export const spend = (task: { readonly spends: Spends }): Fitted => fitSpend(task.spends)

export { aliveBins, estimateMany, expectedCumulative, expectedFrequencies, expectedTotal, holdoutGroups }
