/** What the rest of the cadence and the folders to the right may use. */
import { experimentProjection } from './decisions.ts'

export const experimentProjections = [experimentProjection]
export { experimentReport, experimentReports } from './report.ts'
export type { ArmReport, ExperimentReport, Phase } from './report.ts'
export { holdoutReport } from './holdout.ts'
export type { HoldoutReport } from './holdout.ts'
export { createExperimentJobs, decideExperiment, nextStep, stepExperiments } from './steps.ts'
export type { ExperimentParts } from './steps.ts'
export { draftWith } from './draft.ts'
export type { ArmDraft } from './draft.ts'
export { metrics, whats } from './shape.ts'
export type { Experiment } from './shape.ts'
export type { Difference, Estimate } from './comparison.ts'
export type { Comparison, Findings } from './judge.ts'
