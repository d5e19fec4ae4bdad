/** How a failed call reads for delivery: what surely did not leave comes back, what may have left is unknown. */
import { minutes, seconds } from '../base/clock.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { FailedRecipient, Outcome } from '../delivery/index.ts'
import { failureWords } from './protocol/result.ts'
import type { Failure } from './protocol/result.ts'

/** An operator has to act first (permission, trusted IP, secret): look again now and then. */
const alertRetryMs = minutes(10)
const busyRetryMs = seconds(5)
const dispatchRetryMs = seconds(30)

export function outcomeOf(failure: Failure): Outcome {
  const why = failureWords(failure)
  // WeCom is away for everybody: no fault of this message, and no attempt of its own.
  if (failure.kind === 'notSent')
    return { kind: 'retry', afterMs: failure.retryAfterMs, why, channelWide: true }
  if (failure.kind === 'unknown') return { kind: 'unknown', why }
  switch (failure.reaction) {
    case 'retry':
    case 'refresh':
      return { kind: 'retry', afterMs: failure.retryAfterMs ?? busyRetryMs, why }
    case 'later':
      return { kind: 'retry', afterMs: dispatchRetryMs, why }
    case 'wait':
      return { kind: 'retry', afterMs: failure.retryAfterMs ?? minutes(1), why, channelWide: true }
    case 'alert':
      return { kind: 'retry', afterMs: alertRetryMs, why, channelWide: true }
    case 'drop':
    case 'bug':
    case 'done':
    case 'again':
      return { kind: 'refused', code: failure.name, why }
  }
}

/** For reads: what could not be read now may be read later. */
export const unreadable = (what: string, failure: Failure): OutsideFailure =>
  new OutsideFailure(`${what}: ${failureWords(failure)}`, {
    retryAfterMs: failure.kind === 'unknown' ? busyRetryMs : (failure.retryAfterMs ?? dispatchRetryMs),
  })

/** The customers WeCom would not even hand to the advisor. */
export const notFriends = (subjects: readonly string[]): FailedRecipient[] =>
  subjects.map((subject) => ({ subject, code: 'not-a-friend', words: '已不是好友' }))
