/** Dynamic tags, for the rest of segment/ and the folders to the right. */
export { tagsAt, tagsOnDay } from './evaluate.ts'
export { applyTagNames, tagsInForce, tagsToKeep } from './in-force.ts'
export type { TagInForce } from './in-force.ts'
export { noteNobodyTagged, retag, retagEverybody, retagIfChanged, retagMany } from './retag.ts'
export type { TagCause, TagParts } from './retag.ts'
export { tagsRetold } from './retold.ts'
export { loadTagRules } from './tag-rules.ts'
export type { TagRule, TagRules } from './tag-rules.ts'
export { createTagWork } from './tags.jobs.ts'
export type { TagWork } from './tags.jobs.ts'
export { tagTables } from './tags.tables.ts'
export { tagOverview, tagsComputed, tagsOf } from './view.ts'
export type { DynamicTag, TagSummary } from './view.ts'
export {
  askMirror,
  mirrored,
  mirrorLater,
  wantedChanges,
  wantedOf,
  wantTierTags,
  waysTags,
} from './wanted.store.ts'
export type { WantedChange, WantedTag } from './wanted.store.ts'
