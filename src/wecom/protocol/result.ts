/**
 * How a call of the WeCom API can end. What can happen outside is a value, never an exception; what matters to a sender
 * is whether the words may have left.
 */
import type { Reaction } from './errors.ts'

export type Failure =
  /** WeCom answered with a code: surely not done. */
  | {
      readonly kind: 'error'
      readonly code: number
      readonly name: string
      readonly reaction: Reaction
      readonly words: string
      /** With `wait` and `retry`: not before. */
      readonly retryAfterMs?: number
    }
  /** Surely never reached WeCom: refused, unresolved, no token, or we gave up before the first byte. */
  | { readonly kind: 'notSent'; readonly why: string; readonly retryAfterMs: number }
  /** A time-out, a reset, a broken answer: it may have been done. */
  | { readonly kind: 'unknown'; readonly why: string }

export type Result<T> = { readonly kind: 'ok'; readonly value: T } | Failure

/** One sentence for a log line or a reason. */
export const failureWords = (failure: Failure): string =>
  failure.kind === 'error' ? `${failure.words} (${String(failure.code)})` : failure.why
