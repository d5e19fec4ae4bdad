/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
import { campaignPartProjection } from './campaigns/part.ts'
import { experimentProjections } from './experiments/index.ts'
export { cadenceTables } from './cadence.tables.ts'
export { mediaNamed, mediaPlaces, removeUnusedMedia } from './media-use.ts'
export type { MediaPlace } from './media-use.ts'
export { gamesOf, readCadence } from './config.ts'
export type { Cadence, CadenceRead, ReadOptions, Touchpoint } from './config.ts'
export type { Mistake } from './mistake.ts'
export type { GamePlan } from './touchpoint.ts'

// Versions.
export { audienceNames, knownNames, namesInFiles, rememberRobots, tierNames } from './names.ts'
export type { KnownNames } from './names.ts'
export {
  currentCadence,
  invalidCadence,
  publish,
  readCadenceFile,
  checkCadence,
  seedCadence,
  textHash,
} from './versions.ts'
export type { Publishing } from './versions.ts'
export { newestVersion, newestVersionNumber, versionList, versionRow } from './cadence.store.ts'
export type { VersionRow } from './cadence.store.ts'
export { approvalRule } from './approval.ts'
export type { ApprovalRule } from './approval.ts'
export {
  decideDraft,
  handOf,
  publishDraft,
  publishOrSubmit,
  rebaseDraft,
  rollBack,
  saveDraft,
  submitDraft,
  withdrawDraft,
} from './drafts.ts'
export type { DraftParts, Wished } from './drafts.ts'
export { draftList, findDraft } from './drafts.store.ts'
export type { DraftRow, DraftState } from './drafts.store.ts'
export { createFileWatch } from './file-watch.ts'
export type { FileTrouble, FileWatch } from './file-watch.ts'
export { decodeYaml } from './yaml.ts'
export { cadenceSchema, cadenceSchemaText } from './schema.ts'

// Experiments.
export {
  createExperimentJobs,
  decideExperiment,
  draftWith,
  experimentReport,
  experimentReports,
  holdoutReport,
  metrics,
  nextStep,
  stepExperiments,
  whats,
} from './experiments/index.ts'
export type {
  ArmReport,
  Comparison,
  Difference,
  Estimate,
  Experiment,
  ExperimentReport,
  HoldoutReport,
} from './experiments/index.ts'

// Campaigns.
export { campaignReport, campaignSummaries, campaignsIn } from './campaigns/report.ts'
export type {
  CampaignHead,
  CampaignReport,
  CampaignSummary,
  HoldoutComparison,
  PartCounts,
  PartReport,
  RunningReport,
} from './campaigns/report.ts'
export { partTitles } from './campaigns/timeline.ts'

// Tips of the groups.
export { tipBytes, tipId } from './tips/rotation.ts'
export type { TipRow } from './tips/tip.store.ts'
export { saveTips, scarceTips, tipsLeftWords } from './tips/tips.ts'
export type { TipsLeft } from './tips/tips.ts'

// Planning.
export { createCadenceJobs, planDay, planToday, publishAndPlan } from './plan.ts'
export { planAt } from './spread.ts'
export type { CadenceParts } from './plan.ts'
export { createCadenceFollowers } from './triggers.ts'

// Trying out.
export { tryTouchpoint } from './trial.ts'
export type { Posted, PostToStaff, Trial, TrialParts, TrialWish } from './trial.ts'

// The kill switch.
export { pauseNamed, resumeNamed } from './switches.ts'

export { audienceParts } from './audience-rule.ts'
export { yearsMissing } from './day-kinds.ts'

// Ready-made ones.
export { adoptPreset, cadencePresetPath, cadencePresets } from './presets.ts'

// Looking ahead.
export { byTime, openPreview, previewDays, startOf } from './preview.ts'
export type { Foreseen, Preview, PreviewParts } from './preview.ts'
export { createCalendar, subjectViews } from './calendar.ts'
export type { CalendarReader, CalendarView, SubjectView } from './calendar.ts'
export { explainCustomer, explainPromises, promisesAround } from './explain.ts'
export type { Explained, TouchpointExplained } from './explain.ts'
export { diffCadence } from './diff.ts'
export type { CadenceDifference, ThreeWay } from './diff.ts'

/** What she took part in. */
export const cadencePrivacy: Privacy = {
  folder: 'cadence',
  tables: [{ table: 'campaign_part', of: 'customer', by: 'customer', then: 'keep' }],
}

export const cadenceProjections = [campaignPartProjection, ...experimentProjections]
