/**
 * One connection for all servers of an installation: WeCom ends the first when a second is opened (WECOM.md §4.4), so
 * two of ours would fight for ever. Whoever holds the row connects; when it is silent for a lease, another one takes over.
 * A frozen holder does no harm: its connection is ended by the new one's, and it finds out that it lost the row.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { dropLease, forgetKick, noteKick, takeLease } from './lease.store.ts'

export type Holding = 'ours' | 'theirs' | 'kicked'

export interface BotLease {
  /** Takes or renews it. Rejects when the database does not answer. */
  hold(): Promise<Holding>
  /** False when it was last renewed so long ago that others may have it. */
  alive(): boolean
  /** Our connection was ended from outside. Answers whose doing it was. */
  kicked(): Promise<Holding>
  /** A server starts anew: what was so before is over. */
  begin(): Promise<void>
  release(): Promise<void>
}

export const leaseMs = 6_000
const marginMs = 1_000

export function createBotLease({ db, clock }: { readonly db: Db; readonly clock: Clock }): BotLease {
  // Named for whoever asks which one it is; the random part makes it this very process.
  const holder = `${hostname()}/${String(process.pid)}/${randomUUID()}`
  let renewedAt = Number.NEGATIVE_INFINITY
  return {
    async hold() {
      const startedAt = clock.steady()
      const row = await db.tx((tx) => takeLease(tx, holder, leaseMs))
      if (row.kicked_at !== null) return 'kicked'
      if (row.holder !== holder) return 'theirs'
      renewedAt = startedAt
      return 'ours'
    },
    alive: () => clock.steady() - renewedAt < leaseMs - marginMs,
    kicked: async () => ((await db.tx((tx) => noteKick(tx, holder))) ? 'kicked' : 'theirs'),
    begin: async () => void (await db.tx((tx) => forgetKick(tx))),
    release: async () => void (await db.tx((tx) => dropLease(tx, holder))),
  }
}

/** SQLite has one server: nothing to share, and no write every two seconds. */
export function createLoneLease(): BotLease {
  let lost = false
  return {
    hold: () => Promise.resolve(lost ? 'kicked' : 'ours'),
    alive: () => true,
    kicked() {
      lost = true
      return Promise.resolve('kicked')
    },
    begin: () => Promise.resolve(),
    release: () => Promise.resolve(),
  }
}
