/**
 * 微信客服 (WECOM.md §5): after the customer wrote we may answer for 48 hours and five times; her next message begins
 * both anew. Pure.
 */
import type { Instant } from '../base/clock.ts'
import { hours } from '../base/clock.ts'
import type { Use } from './budget.ts'
import type { Reason } from './manners.ts'
import type { KfPlace } from './promise.ts'
import { reasonOf } from './reasons.ts'

const kfHours = 48
const kfMessages = 5

interface KfTalk {
  /** When she wrote last; null when never. */
  readonly wroteAt: Instant | null
  /** What we said or shall say there since. */
  readonly since: number
}

const kfOpen = ({ wroteAt, since }: KfTalk, at: Instant): boolean =>
  wroteAt !== null && at < wroteAt + hours(kfHours) && since < kfMessages

/** Why nothing may be said there now; null when it may. Only a code of WeCom's needs no window. */
export function kfClosed(
  place: KfPlace | undefined,
  wroteAt: Instant | null,
  uses: readonly Use[],
  at: Instant,
): Reason | null {
  if (place?.code !== undefined) return null
  const since = uses.filter((use) => use.channel === 'kf' && use.at >= (wroteAt ?? 0)).length
  if (kfOpen({ wroteAt, since }, at)) return null
  const words =
    wroteAt !== null && since >= kfMessages
      ? `客户上次发言后已回复 ${String(kfMessages)} 条`
      : `客户 ${String(kfHours)} 小时内没有发言`
  return reasonOf('kf-window', words)
}
