/** Settles each promise of a parcel by what its call answered. One transaction, under the parcel's lock. */
import type { Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import { seconds } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import {
  cancelUnwanted,
  covers,
  lockParcel,
  lockOfParcel,
  lockOfParcels,
  lockParcels,
  lockPromises,
  move,
  pausesNow,
  recallWord,
  updateParcel,
  updateParcels,
} from '../outbox/index.ts'
import type { Move, ParcelRow, PromiseRow } from '../outbox/index.ts'
import type { Channel, FailedRecipient, Outcome, Parcel } from './channel.ts'
import type { Deed } from './group.ts'
import { callChannel, groupBy, lookAt } from './parts.ts'
import type { Works } from './parts.ts'
import { poisonAt } from './suspicion.ts'

/** Refused this often by the network or the API, a promise is given up. Waiting for a rate limit does not count. */
const maxAttempts = 6
/** WeCom needs about half a minute before a new broadcast can be asked about (41063). */
const firstResultsMs = seconds(30)
const rowsPerTransaction = 500

export interface Call {
  readonly parcel: string
  /** Which call of this parcel: an answer to an earlier one settles nothing. */
  readonly attempt: number
}

/** The call, if our lease still stands, and what comes of it. */
export const callAndSettle = async (works: Works, channel: Channel, meant: MeantCall): Promise<void> =>
  settleCall(works, meant, await callOnce(works, channel, meant))

interface MeantCall {
  readonly parcel: Parcel
  readonly attempt: number
}

export async function callOnce(works: Works, channel: Channel, { parcel }: MeantCall): Promise<Outcome> {
  // A worker that froze before this line may have been taken over: its call would be one too many.
  const outcome: Outcome = works.lease.alive()
    ? await callChannel(works, channel, parcel)
    : { kind: 'retry', afterMs: 0, why: '租约已过，未发出' }
  await works.failPoint('called')
  return outcome
}

export async function settleCall(
  works: Works,
  { parcel, attempt }: MeantCall,
  outcome: Outcome,
): Promise<void> {
  await settleOutcome(works, { parcel: parcel.id, attempt }, outcome)
  await works.failPoint('settled')
}

interface Settling {
  readonly works: Works
  readonly call: Call
  readonly outcome: Outcome
}

export async function settleOutcome(works: Works, call: Call, outcome: Outcome): Promise<void> {
  for (let part: Part = 'more'; part === 'more';) {
    part = await works.together(settling, { works, call, outcome })
    if (typeof part === 'object' && 'remoteId' in outcome) await takeBackStray(works, part, outcome.remoteId)
  }
}

/** Those that went as most go are settled together, the others one by one. */
const settling: Deed<Settling, Part> = async (ctx, items) => {
  const parcels = await lockParcels(
    ctx.tx,
    items.map(({ call }) => call.parcel),
  )
  const plain = new Map<string, Plain>()
  const left: Settling[] = []
  for (const item of items) {
    const parcel = parcels.get(item.call.parcel)
    const accepted = parcel && awaits(parcel, item.call) ? plainlyAccepted(item, parcel) : null
    if (accepted && !plain.has(accepted.parcel.id)) plain.set(accepted.parcel.id, accepted)
    else left.push(item)
  }
  await settlePlain(ctx, [...plain.values()])
  const answers = new Map<Settling, Part>()
  for (const item of left) answers.set(item, await settleOne(ctx, item))
  return items.map((item) => answers.get(item) ?? 'done')
}

const awaits = (parcel: ParcelRow, call: Call): boolean =>
  parcel.attempts === call.attempt && (parcel.state === 'intent' || parcel.state === 'unknown')

async function settleOne(ctx: Ctx, { works, call, outcome }: Settling): Promise<Part> {
  const parcel = await lockParcel(ctx.tx, call.parcel)
  if (!parcel) throw new Error(`Parcel ${call.parcel} is gone.`)
  if (awaits(parcel, call)) return settleParcel(works, ctx, parcel, outcome)
  return 'remoteId' in outcome && outcome.remoteId !== parcel.remote_id ? parcel : 'done'
}

/** `more`: a big parcel is settled in several short transactions; a row: a call that was made in vain. */
type Part = 'done' | 'more' | ParcelRow

/** Somebody took this worker for dead and called again: what the first call made must not be sent as well. */
async function takeBackStray(works: Works, parcel: ParcelRow, remoteId: string): Promise<void> {
  const channel = works.channels.get(parcel.channel)
  works.log.warn({ parcel: parcel.id, remoteId }, 'a late answer to a call that was made again')
  if (!channel?.cancel) return
  try {
    await channel.cancel(remoteId, AbortSignal.timeout(10_000))
  } catch (error) {
    works.log.error({ parcel: parcel.id, remoteId, err: error }, 'a stray broadcast could not be taken back')
  }
}

/** Under the parcel's lock. Also used when an unknown call was found. Answers `more` until all is settled. */
export async function settleParcel(
  works: Works,
  ctx: Ctx,
  parcel: ParcelRow,
  outcome: Outcome,
): Promise<'done' | 'more'> {
  const channel = works.channels.get(parcel.channel)
  const rows = (await lockOfParcel(ctx.tx, parcel.id)).filter(
    ({ state }) => state === 'intent' || state === 'unknown',
  )
  switch (outcome.kind) {
    case 'sent':
    case 'waiting': {
      // The remote id first: whoever takes over from here knows that it was accepted.
      const part = rows.slice(0, rowsPerTransaction)
      const last = rows.length <= part.length
      await settleAccepted(ctx, parcel, part, outcome, last ? channel : null)
      return last ? 'done' : 'more'
    }
    case 'refused':
      await move(ctx, rows, { to: 'refused', code: outcome.code, words: outcome.why })
      await updateParcel(ctx.tx, parcel.id, {
        state: 'refused',
        settled_at: ctx.now,
        next_look_at: null,
        error: outcome.why,
      })
      return 'done'
    case 'retry':
      await settleRetry(works, ctx, parcel, rows, outcome)
      return 'done'
    case 'unknown':
      await settleUnknown(works, ctx, parcel, rows, outcome.why)
      return 'done'
  }
}

interface Plain {
  readonly parcel: ParcelRow
  readonly to: 'sent' | 'waiting'
  readonly remoteId: string
}

/** A card, a welcome, a message: one recipient, accepted, nothing more to ask. */
function plainlyAccepted({ works, outcome }: Settling, parcel: ParcelRow): Plain | null {
  const channel = works.channels.get(parcel.channel)
  if (channel?.maxRecipients !== 1 || channel.results !== undefined) return null
  if (outcome.kind !== 'sent' && outcome.kind !== 'waiting') return null
  if ((outcome.failed ?? []).length > 0) return null
  return { parcel, to: outcome.kind, remoteId: outcome.remoteId }
}

async function settlePlain(ctx: Ctx, all: readonly Plain[]): Promise<void> {
  if (all.length === 0) return
  await updateParcels(
    ctx.tx,
    all.map(({ parcel }) => parcel.id),
    { state: 'sent', next_look_at: null, settled_at: ctx.now, error: null },
    all.map(({ remoteId }) => remoteId),
  )
  const remoteOf = new Map(all.map(({ parcel, remoteId }) => [parcel.id, remoteId]))
  const toOf = new Map(all.map(({ parcel, to }) => [parcel.id, to]))
  const rows = (await lockOfParcels(ctx.tx, [...remoteOf.keys()])).filter(
    ({ state }) => state === 'intent' || state === 'unknown',
  )
  const settle = (some: readonly PromiseRow[], change: Move): Promise<void> =>
    move(ctx, some, change, {
      column: 'remote_id',
      theirs: some.map(({ parcel }) => remoteOf.get(parcel ?? '') ?? ''),
    })
  const [sent, waiting] = [
    rows.filter(({ parcel }) => toOf.get(parcel ?? '') === 'sent'),
    rows.filter(({ parcel }) => toOf.get(parcel ?? '') === 'waiting'),
  ]
  await settle(sent, { to: 'sent' })
  await settleWaiting(ctx, waiting, settle)
}

/** Each waits until its own time is over; nothing else of a waiting promise has to be looked at. */
async function settleWaiting(
  ctx: Ctx,
  rows: readonly PromiseRow[],
  settle: (rows: readonly PromiseRow[], change: Move) => Promise<void>,
): Promise<void> {
  if (rows.length === 0) return
  for (const [readyAt, some] of groupBy(rows, ({ expires_at }) => expires_at))
    await settle(some, { to: 'waiting', readyAt })
  // Somebody may have opted out while the call was under way.
  await cancelUnwanted(
    ctx,
    rows.flatMap(({ customer }) => (customer === null ? [] : [customer])),
  )
}

async function settleAccepted(
  ctx: Ctx,
  parcel: ParcelRow,
  rows: readonly PromiseRow[],
  outcome: Extract<Outcome, { kind: 'sent' | 'waiting' }>,
  /** Null while there is more to settle. */
  channel: Channel | undefined | null,
): Promise<void> {
  const failed = new Map((outcome.failed ?? []).map((one) => [one.subject, one]))
  const accepted = rows.filter(({ subject }) => !failed.has(subject))
  const { remoteId } = outcome
  const asks = outcome.kind === 'waiting' && channel?.results !== undefined && accepted.length > 0
  if (channel === null) await updateParcel(ctx.tx, parcel.id, { remote_id: remoteId, next_look_at: null })
  else
    await updateParcel(ctx.tx, parcel.id, {
      state: asks ? 'waiting' : accepted.length > 0 || parcel.remote_id !== null ? 'sent' : 'refused',
      remote_id: remoteId,
      next_look_at: asks ? ctx.now + firstResultsMs : null,
      settled_at: asks ? null : ctx.now,
      error: null,
    })
  await moveFailed(
    ctx,
    rows.filter(({ subject }) => failed.has(subject)),
    failed,
  )
  if (outcome.kind === 'sent') return move(ctx, accepted, { to: 'sent', remoteId })
  await settleWaiting(ctx, accepted, (some, change) => move(ctx, some, { ...change, remoteId }))
  // The switch may have been thrown meanwhile as well.
  const pause = (await pausesNow(ctx.tx)).find((one) => accepted.some((row) => covers(one, row)))
  if (asks && pause)
    await updateParcel(ctx.tx, parcel.id, { recall: recallWord(pause), next_look_at: ctx.now })
}

async function moveFailed(
  ctx: Ctx,
  rows: readonly PromiseRow[],
  failed: ReadonlyMap<string, FailedRecipient>,
): Promise<void> {
  for (const [code, some] of groupBy(rows, ({ subject }) => failed.get(subject)?.code ?? ''))
    await move(ctx, some, { to: 'refused', code, words: failed.get(some[0]?.subject ?? '')?.words ?? '' })
}

async function settleRetry(
  works: Works,
  ctx: Ctx,
  parcel: ParcelRow,
  rows: readonly PromiseRow[],
  outcome: Extract<Outcome, { kind: 'retry' }>,
): Promise<void> {
  const again = ctx.now + Math.max(outcome.afterMs, backOffMs(parcel.attempts))
  if (outcome.channelWide) works.rests.set(parcel.channel, again)
  // An earlier call of this parcel may have been accepted: only this repetition was surely not.
  if (parcel.looks > 0 && outcome.anew !== true)
    return settleUnknown(works, ctx, { ...parcel, looks: parcel.looks + 1 }, rows, outcome.why, again)
  if (!outcome.channelWide && parcel.attempts >= maxAttempts) {
    const change = { state: 'refused', settled_at: ctx.now, next_look_at: null, error: outcome.why } as const
    await updateParcel(ctx.tx, parcel.id, change)
    return move(ctx, rows, { to: 'refused', code: 'gave-up', words: `多次重试未成功：${outcome.why}` })
  }
  if (outcome.anew === true)
    // Its promises get another parcel (intent.ts); an earlier call of this one may still turn up.
    await updateParcel(ctx.tx, parcel.id, {
      ...(works.channels.get(parcel.channel)?.find === undefined
        ? { state: 'refused', next_look_at: null }
        : { state: 'abandoned', next_look_at: ctx.now + (works.reconcileDelaysMs.at(-1) ?? 0) }),
      settled_at: ctx.now,
      error: outcome.why,
    })
  else await updateParcel(ctx.tx, parcel.id, { state: 'again', next_look_at: null, error: outcome.why })
  await move(ctx, rows, { to: 'queued', readyAt: again, ...survived })
}

async function settleUnknown(
  works: Works,
  ctx: Ctx,
  parcel: ParcelRow,
  rows: readonly PromiseRow[],
  why: string,
  notBefore = 0,
): Promise<void> {
  await updateParcel(ctx.tx, parcel.id, {
    state: 'unknown',
    looks: parcel.looks,
    next_look_at: Math.max(lookAt(works, parcel, ctx.now), notBefore),
    error: why,
  })
  await move(
    ctx,
    rows.filter(({ state }) => state === 'intent'),
    { to: 'unknown', ...survived },
  )
}

/** Something of ours threw before the call: it counts like a fall of its own, and the third one is the last. */
export async function settleOurFault(
  works: Works,
  claimed: readonly PromiseRow[],
  error: unknown,
): Promise<void> {
  works.log.error({ promises: claimed.map(({ id }) => id), err: error }, 'a parcel could not be made')
  await works.act(system('delivery'), async (ctx) => {
    const locked = await lockPromises(
      ctx.tx,
      claimed.map(({ id }) => id),
    )
    const mine = locked.filter((row) => row.state === 'claimed' && row.lease_holder === works.lease.worker)
    for (const [fallen, some] of groupBy(mine, ({ crashes }) => crashes)) {
      const crashes = fallen + 2
      if (crashes >= poisonAt)
        await move(ctx, some, {
          to: 'held',
          crashes,
          code: 'poison',
          words: `连续出错，需人工处理：${messageOf(error).slice(0, 200)}`,
        })
      else await move(ctx, some, { to: 'queued', crashes, readyAt: ctx.now + backOffMs(crashes / 2) })
    }
  })
}

/** We are alive after its call, so whatever fell with it before was not its doing. */
const survived = { crashes: 0 } as const

/** 1, 2, 4 … s, at most a minute. */
const backOffMs = (attempts: number): number => Math.min(60_000, 500 * 2 ** attempts)
