/**
 * Brings due promises out. Claim, mean, call, settle: four steps, each durable before the next begins, so that a
 * process killed at any instant loses nothing and sends nothing twice.
 */
import { system } from '../base/act.ts'
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { isDatabaseTrouble } from '../base/db.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { currentManners, dueChannels, lockDue, lockPromises, move } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'
import { createMemoryLimiter, createSlots } from './bucket.ts'
import type { Channel } from './channel.ts'
import { forgetAll } from './delivery.store.ts'
import { mean, sortOutLate } from './intent.ts'
import type { Meant } from './intent.ts'
import { takeOver } from './lease.ts'
import { callAndSettle, callOnce, settleCall, settleOurFault } from './outcome.ts'
import { groupBy, lookAt } from './parts.ts'
import type { Works } from './parts.ts'
import { prepareCall } from './prepare.ts'
import type { Hint } from './queue.ts'
import { callOf, fellInCall, isSuspect } from './suspicion.ts'

/** Calls of one channel at once; WeCom has an undisclosed ceiling per endpoint (45033). */
const inFlight = 8
/** Personal promises taken at a time: small, so that little is left lying when a worker falls. */
const personalBatch = 64
const claimAtOnce = 500

/** What one claim brought. */
interface Turn {
  /** Resolves when so little is left in line that more may be claimed. */
  readonly room: Promise<void>
  /** How many promises were called for. */
  readonly done: Promise<number>
}

export interface Drain {
  /**
   * Works until nothing is due any more; answers how many promises were called for. `lateMs`: only if something of the
   * channel is overdue by that much and nothing of it is in hand.
   */
  run(now: Instant, lateMs?: number): Promise<number>
  /** Those of one hint that are still due; without ids whatever is. */
  take(hint: Hint): Promise<number>
  busy(): boolean
}

