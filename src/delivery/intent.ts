/**
 * The last look before the words leave, and the record that they are about to. One transaction: is sending paused, is
 * it still the hour, does she still want it; then the parcel with its exact body and the intents. Only after its
 * commit is a socket opened, so whatever was sent is known to have been meant.
 */
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../base/act.ts'
import { minutes } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { batchLink, filled, fillLinks, personalLink } from '../content/index.ts'
import {
  cancelUnwantedOf,
  covers,
  currentManners,
  insertParcels,
  lookOnceMore,
  lockParcels,
  lockPromises,
  move,
  needsHuman,
  nextAllowedAt,
  offersInHand,
  pausesNow,
  postpone,
  promisesOfParcel,
  updateParcel,
} from '../outbox/index.ts'
import type { Manners, ParcelRow, PromiseRow } from '../outbox/index.ts'
import { openCeiling } from './ceiling.ts'
import type { Channel, FileIds, Parcel, ParcelDraft, ParcelRecipient } from './channel.ts'
import { namerOf } from './delivery.store.ts'
import type { Namer } from './delivery.store.ts'
import type { Deed } from './group.ts'

import { contentOf, groupBy, parcelOf, recipientOf } from './parts.ts'
import type { Works } from './parts.ts'

/** How soon a customer with an offer in somebody's hands is looked at again. */
const crowdedMs = minutes(30)
/** 96 random bits: nobody guesses one, and `find` never mistakes one for another. */
const tokenBytes = 12

export interface Meant {
  readonly parcel: Parcel
  readonly attempt: number
}

/** What is to go out in one call. */
interface Intended {
  readonly works: Works
  readonly channel: Channel
  readonly claimed: readonly PromiseRow[]
  readonly files: FileIds
}

/** Null when nothing of it may leave now; then every promise has been settled or put back. */
export const mean = (
  works: Works,
  channel: Channel,
  claimed: readonly PromiseRow[],
  files: FileIds,
): Promise<Meant | null> => works.together(meaning, { works, channel, claimed, files })

const meaning: Deed<Intended, Meant | null> = async (ctx, items) => {
  const meant = new Map<Intended, Meant>()
  for (const [channel, some] of groupBy(items, (item) => item.channel))
    for (const [item, one] of await meanAll(ctx, channel, some)) meant.set(item, one)
  return items.map((item) => meant.get(item) ?? null)
}

/** All of one channel: each question is asked once for all of them. */
async function meanAll(
  ctx: Ctx,
  channel: Channel,
  items: readonly Intended[],
): Promise<Map<Intended, Meant>> {
  const [first] = items
  if (!first) return new Map()
  const { works } = first
  const formers = await lockParcels(
    ctx.tx,
    items.flatMap(({ claimed }) => claimed[0]?.parcel ?? []),
  )
  const ours = items.flatMap(({ claimed }) => claimed)
  const epochs = new Map(ours.map(({ id, epoch }) => [id, epoch]))
  const locked = await lockPromises(ctx.tx, [...epochs.keys()])
  // Whoever was taken over meanwhile has another epoch, and is no longer ours.
  const mine = locked.filter((row) => row.state === 'claimed' && row.epoch === epochs.get(row.id))
  if ((works.rests.get(channel.name) ?? 0) > ctx.now) {
    await move(ctx, mine, { to: 'queued' })
    return new Map()
  }
  const manners = await currentManners(ctx.tx)
  const timely = await sortOutLate(ctx, manners, await sortOutPaused(ctx, mine))
  const fitting = await lookOnceMore(ctx, manners, await cancelUnwantedOf(ctx, timely))
  const willing = await sortOutCrowded(ctx, channel, fitting)
  const names = await namesFor(ctx, channel, willing)
  const ceiling = await openCeiling(
    ctx,
    channel,
    items.map(({ claimed }) => claimed[0]?.sender ?? null),
  )
  const meant = new Map<Intended, { readonly row: ParcelRow; readonly rows: readonly PromiseRow[] }>()
  const fresh: ParcelRow[] = []
  const full: { readonly rows: readonly PromiseRow[]; readonly until: Instant }[] = []
  for (const item of items) {
    const ids = new Set(item.claimed.map(({ id }) => id))
    const rows = willing.filter(({ id }) => ids.has(id))
    const sender = rows[0]?.sender ?? null
    const until = await ceiling.fullUntil(sender)
    if (until !== null) {
      full.push({ rows, until })
      continue
    }
    const former = formers.get(item.claimed[0]?.parcel ?? '')
    const again = former ? await useAgain(works, ctx, former, rows) : null
    if (rows.length === 0) continue
    const row = again ?? makeParcel(ctx, item, rows, recipientsOf(names, rows), former)
    if (!again) fresh.push(row)
    ceiling.note(sender)
    meant.set(item, { row, rows })
  }
  for (const [until, some] of groupBy(full, (one) => one.until))
    await move(
      ctx,
      some.flatMap(({ rows }) => rows),
      { to: 'queued', readyAt: until },
    )
  await insertParcels(ctx.tx, fresh)
  const leaving = [...meant.values()].flatMap(({ row, rows }) => rows.map((one) => ({ one, parcel: row.id })))
  await move(
    ctx,
    leaving.map(({ one }) => one),
    { to: 'intent', holder: works.lease.worker, attempt: true },
    { column: 'parcel', theirs: leaving.map(({ parcel }) => parcel) },
  )
  return new Map(
    [...meant].map(([item, { row, rows }]) => [
      item,
      { parcel: parcelOf(row, recipientsOf(names, rows)), attempt: row.attempts },
    ]),
  )
}

