/**
 * The port to the outside. An adapter implements it once per channel, in `<adapter>/<name>.channel.ts`; delivery drives
 * it and never knows which API it speaks. A channel never throws for what can happen: it answers an `Outcome`. What it
 * throws all the same (a bug) is taken as `unknown`, since the words may have left.
 */
import type { Instant } from '../base/clock.ts'
import type { Attachment } from '../content/index.ts'
import type { ChannelName, KfPlace } from '../outbox/index.ts'

export interface ParcelRecipient {
  /** Id of the promise. */
  readonly promise: string
  /** external_userid, or chat id. */
  readonly subject: string
  /** Title of the touchpoint, for cards. */
  readonly title: string
  /** How the advisor knows her: remark or nickname; empty when unknown. */
  readonly name: string
  readonly why: string
  readonly welcomeCode?: string
  readonly kf?: KfPlace
  readonly menu?: readonly string[]
}

/** Everything a call is made of. One recipient for personal channels. */
export interface ParcelDraft {
  readonly id: string
  readonly channel: ChannelName
  /** The advisor who speaks (broadcasts) or who gets the card (tasks). */
  readonly sender: string | null
  /** Unguessable, in every link of a broadcast; by it `find` knows the parcel again. */
  readonly batchToken: string
  /** Filled words. */
  readonly text: string
  /** What goes along, its links filled. */
  readonly attachments?: readonly Attachment[]
  /** What `prepare` answered for them. */
  readonly files?: FileIds
  readonly recipients: readonly ParcelRecipient[]
}

/** What the outside calls the files of attachments, by a key of the adapter's own. */
export type FileIds = ReadonlyMap<string, string>

export type Prepared =
  | { readonly kind: 'ready'; readonly files: FileIds }
  /** Not now. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly why: string }
  /** Never. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }

export interface Parcel extends ParcelDraft {
  /** What `compose` answered, byte for byte: JSON text. */
  readonly body: string
  /** Just before the first call; a remote thing created earlier cannot be ours. */
  readonly intentAt: Instant
  /** Just before the latest call. */
  readonly calledAt: Instant
  readonly remoteId?: string
}

/** A recipient that WeCom refused at once (`fail_list`). */
export interface FailedRecipient {
  readonly subject: string
  /** Stable: `not-a-friend`, `quota-used`, `no-permission` … */
  readonly code: string
  /** Chinese, for the console. */
  readonly words: string
}

export type Outcome =
  | { readonly kind: 'sent'; readonly remoteId: string; readonly failed?: readonly FailedRecipient[] }
  | {
      readonly kind: 'waiting'
      readonly remoteId: string
      /** Confirm in the client (broadcasts), or send from the sidebar (advisor-task). */
      readonly why: 'advisor-must-confirm' | 'advisor-must-send'
      readonly failed?: readonly FailedRecipient[]
    }
  /**
   * Surely not accepted. `channelWide`: the limit is the API's, so nothing of this channel goes out before. `anew`: these
   * bytes never will be (a file in them has expired), so the next call is composed afresh.
   */
  | {
      readonly kind: 'retry'
      readonly afterMs: number
      readonly why: string
      readonly channelWide?: boolean
      readonly anew?: boolean
    }
  /** Surely not accepted, and never will be. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }
  /** A time-out, a reset, a broken answer: the words may have left. Never retried by the channel. */
  | { readonly kind: 'unknown'; readonly why: string }

export interface RecipientResult {
  readonly subject: string
  readonly status: 'waiting' | 'sent' | 'refused'
  readonly at?: Instant
  /** With `sent`: how many customers see what was published. */
  readonly seenBy?: number
  /** With `refused`: `not-a-friend`, `quota-used`. */
  readonly code?: string
  readonly words?: string
}

/** What came of a job that a call only started. */
export type Made =
  | { readonly kind: 'made'; readonly remoteId: string }
  | { readonly kind: 'not-yet' }
  /** It made nothing, and never will. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }

/** One remote thing that carries this parcel's batch token. */
export interface Found {
  readonly remoteId: string
  /** True when somebody has pressed already, so that it cannot be taken back whole. */
  readonly confirmed: boolean
}

export interface SenderLimits {
  readonly perMinute: number
  readonly perHour: number
  /** Channels whose calls count together, this one among them: they speak through one API. Absent: it alone. */
  readonly shared?: readonly ChannelName[]
}

export interface Channel {
  readonly name: ChannelName
  /** Promises with equal words and sender share one call up to this many (10,000, 2,000); 1 for personal channels. */
  readonly maxRecipients: number
  /** Calls a minute and at once that this API bears. */
  readonly rate: { readonly perMinute: number; readonly burst: number }
  /** Calls under way together; few unless said, since each is an unknown after a fall. */
  readonly atOnce?: number
  /**
   * What one sender bears. Counted from the recorded intents of all workers, so that a restart forgets nothing: beyond
   * it WeCom says ok and drops the message.
   */
  readonly perSender?: SenderLimits
  /**
   * Set where repeating the same bytes is harmless for so long after the first call (message/send with
   * duplicate_check: 4 h; welcome: until the code dies): then an unknown is answered by repeating, not by `find`.
   */
  readonly resendWithinMs?: number
  /**
   * Fetches what the body of a message with attachments needs, before its call is written down and outside any
   * transaction. Repeating it is harmless. Absent: the channel carries none.
   */
  prepare?(attachments: readonly Attachment[], signal: AbortSignal): Promise<Prepared>
  /** Pure: the exact body of the call as JSON text. Must carry the batch token or the promise id. */
  compose(draft: ParcelDraft): string
  /** Posts `parcel.body` as it is. */
  send(parcel: Parcel, signal: AbortSignal): Promise<Outcome>
  /**
   * Where a call only starts a job: what the job has made, under whose id the parcel is known from then on. Throws
   * OutsideFailure when it cannot be asked now.
   */
  made?(parcel: Parcel, signal: AbortSignal): Promise<Made>
  /** Who really got it, of those of whom it is not known yet. Throws OutsideFailure when it cannot be read now. */
  results?(parcel: Parcel, signal: AbortSignal): AsyncIterable<RecipientResult>
  /** Looks for what an unknown call made. An empty list means surely absent by now; `unsure`: could not look. */
  find?(parcel: Parcel, signal: AbortSignal): Promise<readonly Found[] | 'unsure'>
  /** Takes the unsent rest back; already taken back is fine. Throws OutsideFailure when it cannot be done now. */
  cancel?(remoteId: string, signal: AbortSignal): Promise<void>
  /** Reminds the advisor. `too-often`: WeCom's ceiling, not an error. */
  remind?(remoteId: string, signal: AbortSignal): Promise<'reminded' | 'too-often'>
  /**
   * Tells an advisor how much of this channel waits for her, where there is no remote task to remind of. Called once for
   * each reminder that is written down, so a lost one stays lost. Throws OutsideFailure when it cannot be done now.
   */
  nudge?(sender: string, words: string, signal: AbortSignal): Promise<void>
}
