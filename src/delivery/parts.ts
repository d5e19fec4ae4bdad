import type { Act } from '../base/act.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { LinkParts } from '../content/index.ts'
import type { Content, ParcelRow, PromiseRow } from '../outbox/index.ts'
import type { Limiter } from './bucket.ts'
import type { Channel, Outcome, Parcel, ParcelRecipient } from './channel.ts'
import type { GroupedAct } from './group.ts'
import type { Lease } from './lease.ts'
import type { WorkQueue } from './queue.ts'

export interface DeliveryParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly channels: readonly Channel[]
  readonly links: LinkParts
  /** When to look an unknown broadcast up, after its call: env.reconcileDelaysMs. */
  readonly reconcileDelaysMs: readonly number[]
  /** No other worker can be alive (the lock of the SQLite file is ours): what dead ones held is taken over at once. */
  readonly alone?: boolean
  /** Keeps the rates; alone in memory. */
  readonly limiter?: Limiter
  /** Hands work out to several workers; without it each looks for work itself. */
  readonly queue?: WorkQueue | null
  /** For tests that stop a worker between two steps. */
  readonly failPoint?: (step: string) => Promise<void>
}

/** What the loops share. */
export interface Works
  extends Omit<DeliveryParts, 'channels' | 'failPoint' | 'limiter' | 'queue'>, GroupedAct {
  readonly limiter: Limiter
  readonly queue: WorkQueue | null
  readonly lease: Lease
  readonly channels: ReadonlyMap<string, Channel>
  readonly failPoint: (step: string) => Promise<void>
  /** True once the server is asked to stop: calls under way are settled, no other is made. */
  readonly stopping: () => boolean
  /** Channels that must rest, until when (business time). */
  readonly rests: Map<string, Instant>
}

/** A call that takes longer is unknown. */
const callMs = 15_000

export const recipientOf = (row: PromiseRow, name: string): ParcelRecipient => {
  const content = contentOf(row)
  return {
    promise: row.id,
    subject: row.subject,
    title: row.title,
    name,
    why: content.why ?? '',
    ...(content.welcomeCode === undefined ? {} : { welcomeCode: content.welcomeCode }),
    ...(content.kf === undefined ? {} : { kf: content.kf }),
    ...(content.menu === undefined ? {} : { menu: content.menu }),
  }
}

export const contentOf = (row: PromiseRow): Content => JSON.parse(row.content) as Content

export const parcelOf = (row: ParcelRow, recipients: readonly ParcelRecipient[]): Parcel => ({
  id: row.id,
  channel: row.channel,
  sender: row.sender,
  batchToken: row.batch_token,
  text: row.text,
  recipients,
  body: row.body,
  intentAt: row.intent_at,
  calledAt: row.called_at,
  ...(row.remote_id === null ? {} : { remoteId: row.remote_id }),
})

/**
 * Makes the call. Whatever is thrown, and whatever does not come back in time, may have left: unknown.
 */
export async function callChannel(works: Works, channel: Channel, parcel: Parcel): Promise<Outcome> {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome>((ok) => {
    timer = setTimeout(() => {
      ok({ kind: 'unknown', why: `${String(callMs)} ms 内没有回应` })
      stop.abort()
    }, callMs)
  })
  try {
    return await Promise.race([channel.send(parcel, stop.signal), late])
  } catch (error) {
    works.log.error({ channel: channel.name, parcel: parcel.id, err: error }, 'a channel threw while sending')
    return { kind: 'unknown', why: messageOf(error).slice(0, 200) }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * When to look for what a call of unknown end has made. Where repeating is harmless it is done soon and often (a
 * welcome has 20 s), elsewhere at the delays of RELIABILITY.md §2.
 */
export function lookAt(
  works: Pick<Works, 'channels' | 'reconcileDelaysMs'>,
  parcel: LookedFor,
  now: Instant,
): Instant {
  const harmlessMs = works.channels.get(parcel.channel)?.resendWithinMs
  if (harmlessMs !== undefined) {
    // Where there are seconds only, several tries must fit into them.
    const growth = harmlessMs <= 60_000 ? 1.5 : 3
    return now + Math.min(60_000, 500 * growth ** parcel.looks)
  }
  return parcel.called_at + (works.reconcileDelaysMs[parcel.looks] ?? 60_000)
}
interface LookedFor {
  readonly channel: string
  readonly called_at: number
  readonly looks: number
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