/** The last look at the kill switch: what is paused goes back into the queue, where nobody takes it. */
async function sortOutPaused(ctx: Ctx, rows: readonly PromiseRow[]): Promise<PromiseRow[]> {
  const pauses = await pausesNow(ctx.tx)
  const isPaused = (row: PromiseRow): boolean => pauses.some((pause) => covers(pause, row))
  await move(ctx, rows.filter(isPaused), { to: 'queued' })
  return rows.filter((row) => !isPaused(row))
}

/** Ends what is too late and puts back what must wait for a better hour; answers the rest. Rows are queued or claimed. */
export async function sortOutLate(
  ctx: Ctx,
  manners: Manners,
  rows: readonly PromiseRow[],
): Promise<PromiseRow[]> {
  const late: PromiseRow[] = []
  const early: { row: PromiseRow; at: Instant }[] = []
  const timely: PromiseRow[] = []
  const moments = new Map<string, Instant>()
  for (const row of rows) {
    const kind = `${row.channel} ${row.purpose} ${row.touchpoint} ${String(row.awaited)}`
    const at = moments.get(kind) ?? nextAllowedAt(manners, row, ctx.now).at
    moments.set(kind, at)
    if (row.expires_at <= Math.max(at, ctx.now)) late.push(row)
    else if (at > ctx.now) early.push({ row, at })
    else timely.push(row)
  }
  await move(ctx, late, { to: 'expired', code: 'late', words: '到期前没能发出' })
  for (const [at, some] of groupBy(early, (one) => one.at)) {
    const claimed = some.map(({ row }) => row).filter(({ state }) => state === 'claimed')
    await move(ctx, claimed, { to: 'queued', readyAt: at })
    await postpone(
      ctx.tx,
      some.map(({ row }) => row.id).filter((id) => !claimed.some((row) => row.id === id)),
      at,
    )
  }
  return timely
}

/**
 * An advisor is not asked to send a customer two offers at once: the second waits until the first is sent or over.
 * Service is never held up by an offer that nobody presses.
 */
async function sortOutCrowded(
  ctx: Ctx,
  channel: Channel,
  rows: readonly PromiseRow[],
): Promise<PromiseRow[]> {
  const offers = rows.filter(({ purpose, customer }) => purpose === 'marketing' && customer !== null)
  if (offers.length === 0 || !needsHuman(channel.name)) return [...rows]
  const inHand = await offersInHand(
    ctx.tx,
    channel.name,
    offers.flatMap(({ customer }) => customer ?? []),
  )
  const crowded = offers.filter(({ customer, expires_at }) => {
    if (inHand.has(customer ?? '')) return true
    // The next one of hers in the same breath finds this one in the advisor's hands.
    inHand.set(customer ?? '', expires_at)
    return false
  })
  for (const [until, some] of groupBy(crowded, ({ customer }) => inHand.get(customer ?? '') ?? ctx.now)) {
    const readyAt = Math.max(ctx.now + minutes(1), Math.min(until, ctx.now + crowdedMs))
    await move(ctx, some, { to: 'queued', readyAt })
  }
  return rows.filter((row) => !crowded.includes(row))
}

