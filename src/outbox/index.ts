/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
export { outboxTables } from './outbox.tables.ts'
export {
  channelTitles,
  isBroadcast,
  isChannelName,
  isTask,
  asksMany,
  needsHuman,
  overCaps,
  taskChannels,
} from './promise.ts'
export type {
  Candidate,
  ChannelName,
  Content,
  Decided,
  Decision,
  Gift,
  GiftTerms,
  KfPlace,
  OverCap,
  Purpose,
  Run,
  SubjectKind,
} from './promise.ts'
export { isSettled, mayMove, promiseStates } from './state.ts'
export type { PromiseState } from './state.ts'

// Deciding.
export {
  currentManners,
  decide,
  mannersFrom,
  openDryRun,
  enqueue,
  publishManners,
  rememberChannels,
} from './enqueue.ts'
export type { DecideOptions } from './enqueue.ts'
export { ownerOf } from './judge.ts'
export type { Places } from './judge.ts'
export { remainingFor, remainingOf } from './remaining.ts'
export type { Remaining } from './remaining.ts'
export { defaultManners, mannersShape, quotaModes } from './manners.ts'
export type { Manners, QuotaMode, Reason } from './manners.ts'
export { afterQuiet, isQuiet, nextAllowedAt } from './moment.ts'
export type { Moment, Timed } from './moment.ts'
export { effectTitles, listedReasons, reasonOf, reasons } from './reasons.ts'
export type { Effect, ListedReason, ReasonCode } from './reasons.ts'
export { confirmQuotaMode, quotaDoubt } from './quota.ts'
export type { QuotaDoubt } from './quota.ts'
export { leaveOn } from './leave.ts'
export type { Leave } from './leave.ts'
export { endLeave, setLeave } from './leaves.ts'
export { leavesFrom } from './leave.store.ts'
export type { LeaveShown } from './leave.store.ts'
export { holdoutShare, isHeldOut } from './holdout.ts'
export type { UseRow } from './facts.store.ts'
export { usesLookBackMs } from './facts.store.ts'
export { lockBudgets, optedOut, toUse, restraints, speakers } from './facts.store.ts'

// Settling.
export { lookOnceMore, publishTouchpoints } from './last-look.ts'
export { move, recordTouch } from './settle.ts'
export type { Move } from './settle.ts'
export {
  cancelUnwanted,
  cancelUnwantedOf,
  createOutboxFollowers,
  optedOutReason,
  outboxProjections,
  unwanted,
} from './consent.ts'
export { cancelAll, outboxRegroup } from './regroup.ts'
export { listPromises } from './list.store.ts'
export type { ListQuery, ListedPromise } from './list.store.ts'
export { resolveHeld } from './held.ts'
export type { HeldVerdict } from './held.ts'
export {
  covers,
  everything,
  pausedNow,
  pauseOfRecall,
  pauseScopes,
  pauseScopeTitles,
  pauseSending,
  pauseTitle,
  pausesNow,
  recallWord,
  resumeSending,
} from './pause.ts'
export { openNames } from './pause.store.ts'
export type { Pause, PauseScope, PauseTarget } from './pause.ts'

// Rows, for desk and delivery, which drive them.
export {
  campaignOfSaid,
  decliningVersions,
  dueChannels,
  dueIds,
  heldByOthers,
  lockDue,
  lockOfParcel,
  lockOfParcels,
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
export { chooseSender, sendersOf, senderWhyWords, talksOf } from './sender.ts'
export type { Sender, SenderWhy } from './sender.ts'
export {
  adoptedIds,
  blankParcels,
  insertParcels,
  latestCalls,
  lockParcel,
  lockParcels,
  nextLookAt,
  parcelById,
  parcelOfToken,
  parcelsByIds,
  parcelsToLookAt,
  reopenParcels,
  updateParcel,
  updateParcels,
} from './parcel.store.ts'
export type { ParcelChange, ParcelRow, ParcelState } from './parcel.store.ts'

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
    { table: 'kf_talk', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'kf_talk', of: 'external', by: 'identity', then: 'keep' },
    { table: 'quota_seen', of: 'subject', by: 'identity', then: 'delete' },
  ],
}
