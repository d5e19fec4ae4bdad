import type { MomentRange } from './records.ts'

/**
 * What is going to happen by itself, as data: whoever it is about is named, not held, so that a snapshot can keep it
 * and the same deed is found again after a restore. `deeds/planned.ts` does them.
 */
export type Plan =
  | { readonly deed: 'press'; readonly msgid: string; readonly userid: string }
  | { readonly deed: 'publish'; readonly momentId: string; readonly userid: string }
  | {
      readonly deed: 'make-moment'
      readonly jobid: string
      readonly text: string
      readonly content: Record<string, unknown>
      readonly range: MomentRange
    }
  | { readonly deed: 'fetch-upload'; readonly jobid: string; readonly wanted: WantedUpload }
  /** By the position in `State.transfers`, which only grows. */
  | { readonly deed: 'complete-transfer'; readonly transfer: number }
  /** By the position in `State.groupTransfers`. */
  | { readonly deed: 'inherit-group'; readonly transfer: number }
  | { readonly deed: 'notice-archive' }
  | { readonly deed: 'end-temp-chat'; readonly userid: string; readonly externalUserId: string }

export interface WantedUpload {
  readonly type: 'video' | 'file'
  readonly filename: string
  readonly url: string
  readonly md5: string
}
