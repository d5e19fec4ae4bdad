export { audienceTable } from './audience.tables.ts'
export {
  audienceMembers,
  audienceSet,
  explainMember,
  fieldMap,
  previewAudience,
  readRule,
  removeAudience,
  saveAudience,
  savedAudience,
  savedAudiences,
  shownFields,
} from './audience.ts'
export type { AudienceCount, AudienceDraft, AudienceParts, FieldShown, SavedAudience } from './audience.ts'
export { checkRule as checkAudience } from './rule.ts'
export { audienceFields } from './fields/index.ts'
export { tagField } from './fields/tag.ts'
export { defineField } from './field.ts'
export type { AudienceField, Use } from './field.ts'
export type { ConditionWhy, GroupWhy, Why } from './explain.ts'
