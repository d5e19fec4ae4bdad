/** Consent ends promises at once; talks and complaints restrain. */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, LogRow, Projection } from '../interaction/index.ts'
import { writeComplaints, writeTalks } from './consent.store.ts'
import { updateParcel } from './parcel.store.ts'
import { optedOut } from './facts.store.ts'
import { lockPromises, openOf } from './promise.store.ts'
import { move } from './settle.ts'

export const optedOutReason = { code: 'opted-out', words: '客户已退订' } as const

/**
 * Ends what these customers no longer want: queued and waiting tasks at once; a broadcast that waits for the advisor's
 * press is marked, and delivery takes it back and issues it again for the others. What is just being called is caught
 * when its outcome is settled.
 */
export async function cancelUnwanted(ctx: Ctx, customers: readonly string[]): Promise<void> {
  const refused = await optedOut(ctx.tx, customers)
  // Almost always nobody has: then nothing else is read.
  if (refused.size === 0) return
  const refusers = customers.filter((customer) =>
    [...refused].some((pair) => pair.startsWith(`${customer}\t`)),
  )
  const found = (await openOf(ctx.tx, [...new Set(refusers)].sort())).filter((row) =>
    refused.has(`${row.customer ?? ''}\t${row.purpose}`),
  )
  const inBroadcasts = new Set(
    found.filter(({ state, channel }) => state === 'waiting' && channel === 'broadcast').map(({ id }) => id),
  )
  const parcels = new Set(found.flatMap(({ id, parcel }) => (parcel && inBroadcasts.has(id) ? [parcel] : [])))
  // Parcels before promises: everyone takes the locks in this order.
  for (const parcel of [...parcels].sort())
    await updateParcel(ctx.tx, parcel, { recall: optedOutReason.code, next_look_at: ctx.now })
  const locked = await lockPromises(
    ctx.tx,
    found.map(({ id }) => id).filter((id) => !inBroadcasts.has(id)),
  )
  const open = locked.filter(({ state }) => state === 'queued' || state === 'waiting')
  await move(ctx, open, { to: 'cancelled', ...optedOutReason })
}

export const createOutboxFollowers = (): Follower[] => [
  {
    name: 'outbox-opt-out',
    kinds: ['opted-out'],
    async handle(ctx, rows) {
      await cancelUnwanted(ctx, [...(await customersOfRows(ctx.tx, rows)).values()])
    },
  },
]

/** The newest instant per customer, sorted by customer. */
function newest(
  rows: readonly (LogRow & { readonly customer: string | null })[],
): { customer: string; at: Instant }[] {
  const latest = new Map<string, Instant>()
  for (const { customer, at } of rows)
    if (customer !== null) latest.set(customer, Math.max(at, latest.get(customer) ?? 0))
  return [...latest]
    .map(([customer, at]) => ({ customer, at }))
    .sort((a, b) => (a.customer < b.customer ? -1 : 1))
}

/** A talk in 微信客服 is a live conversation; a complaint stays open until the customer gives her verdict. */
export const outboxProjections: readonly Projection[] = [
  {
    name: 'outbox-talks',
    kinds: ['kf-changed'],
    keeps: [{ table: 'restraint', of: 'customer' }],
    apply: (tx, rows) => writeTalks(tx, newest(rows)),
  },
  {
    name: 'outbox-complaints',
    kinds: ['complaint-opened', 'satisfaction-given'],
    keeps: [{ table: 'restraint', of: 'customer' }],
    async apply(tx, rows) {
      const last = new Map<string, Instant | null>()
      for (const row of rows)
        if (row.customer !== null) last.set(row.customer, row.kind === 'complaint-opened' ? row.at : null)
      const changes = [...last].map(([customer, complaintAt]) => ({ customer, complaintAt }))
      await writeComplaints(
        tx,
        changes.sort((a, b) => (a.customer < b.customer ? -1 : 1)),
      )
    },
  },
]
