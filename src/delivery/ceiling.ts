/**
 * Never more cards for one advisor than she can be shown: beyond 30 a minute or 1,000 an hour WeCom says ok and shows
 * nothing (WECOM.md §1.1). Counted in the transaction of the intent, from the intents of every worker, alive or dead.
 */
import type { Ctx } from '../base/act.ts'
import { hours, minutes, seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { latestCalls, lockBudgets } from '../outbox/index.ts'
import type { Channel } from './channel.ts'

/** A call takes its time to arrive, so two bursts a minute apart may arrive closer than that. */
const minuteMs = minutes(1) + seconds(10)

export interface Ceiling {
  /** Null when one more call may be made for this sender now, else when to ask again. */
  fullUntil(sender: string | null): Promise<Instant | null>
  /** A call for this sender is meant in this transaction. */
  note(sender: string | null): void
}

/** `senders`: everybody that will be asked about. `except`: a parcel of hers that is called again. */
export async function openCeiling(
  ctx: Ctx,
  channel: Channel,
  senders: readonly (string | null)[],
  except = '',
): Promise<Ceiling> {
  const limits = channel.perSender
  const known = limits ? senders.filter((sender) => sender !== null) : []
  if (!limits || known.length === 0) return { fullUntil: () => Promise.resolve(null), note: () => undefined }
  // Two workers must not both count the last free place.
  const channels = limits.shared ?? [channel.name]
  await lockBudgets(
    ctx.tx,
    known.map((sender) => `${channels[0] ?? channel.name}:${sender}`),
  )
  const meant = new Map<string, number>()
  const latest = (sender: string, since: Instant, limit: number): Promise<Instant[]> =>
    latestCalls(ctx.tx, { channels, sender, except }, since, limit)
  const withMeant = (sender: string, calls: readonly Instant[]): Instant[] => [
    ...Array.from({ length: meant.get(sender) ?? 0 }, () => ctx.now),
    ...calls,
  ]
  const inMinute = new Map<string, readonly Instant[]>()
  const inHour = new Map<string, readonly Instant[]>()
  return {
    async fullUntil(sender) {
      if (sender === null) return null
      const minute = inMinute.get(sender) ?? (await latest(sender, ctx.now - minuteMs, limits.perMinute))
      inMinute.set(sender, minute)
      const recent = withMeant(sender, minute)
      // To the end of the whole burst, so that what waits comes back together and not once for each place.
      if (recent[0] !== undefined && recent.length >= limits.perMinute) return recent[0] + minuteMs
      const hour = inHour.get(sender) ?? (await latest(sender, ctx.now - hours(1), limits.perHour))
      inHour.set(sender, hour)
      const oldest = withMeant(sender, hour)[limits.perHour - 1]
      return oldest === undefined ? null : oldest + hours(1)
    },
    note(sender) {
      if (sender !== null) meant.set(sender, (meant.get(sender) ?? 0) + 1)
    },
  }
}