/**
 * A parcel that was surely not accepted goes out once more, byte for byte, if all it carried still goes; then a call
 * that turns up late after all carries the same token and is recognised. Otherwise a new parcel takes its place, and
 * the old one is watched a last time.
 */
async function useAgain(
  works: Works,
  ctx: Ctx,
  former: ParcelRow,
  willing: readonly PromiseRow[],
): Promise<ParcelRow | null> {
  const carried = await promisesOfParcel(ctx.tx, former.id)
  const open = carried.filter(({ state }) => state === 'claimed' || state === 'queued')
  const complete =
    former.state === 'again' &&
    carried.length === willing.length &&
    willing.every((row) => open.some(({ id }) => id === row.id))
  if (!complete) {
    const watchAt = ctx.now + (works.reconcileDelaysMs.at(-1) ?? 0)
    if (former.state === 'again')
      await updateParcel(ctx.tx, former.id, { state: 'abandoned', next_look_at: watchAt })
    return null
  }
  const change = {
    state: 'intent',
    attempts: former.attempts + 1,
    called_at: ctx.now,
    looks: 0,
    next_look_at: null,
  } as const
  await updateParcel(ctx.tx, former.id, change)
  return { ...former, ...change }
}

function makeParcel(
  ctx: Ctx,
  { works, channel, files }: Intended,
  rows: readonly PromiseRow[],
  recipients: readonly ParcelRecipient[],
  former: ParcelRow | undefined,
): ParcelRow {
  const [first] = rows
  if (!first) throw new Error('A parcel needs a promise.')
  const { text: wording, attachments = [] } = contentOf(first)
  const batchToken = randomBytes(tokenBytes).toString('base64url')
  const { publicUrl } = works.links
  const fill = (words: string): string =>
    fillLinks(words, (target) =>
      channel.maxRecipients > 1
        ? batchLink(publicUrl, batchToken, target)
        : personalLink(works.links, { promise: first.id, target }),
    )
  const text = fill(wording)
  const draft: ParcelDraft = {
    id: ctx.newId(),
    channel: channel.name,
    sender: first.sender,
    batchToken,
    text,
    ...(attachments.length === 0 ? {} : { attachments: attachments.map((one) => filled(one, fill)), files }),
    recipients,
  }
  return {
    id: draft.id,
    channel: channel.name,
    sender: first.sender,
    batch_token: batchToken,
    wording,
    text,
    body: channel.compose(draft),
    state: 'intent',
    remote_id: null,
    // One that was settled and has promises left was refused for its worn-out body: this is the same call once more.
    attempts: former === undefined || former.settled_at === null ? 1 : former.attempts + 1,
    intent_at: ctx.now,
    called_at: ctx.now,
    expires_at: Math.min(...rows.map(({ expires_at }) => expires_at)),
    next_look_at: null,
    looks: 0,
    recall: null,
    reminded_at: null,
    created_at: ctx.now,
    settled_at: null,
    error: null,
    reminders: null,
  }
}

/** Only cards name the customer; ten thousand names for a broadcast would be read for nothing. */
const namesFor = (ctx: Ctx, channel: Channel, rows: readonly PromiseRow[]): Promise<Namer> =>
  namerOf(
    ctx.tx,
    channel.maxRecipients === 1
      ? rows.filter((row) => row.subject_kind === 'customer').map(({ subject }) => subject)
      : [],
  )

const recipientsOf = (names: Namer, rows: readonly PromiseRow[]): ParcelRecipient[] =>
  rows.map((row) => recipientOf(row, names(row.subject, row.sender)))
