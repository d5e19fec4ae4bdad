/**
 * Work for several workers is handed out by a queue. It carries hints only: a channel and ids of promises that looked
 * due a moment ago. The outbox stays the truth: a worker claims the rows as it always does, so a hint that comes twice
 * finds nothing left, and one that is lost costs a few seconds until somebody idle looks for what is overdue.
 */
import { seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { dueChannels, dueIds, pausesNow } from '../outbox/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import type { Works } from './parts.ts'

export interface Hint {
  readonly channel: ChannelName
  /** Empty: whatever is due. What shares a call (a broadcast) must be claimed together. */
  readonly ids: readonly string[]
}

export interface WorkQueue {
  readonly engine: 'postgres' | 'redis'
  /** False when nobody could be told; never throws. */
  announce(hints: readonly Hint[]): Promise<boolean>
  /** Hands hints to `handle`, each to one worker; `handle` never throws. */
  start(channels: readonly ChannelName[], handle: (hint: Hint) => Promise<void>): void
  /** Nothing is in hand here. */
  idle(): boolean
  /** Null when it answers, else why not, in one sentence. */
  missing(): string | null
  /** Takes no more, waits for what is in hand, lets go of its connections. */
  stop(): Promise<void>
}

/** Overdue by this much although the queue answers: its hint was lost. */
export const lostAfterMs = seconds(5)

/** Few enough that two workers share a small day, enough that a hint costs little next to what it brings. */
const idsPerHint = 32
const idsPerLook = 512
const toldAtMost = 20_000

export interface Announcer {
  /** Tells of what is due and was not told of before; answers how many hints. */
  look(now: Instant): Promise<number>
}

export function createAnnouncer(works: Pick<Works, 'db' | 'channels'>, queue: WorkQueue): Announcer {
  /** By id, in which state of the row: whoever comes back to the queue is told of again. */
  const told = new Map<string, string>()
  /** What was paused at the latest look. */
  let paused = ''

  async function hintsOf(channel: ChannelName, now: Instant): Promise<Hint[]> {
    if ((works.channels.get(channel)?.maxRecipients ?? 1) > 1) return [{ channel, ids: [] }]
    const due = await dueIds(works.db.reader, channel, now, idsPerLook)
    const fresh = due.filter(({ id, version }) => told.get(id) !== version)
    for (const { id, version } of fresh) told.set(id, version)
    const ids = fresh.map(({ id }) => id)
    return Array.from({ length: Math.ceil(ids.length / idsPerHint) }, (_, i) => ({
      channel,
      ids: ids.slice(i * idsPerHint, (i + 1) * idsPerHint),
    }))
  }

  return {
    async look(now) {
      if (queue.missing() !== null) return 0
      const pauses = (await pausesNow(works.db.reader)).map(({ scope, name }) => `${scope}:${name}`)
      // What was told of before a pause, or during one, may have been told in vain.
      if (pauses.join('\n') !== paused || told.size > toldAtMost) told.clear()
      paused = pauses.join('\n')
      if (pauses.includes('global:')) return 0
      const channels = (await dueChannels(works.db.reader, now)).filter((name) => works.channels.has(name))
      const hints = (await Promise.all(channels.map((channel) => hintsOf(channel, now)))).flat()
      if (hints.length === 0) return 0
      if (await queue.announce(hints)) return hints.length
      for (const { ids } of hints) for (const id of ids) told.delete(id)
      return 0
    },
  }
}
