/** What the folders to the right may use. */
export { kinds, isKind } from './kinds.ts'
export type { Kind } from './kinds.ts'
export { nobody } from './log-row.ts'
export type {
  ComingRow,
  FreshRow,
  Kept,
  LogRow,
  Named,
  People,
  Projection,
  Regroup,
  Regrouping,
  Resolved,
  ResolveMoment,
  Ties,
} from './log-row.ts'
export { replayCustomers } from './replay.ts'
export { rebuild } from './rebuild.ts'
export type { Difference, RebuildParts, Rebuilt, TableReport } from './rebuild.ts'
export type { Derived, DerivedTable } from './retell.ts'
export { createFlush, createRecorder } from './record.ts'
export type { Flush, Recorded, Recorder } from './record.ts'
export { createFollowers } from './follow.ts'
export type { Follower, Followers } from './follow.ts'
export {
  countErasure,
  headSeq,
  lockHead,
  readLog,
  readWords,
  readWordsOf,
  rowsBySeq,
  rowsInParts,
  seqsNaming,
  seqsOfKeys,
} from './log.store.ts'
export type { LogQuery } from './log.store.ts'
export { parkedRows } from './follow.store.ts'
export { interactionTables } from './interaction.tables.ts'
export { dumpPerson, erasePerson, keysOfPerson, looksPersonal } from './privacy.ts'
export type { Person, PersonalTable, Privacy } from './privacy.ts'
export { eraseWords, forgetWords, keysNaming, renameRows } from './privacy.store.ts'
export type { Rename } from './privacy.store.ts'
