/**
 * 微信客服 (WECOM.md §5): after the customer wrote we may answer for 48 hours and five times; her next message begins
 * both anew. Pure.
 */
import type { Instant } from '../base/clock.ts'
import { hours } from '../base/clock.ts'

export const kfHours = 48
export const kfMessages = 5

export interface KfTalk {
  /** When she wrote last; null when never. */
  readonly wroteAt: Instant | null
  /** What we said or shall say there since. */
  readonly since: number
}

export const kfOpen = ({ wroteAt, since }: KfTalk, at: Instant): boolean =>
  wroteAt !== null && at < wroteAt + hours(kfHours) && since < kfMessages
