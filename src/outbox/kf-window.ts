/**
 * 微信客服 (WECOM.md §5): after the customer wrote to an account we may answer there for 48 hours and five times; her next
 * message begins both anew. Each account has a window of its own, and so has each name under which WeCom knows her. Pure.
 */
import type { Instant } from '../base/clock.ts'
import { hours } from '../base/clock.ts'
import type { Use } from './budget.ts'
import type { Reason } from './manners.ts'
import type { Content, KfPlace } from './promise.ts'
import { reasonOf } from './reasons.ts'

const kfHours = 48
const kfMessages = 5

export const kfWindowOf = (external: string, { account }: Pick<KfPlace, 'account'>): string =>
  `${external}\t${account}`

interface Wanted {
  readonly external: string
  readonly place: KfPlace | undefined
  readonly at: Instant
}

/**
 * Why nothing may be said there now; null when it may. Only a code of WeCom's needs no window. `talks`: when somebody
 * last wrote, by window; `uses`: what we said or shall say, anywhere.
 */
export function kfClosed(
  { external, place, at }: Wanted,
  talks: ReadonlyMap<string, Instant>,
  uses: readonly Use[],
): Reason | null {
  if (place?.code !== undefined) return null
  const window = place === undefined ? null : kfWindowOf(external, place)
  const wroteAt = window === null ? undefined : talks.get(window)
  if (wroteAt === undefined || at >= wroteAt + hours(kfHours))
    return reasonOf('kf-window', `客户 ${String(kfHours)} 小时内没有在这个客服账号发言`)
  const since = uses.filter((use) => use.kfWindow === window && use.at >= wroteAt).length
  return since < kfMessages ? null : reasonOf('kf-window', `客户上次发言后已回复 ${String(kfMessages)} 条`)
}

/** For what is counted beside what the database knows. */
export const windowIn = (external: string, { kf }: Pick<Content, 'kf'>): Pick<Use, 'kfWindow'> =>
  kf === undefined ? {} : { kfWindow: kfWindowOf(external, kf) }
