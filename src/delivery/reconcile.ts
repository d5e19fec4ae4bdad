/**
 * Answers *unknown* before anything else is said (RELIABILITY.md §2). Where repeating the same bytes is harmless they
 * are repeated inside the safe window; elsewhere the remote side is searched for the batch token, three times, and only
 * what is surely absent is sent again. What cannot be known is held for a person.
 */
import type { Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { hours, minutes } from '../base/clock.ts'
import {
  adoptedIds,
  cancelUnwantedOf,
  covers,
  currentManners,
  lockParcel,
  lockOfParcel,
  move,
  nextAllowedAt,
  parcelsToLookAt,
  pausesNow,
  promisesOfParcel,
  unwanted,
  updateParcel,
} from '../outbox/index.ts'
import type { ParcelRow, PromiseRow } from '../outbox/index.ts'
import { inSlots } from './bucket.ts'
import { openCeiling } from './ceiling.ts'
import type { Channel, Found } from './channel.ts'
import type { Meant } from './intent.ts'
import { fallsLately, holdPoison, isPoison } from './suspicion.ts'
import { callAndSettle, settleParcel } from './outcome.ts'
import { groupBy, lookAt, parcelOf, recipientOf } from './parts.ts'
import type { Works } from './parts.ts'

const parcelsPerRun = 50
/** A welcome whose answer was lost has seconds left: it must not queue behind a slow look. */
const atOnce = 8
/** So long a broadcast may stay out of sight (the API refuses to look); then a person has to. */
const maxUnsureMs = hours(24)
const unsureMs = minutes(1)
const lookMs = 30_000

/** Answers how many parcels were looked at. */
export async function reconcile(works: Works, now: Instant): Promise<number> {
  const due = await parcelsToLookAt(works.db.reader, ['unknown', 'abandoned'], now, parcelsPerRun)
  // What no adapter here can look at is another server's.
  const parcels = due.filter(({ channel }) => works.channels.has(channel))
  await inSlots(atOnce, parcels, async (parcel) => {
    const channel = works.channels.get(parcel.channel)
    if (!channel || works.stopping()) return
    if (parcel.state === 'abandoned') await watchAbandoned(works, channel, parcel)
    else if (channel.resendWithinMs !== undefined) await repeat(works, channel, parcel)
    else await search(works, channel, parcel)
  })
  return parcels.length
}

// ---------------------------------------------------------------- repeating

async function repeat(works: Works, channel: Channel, parcel: ParcelRow): Promise<void> {
  await works.lease.hold()
  const meant = await works.grouped((ctx) => meanAgain(works, ctx, channel, parcel.id))
  await works.failPoint('meant')
  if (meant) await callAndSettle(works, channel, meant)
}

async function meanAgain(works: Works, ctx: Ctx, channel: Channel, id: string): Promise<Meant | null> {
  const parcel = await lockParcel(ctx.tx, id)
  if (parcel?.state !== 'unknown') return null
  const rows = await unknownOf(ctx, id)
  const rest = await giveUp(ctx, channel, parcel, rows)
  if (rest.length === 0) {
    const ended = (await promisesOfParcel(ctx.tx, id)).every(({ state }) => state !== 'held')
    await updateParcel(ctx.tx, id, {
      state: ended ? 'cancelled' : 'held',
      next_look_at: null,
      settled_at: ctx.now,
    })
    return null
  }
  const restUntil = works.rests.get(channel.name) ?? 0
  // Should the first call have been lost, this one is a card like any other.
  const ceiling = await openCeiling(ctx, channel, [parcel.sender], id)
  const fullTo = (await ceiling.fullUntil(parcel.sender)) ?? 0
  // A card has its hours, the second time too; when they come after the safe window, nobody repeats it.
  const manners = await currentManners(ctx.tx)
  const allowedAt = Math.max(...rest.map((row) => nextAllowedAt(manners, row, ctx.now).at))
  const safeUntil = parcel.intent_at + (channel.resendWithinMs ?? 0)
  const waitUntil = Math.min(Math.max(restUntil, fullTo, allowedAt), safeUntil)
  const pauses = await pausesNow(ctx.tx)
  if (waitUntil > ctx.now || rest.some((row) => pauses.some((pause) => covers(pause, row)))) {
    await updateParcel(ctx.tx, id, { next_look_at: Math.max(waitUntil, ctx.now + 1_000) })
    return null
  }
  const change = {
    state: 'intent',
    attempts: parcel.attempts + 1,
    looks: parcel.looks + 1,
    called_at: ctx.now,
    next_look_at: null,
  } as const
  await updateParcel(ctx.tx, id, change)
  await move(ctx, rest, { to: 'intent', holder: works.lease.worker, attempt: true })
  // The body is stored; the recipients only say who is meant.
  const row = { ...parcel, ...change }
  return {
    parcel: parcelOf(
      row,
      rest.map((one) => recipientOf(one, '')),
    ),
    attempt: row.attempts,
  }
}

const unknownOf = async (ctx: Ctx, parcel: string): Promise<PromiseRow[]> =>
  (await lockOfParcel(ctx.tx, parcel)).filter(({ state }) => state === 'unknown')

/** Ends what must not be repeated any more; answers the rest. */
async function giveUp(
  ctx: Ctx,
  channel: Channel,
  parcel: ParcelRow,
  rows: readonly PromiseRow[],
): Promise<PromiseRow[]> {
  const reasons = await unwanted(ctx.tx, rows)
  const lately = await fallsLately(ctx.tx, ctx.now)
  const endOf = (row: PromiseRow): 'late' | 'unwanted' | 'poison' | 'window' | 'again' => {
    if (row.expires_at <= ctx.now) return 'late'
    if (reasons.has(row.id)) return 'unwanted'
    if (isPoison(row, lately)) return 'poison'
    return ctx.now >= parcel.intent_at + (channel.resendWithinMs ?? 0) ? 'window' : 'again'
  }
  const ends = groupBy(rows, endOf)
  await move(ctx, ends.get('late') ?? [], { to: 'expired', code: 'late', words: '结果未知，已过期' })
  await cancelUnwantedOf(ctx, ends.get('unwanted') ?? [])
  await holdPoison(ctx, ends.get('poison') ?? [])
  await move(ctx, ends.get('window') ?? [], {
    to: 'held',
    code: 'unsure',
    words: '无法确认是否已发出，需人工核对',
  })
  return ends.get('again') ?? []
}

// ---------------------------------------------------------------- searching

async function search(works: Works, channel: Channel, parcel: ParcelRow): Promise<void> {
  // A worker that fell while it settled a big parcel had the answer already.
  if (parcel.remote_id !== null) return settleFound(works, parcel, parcel.remote_id)
  // Words that carry no token look like anybody's, and some channels cannot be asked: then a person has to say.
  if (!channel.find || !parcel.body.includes(parcel.batch_token)) return holdUnsure(works, parcel)
  const found = await look(works, channel, parcel)
  if (found !== 'unsure' && found.length > 0) return adopt(works, channel, parcel, found)
  await works.act(system('delivery'), async (ctx) => {
    const locked = await lockParcel(ctx.tx, parcel.id)
    if (locked?.state !== 'unknown' || locked.attempts !== parcel.attempts) return
    const looks = locked.looks + 1
    if (found === 'unsure') return lookLater(ctx, locked)
    if (looks < works.reconcileDelaysMs.length) {
      const nextAt = Math.max(ctx.now + 1, lookAt(works, { ...locked, looks }, ctx.now))
      return updateParcel(ctx.tx, parcel.id, { looks, next_look_at: nextAt })
    }
    await sendAgain(ctx, locked, looks)
  })
}

async function lookLater(ctx: Ctx, parcel: ParcelRow): Promise<void> {
  if (ctx.now < parcel.called_at + maxUnsureMs) {
    // An unsure look says nothing: it is not one of the looks that prove absence.
    return updateParcel(ctx.tx, parcel.id, { next_look_at: ctx.now + unsureMs, error: '暂时查不到结果' })
  }
  await hold(ctx, parcel)
}

async function hold(ctx: Ctx, parcel: ParcelRow): Promise<void> {
  await updateParcel(ctx.tx, parcel.id, { state: 'held', next_look_at: null })
  await move(ctx, await unknownOf(ctx, parcel.id), {
    to: 'held',
    code: 'unsure',
    words: '无法确认是否已发出，需人工核对',
  })
}

const holdUnsure = (works: Works, parcel: ParcelRow): Promise<void> =>
  works.act(system('delivery'), async (ctx) => {
    const locked = await lockParcel(ctx.tx, parcel.id)
    if (locked?.state === 'unknown') await hold(ctx, locked)
  })

/** Surely absent: back to the queue, in the same parcel, so that it goes out with the same token. */
async function sendAgain(ctx: Ctx, parcel: ParcelRow, looks: number): Promise<void> {
  const rows = await unknownOf(ctx, parcel.id)
  const lately = await fallsLately(ctx.tx, ctx.now)
  const poison = rows.filter((row) => isPoison(row, lately))
  await updateParcel(ctx.tx, parcel.id, {
    state: poison.length === rows.length ? 'held' : 'again',
    looks,
    next_look_at: null,
  })
  await holdPoison(ctx, poison)
  await move(
    ctx,
    rows.filter((row) => !isPoison(row, lately)),
    { to: 'queued', readyAt: ctx.now },
  )
}

/** What carries the token and belongs to no other parcel. */
export async function look(
  works: Works,
  channel: Channel,
  parcel: ParcelRow,
): Promise<readonly Found[] | 'unsure'> {
  if (!channel.find) return 'unsure'
  const carried = await promisesOfParcel(works.db.reader, parcel.id)
  const asked = parcelOf(
    parcel,
    carried.map((row) => recipientOf(row, '')),
  )
  try {
    const found = await channel.find(asked, AbortSignal.timeout(lookMs))
    if (found === 'unsure') return found
    const taken = await adoptedIds(
      works.db.reader,
      found.map(({ remoteId }) => remoteId),
    )
    return found.filter(({ remoteId }) => !taken.has(remoteId))
  } catch (error) {
    works.log.warn({ parcel: parcel.id, err: error }, 'an unknown broadcast could not be looked up')
    return 'unsure'
  }
}

async function adopt(
  works: Works,
  channel: Channel,
  parcel: ParcelRow,
  found: readonly Found[],
): Promise<void> {
  const kept = found.find(({ confirmed }) => confirmed) ?? found[0]
  if (!kept) return
  await settleFound(works, parcel, kept.remoteId)
  await takeBack(
    works,
    channel,
    parcel,
    found.filter(({ remoteId }) => remoteId !== kept.remoteId),
  )
}

async function settleFound(works: Works, parcel: ParcelRow, remoteId: string): Promise<void> {
  for (let part = 'more'; part === 'more';) {
    part = await works.grouped(async (ctx) => {
      const locked = await lockParcel(ctx.tx, parcel.id)
      if (locked?.state !== 'unknown') return 'done'
      return settleParcel(works, ctx, locked, { kind: 'waiting', remoteId, why: 'advisor-must-confirm' })
    })
  }
}

/** Twins of a parcel: the unconfirmed are taken back, the confirmed can only be reported. */
export async function takeBack(
  works: Works,
  channel: Channel,
  parcel: ParcelRow,
  twins: readonly Found[],
): Promise<void> {
  for (const twin of twins) {
    if (twin.confirmed || !channel.cancel) {
      works.log.error({ parcel: parcel.id, remoteId: twin.remoteId }, 'a broadcast went out twice')
      continue
    }
    await channel.cancel(twin.remoteId, AbortSignal.timeout(lookMs))
  }
}

/** A parcel that was replaced: should its lost call turn up after all, nobody may confirm it. */
async function watchAbandoned(works: Works, channel: Channel, parcel: ParcelRow): Promise<void> {
  const found = await look(works, channel, parcel)
  if (found !== 'unsure') await takeBack(works, channel, parcel, found)
  await works.act(system('delivery'), async (ctx) => {
    await updateParcel(ctx.tx, parcel.id, {
      state: found === 'unsure' ? 'abandoned' : 'cancelled',
      next_look_at: found === 'unsure' ? ctx.now + unsureMs : null,
    })
  })
}