export function createDrain(works: Works): Drain {
  const running = new Map<string, Promise<number>>()
  const slots = new Map<string, ReturnType<typeof createSlots>>()
  const hinted = new Map<string, number>()
  let buried = works.alone !== true

  const oneSuspect = createSlots(1)
  /** Of this process alone, right before the socket. */
  const apart = createMemoryLimiter(works.clock)

  const mayTurn = (channel: Channel): boolean =>
    !works.stopping() && (works.rests.get(channel.name) ?? 0) <= works.clock.now()

  async function waitForPlace(channel: Channel): Promise<void> {
    if (!works.stopping()) await works.limiter.bucketOf(channel.name, channel.rate).take()
  }

  /** Calls that were written down together would start together; two may, or every late one would be a place lost. */
  async function keepApart({ name, rate }: Channel): Promise<void> {
    if (!works.stopping()) await apart.bucketOf(name, { ...rate, burst: rate.burst + 2 }).take()
  }

  /** The call, written down; null when nothing leaves now. */
  async function prepare(channel: Channel, rows: readonly PromiseRow[]): Promise<Meant | null> {
    if (works.stopping() || !works.lease.alive()) return putBack(works, rows)
    const meant = await meanOrBlame(works, channel, rows)
    await works.failPoint('meant')
    return meant
  }

  async function call(channel: Channel, meant: Meant): Promise<number> {
    await callAndSettle(works, channel, meant)
    return meant.parcel.recipients.length
  }

  /** What is settled when the call has been answered: that needs none of the places at once. */
  async function deliver(channel: Channel, rows: readonly PromiseRow[]): Promise<() => Promise<number>> {
    await waitForPlace(channel)
    const meant = await prepare(channel, rows)
    if (meant === null) return () => Promise.resolve(0)
    await keepApart(channel)
    const outcome = await callOnce(works, channel, meant)
    return async () => {
      await settleCall(works, meant, outcome)
      return meant.parcel.recipients.length
    }
  }

  /** Claims once and sets out to deliver; null when nothing was due or the channel must rest. */
  async function begin(channel: Channel, among: readonly string[] = []): Promise<Turn | null> {
    if (!mayTurn(channel)) return null
    await works.lease.hold()
    const claimed = await claim(works, channel, among)
    await works.failPoint('claimed')
    if (claimed === null) return null
    const most = channel.atOnce ?? inFlight
    const enter = slots.get(channel.name) ?? createSlots(most)
    slots.set(channel.name, enter)
    let makeRoom = (): void => undefined
    const room = new Promise<void>((ok) => (makeRoom = ok))
    const parts = packed(channel, claimed.rows)
    let inLine = parts.length
    const calls = parts.map(async (rows) => {
      const settle = await enter(() => {
        inLine -= 1
        if (inLine < most && !claimed.suspects) makeRoom()
        return deliver(channel, rows)
      })
      return settle()
    })
    const done = allOf(calls)
      .then(async (called) =>
        claimed.suspects ? called + (await turnOfSuspects(channel, among, enter)) : called,
      )
      .finally(makeRoom)
    return { room, done }
  }

  /**
   * One at a time in this process: should it fall now, the one in hand is to blame. Who only fell before a call was
   * written is alone until it is.
   */
  async function turnOfSuspects(
    channel: Channel,
    among: readonly string[],
    enter: ReturnType<typeof createSlots>,
  ): Promise<number> {
    const calls: Promise<PromiseSettledResult<number>[]>[] = []
    for (let taken = 0; taken < personalBatch && mayTurn(channel); taken += 1) {
      // Waited for with empty hands.
      await waitForPlace(channel)
      const found = await oneSuspect(async () => {
        const rows = await claimSuspect(works, channel, among)
        await works.failPoint('claimed')
        for (const some of packed(channel, rows)) {
          const meant = await prepare(channel, some)
          if (meant === null) continue
          const called = rows.some(fellInCall) ? call(channel, meant) : enter(() => call(channel, meant))
          const settled = Promise.allSettled([called])
          calls.push(settled)
          if (rows.some(fellInCall)) await settled
        }
        return rows.length > 0
      })
      if (!found) break
    }
    return sumOf((await Promise.all(calls)).flat())
  }

  /**
   * Claims again as soon as what is left fits into the calls at once: waiting for the last answer would give away places
   * of the rate, a tenth of them at WeCom's own.
   */
  async function drainChannel(channel: Channel): Promise<number> {
    const under = new Set<Promise<void>>()
    const faults: unknown[] = []
    let called = 0
    const follow = (done: Promise<number>): void => {
      const end = done
        .then(
          (some) => void (called += some),
          (fault: unknown) => void faults.push(fault),
        )
        .finally(() => under.delete(end))
      under.add(end)
    }
    try {
      while (faults.length === 0) {
        const turn = await begin(channel)
        if (turn) {
          follow(turn.done)
          await turn.room
        } else if (under.size > 0) await Promise.all(under)
        else break
      }
    } catch (fault) {
      faults.push(fault)
    }
    await Promise.all(under)
    if (faults.length > 0) throw faults[0]
    return called
  }

  const oneTurn = async (channel: Channel, among: readonly string[]): Promise<number> =>
    (await (await begin(channel, among))?.done) ?? 0

  /** Channels do not wait for each other: a welcome has 20 s, whatever the broadcasts are doing. */
  function once(channel: Channel): Promise<number> {
    const already = running.get(channel.name)
    if (already) return already
    const run = orAbandon(works, drainChannel(channel)).finally(() => running.delete(channel.name))
    running.set(channel.name, run)
    return run
  }

  return {
    busy: () => running.size > 0 || hinted.size > 0,
    async take({ channel: name, ids }) {
      const channel = works.channels.get(name)
      if (!channel) return 0
      if (ids.length === 0) return once(channel)
      hinted.set(name, (hinted.get(name) ?? 0) + 1)
      try {
        return await orAbandon(works, oneTurn(channel, ids))
      } finally {
        const left = (hinted.get(name) ?? 1) - 1
        if (left === 0) hinted.delete(name)
        else hinted.set(name, left)
      }
    },
    async run(now, lateMs = 0) {
      if (!buried) await works.db.tx(forgetAll)
      buried = true
      await takeOver({ ...works, lookAt: (parcel, now) => lookAt(works, parcel, now) })
      const names = await dueChannels(works.db.reader, now - lateMs)
      const channels = names.flatMap((name) => works.channels.get(name) ?? [])
      return allOf(channels.filter(({ name }) => lateMs === 0 || !hinted.has(name)).map(once))
    },
  }
}

/** What it still holds after a failure is taken over when the lease of its old name ends. */
async function orAbandon<T>(works: Works, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    works.lease.abandon()
    throw error
  }
}

/** Waits for all, even if one fails: nothing of ours may be under way when the caller believes it is over. */
const allOf = async (work: readonly Promise<number>[]): Promise<number> =>
  sumOf(await Promise.allSettled(work))

function sumOf(ends: readonly PromiseSettledResult<number>[]): number {
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0)
}

