/**
 * Reads who really got a broadcast. It is a task, not a send (WECOM.md §3.6): the advisor may press now, tomorrow or
 * never, so a waiting parcel is asked about at growing intervals, reminded of, and in the end taken back. It is called
 * expired only after it was cancelled and the results were read once more; a press in the last second still counts.
 */
import type { Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { minutes, seconds } from '../base/clock.ts'
import {
  cancelUnwantedOf,
  covers,
  currentManners,
  lockOfParcel,
  lockParcel,
  lockPromises,
  move,
  nextAllowedAt,
  outwaited,
  parcelsToLookAt,
  pauseOfRecall,
  promisesOfParcel,
  updateParcel,
} from '../outbox/index.ts'
import type { ParcelRow, PauseTarget, PromiseRow } from '../outbox/index.ts'
import { inSlots } from './bucket.ts'
import type { Channel, Parcel, RecipientResult } from './channel.ts'

import { groupBy, parcelOf, recipientOf } from './parts.ts'
import type { Works } from './parts.ts'
import { look, takeBack } from './reconcile.ts'
import { remindIfDue } from './remind.ts'

const parcelsPerRun = 50
/** get_groupmsg_task is known to answer 45033 to more at once. */
const atOnce = 4
const rowsPerTransaction = 500
const readMs = 60_000
const leastWaitMs = seconds(30)
const mostWaitMs = minutes(30)
const troubleMs = seconds(30)
/** When an ended broadcast is asked about one last time. */
const afterwardsMs = minutes(10)

/** Answers how many parcels and tasks were settled or asked about. */
export async function pollResults(works: Works, now: Instant): Promise<number> {
  const due = await parcelsToLookAt(works.db.reader, ['waiting', 'expired', 'cancelled'], now, parcelsPerRun)
  const parcels = due.filter(({ channel }) => works.channels.has(channel))
  await inSlots(atOnce, parcels, async (parcel) => {
    const channel = works.channels.get(parcel.channel)
    if (channel && !works.stopping()) await pollSafely(works, channel, parcel, now)
  })
  return parcels.length + (await endTasks(works, now))
}

/** One broadcast that cannot be read now must not keep the others waiting. */
async function pollSafely(works: Works, channel: Channel, parcel: ParcelRow, now: Instant): Promise<void> {
  try {
    await pollParcel(works, channel, parcel, now)
  } catch (error) {
    works.log.warn({ parcel: parcel.id, err: error }, 'the results of a broadcast could not be read')
    await works.act(system('delivery'), (ctx) =>
      updateParcel(ctx.tx, parcel.id, { next_look_at: ctx.now + troubleMs }),
    )
  }
}

async function pollParcel(works: Works, channel: Channel, asked: ParcelRow, now: Instant): Promise<void> {
  const parcel = channel.made ? await made(works, channel, asked) : asked
  if (parcel === null) return
  const remoteId = parcel.remote_id
  const waiting = parcel.state === 'waiting'
  const ends = waiting && (parcel.recall !== null || parcel.expires_at <= now)
  // A parcel that was called twice may have a twin that turned up late.
  if (waiting && parcel.attempts > 1 && channel.find) {
    const twins = await look(works, channel, parcel)
    if (twins !== 'unsure') await takeBack(works, channel, parcel, twins)
  }
  if (ends && channel.cancel && remoteId !== null) await channel.cancel(remoteId, AbortSignal.timeout(readMs))
  await settleResults(works, parcel, await readResults(works, channel, parcel))
  if (!waiting) return close(works, parcel)
  if (ends) return endParcel(works, parcel)
  await lookAgain(works, channel, parcel, now)
}

/** The parcel under the id of what its job has made; null while that is at work, and when it made nothing. */
async function made(works: Works, channel: Channel, parcel: ParcelRow): Promise<ParcelRow | null> {
  const answer = await channel.made?.(await carrying(works, parcel), AbortSignal.timeout(readMs))
  if (answer === undefined) return parcel
  const id = answer.kind === 'made' ? answer.remoteId : parcel.remote_id
  if (answer.kind === 'made' && id === parcel.remote_id) return parcel
  await works.act(system('delivery'), async (ctx) => {
    const locked = await lockParcel(ctx.tx, parcel.id)
    if (locked === null) return
    if (answer.kind === 'made') return updateParcel(ctx.tx, parcel.id, { remote_id: id })
    if (answer.kind === 'not-yet')
      return updateParcel(ctx.tx, parcel.id, { next_look_at: ctx.now + leastWaitMs })
    await move(ctx, await waitingOf(ctx, parcel), { to: 'refused', code: answer.code, words: answer.why })
    const change = { state: 'refused', settled_at: ctx.now, next_look_at: null, error: answer.why } as const
    await updateParcel(ctx.tx, parcel.id, change)
  })
  return answer.kind === 'made' ? { ...parcel, remote_id: id } : null
}

async function carrying(
  works: Works,
  parcel: ParcelRow,
  isAsked: (row: PromiseRow) => boolean = () => true,
): Promise<Parcel> {
  const carried = (await promisesOfParcel(works.db.reader, parcel.id)).filter(isAsked)
  return parcelOf(
    parcel,
    carried.map((row) => recipientOf(row, '')),
  )
}

async function readResults(works: Works, channel: Channel, parcel: ParcelRow): Promise<RecipientResult[]> {
  if (!channel.results) return []
  const asked = await carrying(works, parcel, ({ state }) => state !== 'sent')
  const results: RecipientResult[] = []
  for await (const result of channel.results(asked, AbortSignal.timeout(readMs))) results.push(result)
  return results
}

async function settleResults(
  works: Works,
  parcel: ParcelRow,
  results: readonly RecipientResult[],
): Promise<void> {
  const final = results.filter(({ status }) => status !== 'waiting')
  for (let from = 0; from < final.length; from += rowsPerTransaction) {
    const part = final.slice(from, from + rowsPerTransaction)
    await works.act(system('delivery'), (ctx) => settlePart(ctx, parcel, part))
  }
}

async function settlePart(ctx: Ctx, parcel: ParcelRow, results: readonly RecipientResult[]): Promise<void> {
  const resultOf = new Map(results.map((result) => [result.subject, result]))
  const concerned = (await promisesOfParcel(ctx.tx, parcel.id)).filter(
    ({ subject, state }) => resultOf.has(subject) && state !== 'sent',
  )
  const rows = await lockPromises(
    ctx.tx,
    concerned.map(({ id }) => id),
  )
  const sent = rows.filter(
    ({ subject, state }) =>
      resultOf.get(subject)?.status === 'sent' &&
      (state === 'waiting' || state === 'expired' || state === 'cancelled' || state === 'refused'),
  )
  const publishers = new Set(sent.filter(({ subject }) => resultOf.get(subject)?.seenBy !== undefined))
  const readers = sent.filter((row) => !publishers.has(row))
  for (const [at, some] of groupBy(readers, ({ subject }) => resultOf.get(subject)?.at ?? ctx.now))
    await move(ctx, some, { to: 'sent', at })
  for (const row of publishers)
    await move(ctx, [row], { to: 'sent', seenBy: resultOf.get(row.subject)?.seenBy })
  const refused = rows.filter(
    ({ subject, state }) => resultOf.get(subject)?.status === 'refused' && state === 'waiting',
  )
  for (const [code, some] of groupBy(refused, ({ subject }) => resultOf.get(subject)?.code ?? 'refused'))
    await move(ctx, some, {
      to: 'refused',
      code,
      words: resultOf.get(some[0]?.subject ?? '')?.words ?? '企业微信未送达',
    })
}

const waitingOf = async (ctx: Ctx, parcel: ParcelRow): Promise<PromiseRow[]> =>
  (await lockOfParcel(ctx.tx, parcel.id)).filter(({ state }) => state === 'waiting')

async function lookAgain(works: Works, channel: Channel, parcel: ParcelRow, now: Instant): Promise<void> {
  await remindIfDue(works, channel, parcel, now)
  await works.act(system('delivery'), async (ctx) => {
    const locked = await lockParcel(ctx.tx, parcel.id)
    if (locked?.state !== 'waiting') return
    const waiting = await waitingOf(ctx, parcel)
    if (waiting.length === 0)
      return updateParcel(ctx.tx, parcel.id, { state: 'sent', settled_at: ctx.now, next_look_at: null })
    const pauseMs = Math.min(mostWaitMs, Math.max(leastWaitMs, Math.round((ctx.now - parcel.called_at) / 2)))
    await updateParcel(ctx.tx, parcel.id, {
      // Somebody may have asked for it back while we were reading.
      next_look_at: locked.recall === null ? Math.min(ctx.now + pauseMs, parcel.expires_at) : ctx.now,
    })
  })
}

/** Cancelled and read once more: what still waits will not be said by this parcel. */
async function endParcel(works: Works, parcel: ParcelRow): Promise<void> {
  for (let more = true; more;) more = await works.act(system('delivery'), (ctx) => endPart(ctx, parcel))
}

/** Answers whether there is more to end. */
async function endPart(ctx: Ctx, parcel: ParcelRow): Promise<boolean> {
  const locked = await lockParcel(ctx.tx, parcel.id)
  if (locked?.state !== 'waiting') return false
  const expired = locked.expires_at <= ctx.now
  const waiting = await waitingOf(ctx, parcel)
  const rows = waiting.slice(0, rowsPerTransaction)
  const pause = pauseOfRecall(locked.recall)
  if (pause !== null) await endPaused(ctx, rows, pause)
  else if (locked.recall === null || expired)
    await move(ctx, rows, { to: 'expired', code: 'not-confirmed', words: '顾问未在期限内确认' })
  else await issueAgain(ctx, rows)
  if (waiting.length > rows.length) return true
  await updateParcel(ctx.tx, parcel.id, {
    state: locked.recall === null ? 'expired' : 'cancelled',
    settled_at: ctx.now,
    next_look_at: ctx.now + afterwardsMs,
  })
  return false
}

/** What the switch was thrown for is over; what only travelled with it is issued again. */
async function endPaused(ctx: Ctx, rows: readonly PromiseRow[], pause: PauseTarget): Promise<void> {
  const paused = rows.filter((row) => covers(pause, row))
  await move(ctx, paused, { to: 'cancelled', code: 'paused', words: '已暂停触达，群发已撤回' })
  await issueAgain(
    ctx,
    rows.filter((row) => !covers(pause, row)),
  )
}

/** Somebody opted out: the others get it in a new parcel, if the hour still allows it. */
async function issueAgain(ctx: Ctx, rows: readonly PromiseRow[]): Promise<void> {
  const willing = await cancelUnwantedOf(ctx, rows)
  const manners = await currentManners(ctx.tx)
  for (const [readyAt, some] of groupBy(willing, (row) => nextAllowedAt(manners, row, ctx.now).at))
    await move(ctx, some, { to: 'queued', parcel: null, readyAt: Math.min(readyAt, Number.MAX_SAFE_INTEGER) })
}

const close = (works: Works, parcel: ParcelRow): Promise<void> =>
  works.act(system('delivery'), (ctx) => updateParcel(ctx.tx, parcel.id, { next_look_at: null }))

/** Advisor tasks have no parcel to ask: they wait for the sidebar, and then their time is over. */
async function endTasks(works: Works, now: Instant): Promise<number> {
  const ids = (await outwaited(works.db.reader, now, rowsPerTransaction)).map(({ id }) => id)
  if (ids.length === 0) return 0
  await works.act(system('delivery'), async (ctx) => {
    const rows = (await lockPromises(ctx.tx, ids)).filter(({ state }) => state === 'waiting')
    const [pressed, unpressed] = [
      rows.filter((row) => row.pressed_at !== null),
      rows.filter((row) => row.pressed_at === null),
    ]
    await move(ctx, pressed, { to: 'expired', code: 'unsettled', words: '顾问按过发送，但没有确认结果' })
    const calls = unpressed.filter(({ channel }) => channel === 'phone-task')
    const messages = unpressed.filter((row) => !calls.includes(row))
    await move(ctx, messages, { to: 'expired', code: 'not-sent', words: '顾问未在期限内发送' })
    await move(ctx, calls, { to: 'expired', code: 'not-called', words: '顾问未在期限内打通电话' })
  })
  return ids.length
}
