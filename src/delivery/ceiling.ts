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

/** Null when one more call may be made for this sender now, else when to ask again. `except`: a parcel of her own. */
export async function fullUntil(
  ctx: Ctx,
  channel: Channel,
  sender: string | null,
  except = '',
): Promise<Instant | null> {
  const limits = channel.perSender
  if (!limits || sender === null) return null
  // Two workers must not both count the last free place.
  const channels = limits.shared ?? [channel.name]
  await lockBudgets(ctx.tx, [`${channels[0] ?? channel.name}:${sender}`])
  const asked = { channels, sender, except }
  const inMinute = await latestCalls(ctx.tx, asked, ctx.now - minuteMs, limits.perMinute)
  const [latest] = inMinute
  // To the end of the whole burst, so that what waits comes back together and not once for each place.
  if (latest !== undefined && inMinute.length >= limits.perMinute) return latest + minuteMs
  const inHour = await latestCalls(ctx.tx, asked, ctx.now - hours(1), limits.perHour)
  const oldest = inHour[limits.perHour - 1]
  return oldest === undefined ? null : oldest + hours(1)
}
