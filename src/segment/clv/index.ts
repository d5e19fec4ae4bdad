/** Customer lifetime value: what the rest of the program may use. */
import { fitCounts } from './fit.ts'
import { onThread } from './off-thread.ts'
import { randomFrom } from './random.ts'
import { groupTriples } from './triples.ts'

export { checkDay, fitStore, fitSummaries, modelNames as clvModels } from './run-fit.ts'
export type { FitReport as ClvFit, SummaryRow as ClvSummaryRow } from './run-fit.ts'
export type { ModelName as ClvModel } from './fit.ts'
export { isPeriod as isClvPeriod } from './histories.ts'
export type { Period as ClvPeriod } from './histories.ts'
export { alive, frequencies, holdout, plottable, track } from './look.ts'
export type { Alive, Frequencies, Holdout, Plottable, Tracking } from './look.ts'
export { alivePlot, frequencyPlot, holdoutPlot, languages, plotKinds, trackingPlot } from './plot.ts'
export type { Language, PlotKind } from './plot.ts'
export { applyClv, clvRegroup, retell as retellClv } from './apply.ts'
export type { Applied as ClvApplied, ClvParts } from './apply.ts'
export { createClvFollowers, createClvJobs } from './clv.jobs.ts'
export { clvOf, clvRankOf, explainClv, placesByClv, topByClv } from './estimates.ts'
export type { ClvEstimate, ClvExplained, ClvPlaces, ClvRank } from './estimates.ts'
export { loadClvSettings } from './settings.ts'
export type { ClvSettings } from './settings.ts'

/** The bare fit, for `siyu bench clv`. */
export const clvBench = { fitCounts, groupTriples, onThread, randomFrom }
