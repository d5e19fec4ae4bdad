/**
 * Who holds work is alive as long as its row in `worker_lease` is ahead of the database's clock. The id is random per
 * process, never a host name, so a restarted server is a new worker and takes over what the old one left.
 *
 * A lease is only a promise not to meddle too early. What keeps a frozen and resumed worker harmless is fencing:
 * claimed promises are checked by their epoch before the intent is written, and an outcome settles a parcel only if
 * no later call was made for it (`attempts`).
 */
import { randomUUID } from 'node:crypto'
import type { Act, Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import type { Clock } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { heldByOthers, lockParcel, lockPromises, move, updateParcel } from '../outbox/index.ts'
import type { ParcelRow, PromiseRow } from '../outbox/index.ts'
import { beat, forget, lockWorkers, workers } from './delivery.store.ts'

import { groupBy } from './parts.ts'
import { holdPoison, isPoisonClaimed, rememberFalls, weighFall } from './suspicion.ts'

/** Short, so that a restarted server goes on within 5 s. */
export const leaseMs = 3_000
export const beatMs = 1_000
/** Whoever is this close to the end of its lease opens no socket any more. */
const marginMs = 500

export interface Lease {
  /** The name in the table; another one after `abandon`. */
  readonly worker: string
  /** Beats now, and from now on every second until `rest`. */
  hold(): Promise<void>
  /** False when the last beat is so old that others may have taken over. */
  alive(): boolean
  rest(): void
  /**
   * Takes a new name, so that whatever hangs on the old one (a settlement that the database did not take) is taken over
   * by the ordinary way when its lease ends.
   */
  abandon(): void
  release(): Promise<void>
}

export interface LeaseParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly failPoint: (step: string) => Promise<void>
}

export function createLease({ db, clock, log, failPoint }: LeaseParts): Lease {
  let worker = randomUUID()
  let beatenAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null
  const beatOnce = async (): Promise<void> => {
    await failPoint('beat')
    const startedAt = clock.steady()
    await db.tx(async (tx) => beat(tx, worker, (await tx.databaseNow()) + leaseMs), 'door')
    beatenAt = startedAt
  }
  const rest = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  return {
    get worker() {
      return worker
    },
    async hold() {
      if (timer !== null && clock.steady() - beatenAt < beatMs) return
      await beatOnce()
      timer ??= setInterval(() => {
        beatOnce().catch((error: unknown) => log.warn({ err: error }, 'a worker could not renew its lease'))
      }, beatMs)
    },
    alive: () => clock.steady() - beatenAt < leaseMs - marginMs,
    rest,
    abandon() {
      rest()
      worker = randomUUID()
      beatenAt = Number.NEGATIVE_INFINITY
    },
    async release() {
      rest()
      await db.tx((tx) => forget(tx, worker))
    },
  }
}

export interface TakeOverParts {
  readonly db: Db
  readonly act: Act
  readonly lease: Lease
  readonly log: Log
  /** When to look for what a parcel's lost call made. */
  readonly lookAt: (parcel: ParcelRow, now: Instant) => Instant
}

/** Gives back what dead workers had claimed, and calls *unknown* what they were calling. Answers how many. */
export async function takeOver(parts: TakeOverParts): Promise<number> {
  const { db, act, lease } = parts
  const rows = await workers(db.reader)
  const others = rows.filter(({ worker }) => worker !== lease.worker)
  const orphans = await heldByOthers(db.reader, [lease.worker, ...others.map(({ worker }) => worker)])
  if (others.length === 0 && orphans.length === 0) return 0
  return act(system('delivery'), async (ctx) => {
    const now = await ctx.tx.databaseNow()
    const all = await lockWorkers(ctx.tx)
    const dead = all.filter(({ worker, lease_until }) => worker !== lease.worker && lease_until < now)
    const living = all.filter((row) => !dead.includes(row)).map(({ worker }) => worker)
    const left = await heldByOthers(ctx.tx, [lease.worker, ...living])
    const parcels = [
      ...new Set(left.flatMap(({ state, parcel }) => (state === 'intent' && parcel ? [parcel] : []))),
    ].sort()
    const taken = new Set<string>()
    for (const id of parcels) {
      const parcel = await lockParcel(ctx.tx, id)
      if (parcel?.state !== 'intent' && parcel?.state !== 'unknown') continue
      taken.add(id)
      await updateParcel(ctx.tx, id, {
        state: 'unknown',
        next_look_at: parts.lookAt(parcel, ctx.now),
        error: '发送进程中断，结果未知',
      })
    }
    const locked = await lockPromises(
      ctx.tx,
      left.map(({ id }) => id),
    )
    // Its last commit may have come while we waited for its locks. What that settled is settled; whose call it wrote is
    // left for the next look, since a parcel is locked before its promises.
    const holders = new Map(left.map(({ id, lease_holder }) => [id, lease_holder]))
    const held = locked.filter(
      ({ id, state, parcel, lease_holder }) =>
        lease_holder === holders.get(id) &&
        (state === 'claimed' || (state === 'intent' && taken.has(parcel ?? ''))),
    )
    const byWorker = groupBy(held, ({ lease_holder }) => lease_holder)
    const lately = byWorker.size > 0 ? await rememberFalls(ctx, byWorker.size) : 0
    for (const some of byWorker.values()) await moveFallen(ctx, some, lately)
    for (const { worker } of dead) await forget(ctx.tx, worker)
    if (held.length > 0)
      parts.log.warn({ promises: held.length, calls: taken.size }, 'took over from a worker that stopped')
    return held.length
  })
}

/** What one fallen worker held. Those in the same state of suspicion move together. */
async function moveFallen(ctx: Ctx, left: readonly PromiseRow[], lately: number): Promise<void> {
  const weighed = weighFall(left)
  const kinds = groupBy([...weighed.keys()], (row) => {
    const { crashes, stumbles } = weighed.get(row) ?? { crashes: 0, stumbles: 0 }
    return `${String(row.state)} ${String(crashes)} ${String(stumbles)}`
  })
  for (const some of kinds.values()) {
    const [first] = some
    const weight = first && weighed.get(first)
    if (weight === undefined) continue
    if (first?.state === 'intent') await move(ctx, some, { to: 'unknown', crashes: weight.crashes })
    else if (isPoisonClaimed(weight.stumbles, lately)) await holdPoison(ctx, some)
    else await move(ctx, some, { to: 'queued', readyAt: ctx.now, stumbles: weight.stumbles })
  }
}