async function meanOrBlame(
  works: Works,
  channel: Channel,
  rows: readonly PromiseRow[],
): Promise<Meant | null> {
  try {
    const files = await prepareCall(works, channel, rows)
    return files && (await mean(works, channel, rows, files))
  } catch (error) {
    if (isDatabaseTrouble(error)) throw error
    await settleOurFault(works, rows, error)
    return null
  }
}

/** We are to stop, or our lease is doubtful: nothing has been called, so the claim is simply given back if it is still ours. */
async function putBack(works: Works, rows: readonly PromiseRow[]): Promise<null> {
  const epochs = new Map(rows.map(({ id, epoch }) => [id, epoch]))
  await works.grouped(async (ctx) => {
    const locked = await lockPromises(ctx.tx, [...epochs.keys()])
    const mine = locked.filter((row) => row.state === 'claimed' && row.epoch === epochs.get(row.id))
    await move(ctx, mine, { to: 'queued' })
  })
  return null
}

interface Claimed {
  readonly rows: readonly PromiseRow[]
  /** Suspects are due as well; they are taken one at a time. */
  readonly suspects: boolean
}

/** Everything due that may share a parcel, in short transactions; null when nothing is due any more. */
async function claim(works: Works, channel: Channel, among: readonly string[]): Promise<Claimed | null> {
  const most = Math.max(personalBatch, channel.maxRecipients)
  const rows: PromiseRow[] = []
  let suspects = false
  let any = false
  while (rows.length < most) {
    const part = await claimSome(works, channel, Math.min(claimAtOnce, most - rows.length), among)
    if (part === null) break
    any = true
    rows.push(...part.rows)
    suspects ||= part.suspects
    if (among.length > 0 || (suspects && part.rows.length === 0)) break
  }
  return any ? { rows, suspects } : null
}

/** An empty list when what was due had to wait, was too late or is suspected. */
const claimSome = (
  works: Works,
  channel: Channel,
  limit: number,
  among: readonly string[],
): Promise<Claimed | null> =>
  works.act(system('delivery'), async (ctx) => {
    const due = await dueNow(ctx, channel, limit, among)
    if (due.length === 0) return null
    const trusted = due.filter((row) => !isSuspect(row))
    return { rows: await take(works, ctx, trusted), suspects: trusted.length < due.length }
  })

/** The first suspect that is due, and whatever goes out with it. */
const claimSuspect = (
  works: Works,
  channel: Channel,
  among: readonly string[],
): Promise<readonly PromiseRow[]> =>
  works.act(system('delivery'), async (ctx) => {
    const due = await dueNow(ctx, channel, claimAtOnce, among)
    const first = due.find(isSuspect)
    return first
      ? take(
          works,
          ctx,
          due.filter((row) => isSuspect(row) && callOf(row) === callOf(first)),
        )
      : []
  })

/** A database that came from a backup sends nothing until a person has looked. */
async function dueNow(
  ctx: Ctx,
  channel: Channel,
  limit: number,
  among: readonly string[],
): Promise<PromiseRow[]> {
  const due = await lockDue(ctx.tx, channel.name, ctx.now, limit, among)
  return due.length > 0 && (await quarantineOf(ctx.tx)) ? [] : due
}

async function take(works: Works, ctx: Ctx, due: readonly PromiseRow[]): Promise<PromiseRow[]> {
  if (due.length === 0) return []
  const timely = await sortOutLate(ctx, await currentManners(ctx.tx), due)
  const holder = works.lease.worker
  await move(ctx, timely, { to: 'claimed', holder })
  return timely.map((row) => ({
    ...row,
    state: 'claimed' as const,
    lease_holder: holder,
    epoch: row.epoch + 1,
  }))
}

/** Equal words from the same advisor (of a moment: of all advisors) are one call; what was in a parcel before stays with it. */
function packed(channel: Channel, rows: readonly PromiseRow[]): PromiseRow[][] {
  if (channel.maxRecipients === 1) return rows.map((row) => [row])
  const groups = groupBy(rows, callOf)
  return [...groups.values()].flatMap((group) => {
    const parts: Map<string, PromiseRow>[] = []
    for (const row of group) {
      const part = parts.at(-1)
      // One customer twice in one call would be one message for two promises.
      if (part && part.size < channel.maxRecipients && !part.has(row.subject)) part.set(row.subject, row)
      else parts.push(new Map([[row.subject, row]]))
    }
    return parts.map((part) => [...part.values()])
  })
}
