/** What the folders to the right may use. */
export { outboxTables } from './outbox.tables.ts'
export { channelTitles, isChannelName, needsHuman } from './promise.ts'
export type { Candidate, ChannelName, Content, Decided, Decision, Purpose, SubjectKind } from './promise.ts'
export { isSettled, mayMove, promiseStates } from './state.ts'
export type { PromiseState } from './state.ts'
