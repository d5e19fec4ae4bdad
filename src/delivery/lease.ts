/**
 * Who holds work is alive as long as its row in `worker_lease` is ahead of the database's clock. The id is random per
 * process, never a host name, so a restarted server is a new worker and takes over what the old one left.
 *
 * A lease is only a promise not to meddle too early. What keeps a frozen and resumed worker harmless is fencing:
 * claimed promises are checked by their epoch before the intent is written, and an outcome settles a parcel only if
 * no later call was made for it (`attempts`).
 */
import { randomUUID } from 'node:crypto'
import type { Act } from '../base/act.ts'
import { system } from '../base/act.ts'
import type { Clock } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { heldByOthers, lockParcel, lockPromises, move, updateParcel } from '../outbox/index.ts'
import type { ParcelRow, PromiseRow } from '../outbox/index.ts'
import { beat, forget, lockWorkers, workers } from './delivery.store.ts'

/** Short, so that a restarted server goes on within 5 s. */
export const leaseMs = 3_000
export const beatMs = 1_000
/** Whoever is this close to the end of its lease opens no socket any more. */
const marginMs = 500

/**
 * When a worker falls, what it was calling may be the cause. Falling with one parcel in hand weighs 2, with several 1
 * each; from `suspectAt` on a promise is called alone, so that the next fall is its own; at `poisonAt` it is held for a
 * person. A lone poison job is therefore held after 3 falls.
 */
export const suspectAt = 3
export const poisonAt = 6

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
    for (const id of parcels) {
      const parcel = await lockParcel(ctx.tx, id)
      if (!parcel) continue
      await updateParcel(ctx.tx, id, {
        state: 'unknown',
        next_look_at: parts.lookAt(parcel, ctx.now),
        error: '发送进程中断，结果未知',
      })
    }
    const held = await lockPromises(
      ctx.tx,
      left.map(({ id }) => id),
    )
    await move(
      ctx,
      held.filter(({ state }) => state === 'claimed'),
      { to: 'queued', readyAt: ctx.now },
    )
    await moveFallen(
      ctx,
      held.filter(({ state }) => state === 'intent'),
    )
    for (const { worker } of dead) await forget(ctx.tx, worker)
    if (left.length > 0)
      parts.log.warn({ promises: left.length, calls: parcels.length }, 'took over from a worker that stopped')
    return left.length
  })
}

/** Those in the same state of suspicion move together. */
async function moveFallen(ctx: Parameters<typeof move>[0], rows: readonly PromiseRow[]): Promise<void> {
  const parcelsOf = new Map<string | null, Set<string | null>>()
  for (const { lease_holder, parcel } of rows)
    parcelsOf.set(lease_holder, (parcelsOf.get(lease_holder) ?? new Set()).add(parcel))
  const byCrashes = new Map<number, PromiseRow[]>()
  for (const row of rows) {
    const crashes = row.crashes + (parcelsOf.get(row.lease_holder)?.size === 1 ? 2 : 1)
    byCrashes.set(crashes, [...(byCrashes.get(crashes) ?? []), row])
  }
  for (const [crashes, some] of byCrashes) await move(ctx, some, { to: 'unknown', crashes })
}
