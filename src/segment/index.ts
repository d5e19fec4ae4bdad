/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
import { behaviourProjections } from './behaviour.ts'
import { behaviourTables } from './behaviour.tables.ts'
import { calibrationProjection, churnTables } from './churn/index.ts'
import { clvProjection } from './clv/fit-row.ts'
import { clvTables } from './clv/clv.tables.ts'
import { cutPointProjection } from './cut-points.ts'
import { engagementProjection, factsProjection, signalProjection } from './facts.ts'
import { moveProjection } from './moves/moves.ts'
import { tierMoveTable } from './moves/moves.tables.ts'
import { segmentTables as standingTables } from './segment.tables.ts'
import { tagTables } from './tags/index.ts'

export { activityOf, behaviourProjections } from './behaviour.ts'
export type { Activity } from './behaviour.ts'
export { fillBehaviour } from './fill.ts'
export {
  applyTagNames,
  askMirror,
  createTagWork,
  loadTagRules,
  mirrored,
  mirrorLater,
  noteNobodyTagged,
  retagEverybody,
  retagIfChanged,
  tagOverview,
  tagsAt,
  tagsComputed,
  tagsInForce,
  tagsOf,
  tagsRetold,
  tagsToKeep,
  wantedChanges,
  wantedOf,
  waysTags,
} from './tags/index.ts'
export type {
  DynamicTag,
  TagInForce,
  TagParts,
  TagRules,
  TagSummary,
  TagWork,
  WantedTag,
} from './tags/index.ts'
export { checkTierRules, loadTierRules } from './tier-rules.ts'
export type { RulesCheck, RulesProblem, TierRules } from './tier-rules.ts'
export { explainBasis, explainKept, explainStandings, momentToday, standingsAsOf } from './standings.ts'
export type { ExplainBasis, Explanation, Standing } from './standings.ts'
export { countStandings, differingIn, publishStandings, standingsTable } from './standing.store.ts'
export type { Moment } from './rule.ts'
export { dormancyTitles, stageTitles } from './lifecycle.ts'
export type { Dormancy, Stage } from './lifecycle.ts'
export { valueTypes } from './rfm/settings.ts'
export type { RfmRules, ValueType } from './rfm/settings.ts'
export { measuresOf, rfmOf, rfmSql } from './rfm/rfm.ts'
export { scaleOf, scoredOf } from './rfm/score.ts'
export type { Scale as RfmScale } from './rfm/score.ts'
export type { CustomerRfm, RfmMoment } from './rfm/rfm.ts'
export { currentRfmCuts, frozenRfmCuts, refreshRfmCuts, rfmCutsOfDay } from './rfm/cuts.ts'
export type { RfmCuts } from './rfm/edges.ts'
export { rfmSummary } from './rfm/summary.ts'
export type { RfmSummary } from './rfm/summary.ts'
export { causeOf, sleepSummary, sleepValues } from './causes/causes.ts'
export type { CauseRules, LikelyCause, SleepSummary, SleepValue } from './causes/causes.ts'
export { explainCustomerSegments } from './explain.ts'
export type { CustomerExplained } from './explain.ts'
export { nextStageSignals } from './next-stage.ts'
export type { NextStageSignal } from './next-stage.ts'
export { loadPreset, presetNames, presetPath } from './presets.ts'
export { summarizeDay } from './summary.ts'
export type { SegmentSummary } from './summary.ts'
export { areRulesNew, fillStandings, resegment, resegmentDue, resegmentEverybody } from './resegment.ts'
export type { Cause, SegmentParts } from './resegment.ts'
export { areCutPointsStale, freezeCutPoints, refreshCutPoints } from './cut-points.ts'
export { segmentRegroup } from './regroup.ts'
export { standingsRetold } from './retold.ts'
export { createSegmentFollowers, createSegmentJobs } from './segment.jobs.ts'
export { quantile } from './quantile.ts'
export {
  churnOf,
  createChurnFollowers,
  createChurnJobs,
  createPacker,
  curvePlot,
  documentOf,
  evaluateOffThread,
  listWarnings,
  loadChurnRules,
  planEvaluation,
  readStoredHistories,
  refreshSignals,
} from './churn/index.ts'
export type {
  ChurnParts,
  ChurnRules,
  CustomerChurn,
  EvaluationDocument,
  EvaluationSource,
  Histories,
  History,
  Warnings,
} from './churn/index.ts'
export { causeTitles, presentMove, tierFlows, tierMovesOf } from './moves/moves.ts'
export type { TierFlows, TierMove } from './moves/moves.ts'
export * from './clv/index.ts'

export {
  audienceFields,
  audienceMembers,
  audienceSet,
  checkAudience,
  defineField,
  explainMember,
  fieldMap,
  previewAudience,
  removeAudience,
  saveAudience,
  savedAudience,
  savedAudiences,
  shownFields,
  tagField,
} from './audience/index.ts'
export type {
  AudienceCount,
  AudienceDraft,
  AudienceField,
  AudienceParts,
  SavedAudience,
  Why,
} from './audience/index.ts'

export const segmentTables = [
  ...standingTables,
  ...behaviourTables,
  ...churnTables,
  ...clvTables,
  tierMoveTable,
  ...tagTables,
]

/** After the order projections in the list: facts are counted from their buckets. */
export const segmentProjections = [
  factsProjection,
  engagementProjection,
  signalProjection,
  cutPointProjection,
  calibrationProjection,
  clvProjection,
  ...behaviourProjections,
  moveProjection,
]

/** Where she stands and what she did, by day: facts without words. */
export const segmentPrivacy: Privacy = {
  folder: 'segment',
  tables: [
    { table: 'facts', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'engagement_day', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'standing', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'wanted_tag', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'tier_move', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'interest', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'interest_day', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'activity_day', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'satisfaction', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'answer', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'clv_estimate', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'churn_signal', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'dynamic_tag', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'tag_due', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'wanted_change', of: 'customer', by: 'customer', then: 'delete' },
  ],
}
