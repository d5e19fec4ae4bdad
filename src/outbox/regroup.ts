/**
 * Two customers became one, or one became two: what is promised goes along. A merged person has one patience and is owed
 * each thing once, so what is queued twice or no longer fits her caps is cancelled in the transaction of the merge.
 */
import type { Ctx } from '../base/act.ts'
import type { Regroup, Regrouping } from '../interaction/index.ts'
import { overBudget } from './budget.ts'
import { cancelUnwanted } from './consent.ts'
import { currentManners } from './enqueue.ts'
import { lockBudgets, usesOf } from './facts.store.ts'
import { isHeldOut } from './holdout.ts'
import { updateParcel } from './parcel.store.ts'
import { lockPromises, openOf, rekeyPromises, twinsOf } from './promise.store.ts'
import type { PromiseRow } from './promise.store.ts'
import { reasonOf } from './reasons.ts'
import { move } from './settle.ts'
import type { PromiseState } from './state.ts'

const twice = { code: 'merged', words: '两份客户资料已合并，同一内容只发一次' } as const

/** How far along: what has left our hands cannot be unsaid. */
const far: Readonly<Record<PromiseState, number>> = {
  sent: 5,
  unknown: 4,
  held: 4,
  intent: 4,
  claimed: 4,
  waiting: 3,
  queued: 2,
  refused: 0,
  expired: 0,
  cancelled: 0,
}
const distance = ({ state }: PromiseRow): number => (state === null ? 0 : far[state])
const isOpen = ({ state }: PromiseRow): boolean => state === 'queued' || state === 'waiting'

export const outboxRegroup: Regroup = {
  name: 'outbox',
  async apply(ctx, regrouping) {
    await lockBudgets(ctx.tx, [regrouping.from, regrouping.to])
    await rekeyPromises(ctx.tx, regrouping)
    if (regrouping.how !== 'merged') return
    await cancel(ctx, await saidTwice(ctx, regrouping), twice)
    await cancelIfHeldOut(ctx, regrouping.to)
    await cancelBeyondCaps(ctx, regrouping.to)
    await cancelUnwanted(ctx, [regrouping.to])
  },
}

/** Of each pair under one key, the one that is less far along, as long as it can be stopped. */
async function saidTwice(ctx: Ctx, { from, to }: Regrouping): Promise<PromiseRow[]> {
  const surplus: PromiseRow[] = []
  for (const [hers, other] of await twinsOf(ctx.tx, from, to)) {
    if (distance(hers) === 0 || distance(other) === 0) continue
    const [less, more] = distance(other) <= distance(hers) ? [other, hers] : [hers, other]
    if (isOpen(less)) surplus.push(less)
    else if (isOpen(more)) surplus.push(more)
  }
  return surplus
}

/** The id that stays decides whether she is one of those who are left alone for comparison. */
async function cancelIfHeldOut(ctx: Ctx, customer: string): Promise<void> {
  if (!isHeldOut(await currentManners(ctx.tx), customer)) return
  const open = await openOf(ctx.tx, [customer])
  await cancel(
    ctx,
    open.filter(({ purpose }) => purpose === 'marketing'),
    reasonOf('holdout'),
  )
}

/** Judged again one by one, the most urgent first, as if each were staged now. */
async function cancelBeyondCaps(ctx: Ctx, customer: string): Promise<void> {
  const manners = await currentManners(ctx.tx)
  const open = (await openOf(ctx.tx, [customer])).filter(({ purpose }) => purpose === 'marketing')
  const queued = open
    .filter(({ state }) => state === 'queued')
    .sort((a, b) => b.priority - a.priority || a.due_at - b.due_at || (a.dedupe_key < b.dedupe_key ? -1 : 1))
  if (queued.length < 1) return
  const inUse = (await usesOf(ctx.tx, 'customer', [customer], ctx.now)).get(customer) ?? []
  const planned = inUse.filter(({ stage, purpose }) => stage === 'planned' && purpose === 'marketing')
  const uses = inUse.filter((use) => !planned.includes(use))
  for (const row of queued) {
    const dueAt = Math.max(row.due_at, ctx.now)
    const over = overBudget(
      manners,
      { purpose: row.purpose, channel: row.channel, subjectKind: 'customer', dueAt },
      uses,
    )
    if (over === null) uses.push({ at: dueAt, purpose: row.purpose, channel: row.channel, stage: 'planned' })
    else await cancel(ctx, [row], { code: 'merged', words: `两份客户资料已合并：${over.words}` })
  }
}

/** A broadcast in an advisor's hands is taken back for her sake, and issued again for the others by delivery. */
async function cancel(
  ctx: Ctx,
  rows: readonly PromiseRow[],
  reason: { readonly code: string; readonly words: string },
): Promise<void> {
  const inBroadcasts = rows.filter(({ state, channel }) => state === 'waiting' && channel === 'broadcast')
  const parcels = [...new Set(inBroadcasts.flatMap(({ parcel }) => parcel ?? []))].sort()
  for (const parcel of parcels)
    await updateParcel(ctx.tx, parcel, { recall: reason.code, next_look_at: ctx.now })
  const locked = await lockPromises(
    ctx.tx,
    rows.map(({ id }) => id),
  )
  await move(ctx, locked.filter(isOpen), { to: 'cancelled', ...reason })
}

/** Everything still owed to her is taken back. */
export async function cancelAll(
  ctx: Ctx,
  customer: string,
  reason: { readonly code: string; readonly words: string },
): Promise<void> {
  await lockBudgets(ctx.tx, [customer])
  await cancel(ctx, await openOf(ctx.tx, [customer]), reason)
}
