/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
export { outboxTables } from './outbox.tables.ts'
export { channelTitles, isChannelName, isTask, needsHuman, taskChannels } from './promise.ts'
export type {
  Candidate,
  ChannelName,
  Content,
  Decided,
  Decision,
  Gift,
  GiftTerms,
  Purpose,
  SubjectKind,
} from './promise.ts'
export { isSettled, mayMove, promiseStates } from './state.ts'
export type { PromiseState } from './state.ts'

// Deciding.
export { currentManners, decide, mannersFrom, enqueue, publishManners } from './enqueue.ts'
export type { DecideOptions } from './enqueue.ts'
export { remainingFor, remainingOf } from './remaining.ts'
export type { Remaining } from './remaining.ts'
export { afterQuiet, defaultManners, isQuiet, mannersShape, nextAllowedAt } from './manners.ts'
export type { Manners, Moment, Reason, Timed } from './manners.ts'
export type { UseRow } from './facts.store.ts'
export { usesLookBackMs } from './facts.store.ts'
export { lockBudgets, optedOut, toUse, restraints } from './facts.store.ts'

// Settling.
export { move, recordTouch } from './settle.ts'
export type { Move } from './settle.ts'
export { cancelUnwanted, createOutboxFollowers, optedOutReason, outboxProjections } from './consent.ts'
export { cancelAll, outboxRegroup } from './regroup.ts'
export { listPromises } from './list.store.ts'
export type { ListQuery, ListedPromise } from './list.store.ts'
export { resolveHeld } from './held.ts'
export type { HeldVerdict } from './held.ts'
export { pausedNow, pauseSending, resumeSending } from './pause.ts'
export type { Pause } from './pause.ts'

// Rows, for desk and delivery, which drive them.
export {
  campaignOfSaid,
  dueChannels,
  dueIds,
  heldByOthers,
  lockDue,
  lockOfParcel,
  lockPromises,
  nextReadyAt,
  offersInHand,
  openWhenRestored,
  openOf,
  outwaited,
  postpone,
  promiseById,
  promisesByIds,
  promisesOfParcel,
  updatePressed,
} from './promise.store.ts'
export type { PromiseRow } from './promise.store.ts'
export {
  adoptedIds,
  blankParcels,
  insertParcel,
  latestCalls,
  lockParcel,
  nextLookAt,
  parcelById,
  parcelOfToken,
  parcelsByIds,
  parcelsToLookAt,
  reopenParcels,
  updateParcel,
} from './parcel.store.ts'
export type { ParcelRow, ParcelState } from './parcel.store.ts'

/** What was said to her: when and why stays, the words go. */
export const outboxPrivacy: Privacy = {
  folder: 'outbox',
  tables: [
    {
      table: 'promise',
      of: 'customer',
      by: 'customer',
      then: 'keep',
      blank: { content: '{"text":""}', settle_words: null },
    },
    {
      table: 'promise',
      of: 'subject',
      by: 'identity',
      then: 'keep',
      blank: { content: '{"text":""}', settle_words: null },
    },
    { table: 'budget', of: 'customer', by: 'either', then: 'delete' },
    { table: 'restraint', of: 'customer', by: 'customer', then: 'keep' },
  ],
}
