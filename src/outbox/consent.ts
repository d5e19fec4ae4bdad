/** Consent ends promises at once; talks and complaints restrain. */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, LogRow, Projection } from '../interaction/index.ts'
import type { Reader } from '../base/db.ts'
import { writeComplaints, writeKfTalks, writeRefunds, writeTalks } from './consent.store.ts'
import type { KfTalk } from './consent.store.ts'
import { updateParcel } from './parcel.store.ts'
import { optedOut, refusedTopics } from './facts.store.ts'
import type { Reason } from './manners.ts'
import { lockPromises, openOf } from './promise.store.ts'
import type { PromiseRow } from './promise.store.ts'
import { reasonOf } from './reasons.ts'
import { move } from './settle.ts'

export const optedOutReason = { code: 'opted-out', words: '客户已退订' } as const

/** Why these are not wanted any more, by id of the promise: the purpose was refused, or the topic. */
export async function unwanted(reader: Reader, rows: readonly PromiseRow[]): Promise<Map<string, Reason>> {
  const of = (some: readonly PromiseRow[]): string[] =>
    some.flatMap(({ customer }) => (customer === null ? [] : [customer]))
  const refused = await optedOut(reader, of(rows))
  const topics = await refusedTopics(reader, of(rows.filter(({ topic }) => topic !== null)))
  const reasons = new Map<string, Reason>()
  for (const { id, customer, purpose, topic, awaited } of rows) {
    if (awaited === null && refused.has(`${customer ?? ''}\t${purpose}`)) reasons.set(id, optedOutReason)
    else if (topic !== null && topics.has(`${customer ?? ''}\t${topic}`))
      reasons.set(id, reasonOf('topic-refused'))
  }
  return reasons
}

/** Ends those that are not wanted any more; answers the others. Locked rows, of which each may be cancelled. */
export async function cancelUnwantedOf(ctx: Ctx, rows: readonly PromiseRow[]): Promise<PromiseRow[]> {
  const reasons = await unwanted(ctx.tx, rows)
  if (reasons.size === 0) return [...rows]
  for (const code of new Set([...reasons.values()].map((reason) => reason.code))) {
    const some = rows.filter(({ id }) => reasons.get(id)?.code === code)
    await move(ctx, some, { to: 'cancelled', code, words: reasons.get(some[0]?.id ?? '')?.words })
  }
  return rows.filter(({ id }) => !reasons.has(id))
}

/**
 * Ends what these customers no longer want: queued and waiting tasks at once; a broadcast that waits for the advisor's
 * press is marked, and delivery takes it back and issues it again for the others. What is just being called is caught
 * when its outcome is settled.
 */
export async function cancelUnwanted(ctx: Ctx, customers: readonly string[]): Promise<void> {
  const distinct = [...new Set(customers)].sort()
  // Almost always nobody has refused anything: then nothing else is read.
  const refused = [...(await optedOut(ctx.tx, distinct)), ...(await refusedTopics(ctx.tx, distinct))]
  if (refused.length === 0) return
  const refusers = new Set(refused.map((pair) => pair.slice(0, pair.indexOf('\t'))))
  const open = await openOf(ctx.tx, [...refusers].sort())
  const reasons = await unwanted(ctx.tx, open)
  const found = open.filter(({ id }) => reasons.has(id))
  const inBroadcasts = new Set(
    found.filter(({ state, channel }) => state === 'waiting' && channel === 'broadcast').map(({ id }) => id),
  )
  const parcels = new Map(
    found.flatMap(({ id, parcel }) =>
      parcel !== null && inBroadcasts.has(id) ? [[parcel, reasons.get(id)?.code ?? '']] : [],
    ),
  )
  // Parcels before promises: everyone takes the locks in this order.
  for (const [parcel, code] of [...parcels].sort(([a], [b]) => (a < b ? -1 : 1)))
    await updateParcel(ctx.tx, parcel, { recall: code, next_look_at: ctx.now })
  const locked = await lockPromises(
    ctx.tx,
    found.map(({ id }) => id).filter((id) => !inBroadcasts.has(id)),
  )
  await cancelUnwantedOf(
    ctx,
    locked.filter(({ state }) => state === 'queued' || state === 'waiting'),
  )
}

export const createOutboxFollowers = (): Follower[] => [
  {
    name: 'outbox-opt-out',
    kinds: ['opted-out', 'topics-chosen'],
    async handle(ctx, rows) {
      await cancelUnwanted(ctx, [...(await customersOfRows(ctx.tx, rows)).values()])
    },
  },
]

/** A verdict without a score says nothing against us; 2 of 5 and below is no end of a complaint. */
function isContent({ score, scale }: Readonly<Record<string, unknown>>): boolean {
  if (typeof score !== 'number') return true
  return (typeof scale === 'number' && scale > 0 ? (score * 5) / scale : score) > 2
}

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

/** Her newest words at each account, under each name that WeCom has for her. */
function newestInWindow(rows: readonly (LogRow & { readonly customer: string | null })[]): KfTalk[] {
  const latest = new Map<string, KfTalk>()
  for (const { customer, who, detail, at } of rows) {
    const { external } = who
    if (customer === null || external === undefined) continue
    const kfid = String(detail['kfid'])
    const key = JSON.stringify([external, kfid, customer])
    if (at > (latest.get(key)?.at ?? 0)) latest.set(key, { external, kfid, customer, at })
  }
  return [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, talk]) => talk)
}

/**
 * What she says to us, in 微信客服 or to her advisor, is a live conversation; a complaint stays open until the customer is
 * content again. The shop tells us of refunds when they are paid, not when they are asked for, so one counts as open for
 * some days after its row.
 */
export const outboxProjections: readonly Projection[] = [
  {
    name: 'outbox-talks',
    kinds: ['kf-said', 'kf-answered', 'chat-said'],
    keeps: [{ table: 'restraint', of: 'customer' }],
    apply: (tx, rows) => writeTalks(tx, newest(rows)),
  },
  {
    name: 'outbox-kf-windows',
    // What a person answered her there is a talk as well, but opens no window.
    kinds: ['kf-said'],
    keeps: [{ table: 'kf_talk', of: 'customer' }],
    apply: (tx, rows) => writeKfTalks(tx, newestInWindow(rows)),
  },
  {
    name: 'outbox-refunds',
    kinds: ['order-refunded'],
    keeps: [{ table: 'restraint', of: 'customer' }],
    apply: (tx, rows) => writeRefunds(tx, newest(rows)),
  },
  {
    name: 'outbox-complaints',
    kinds: ['complaint-opened', 'satisfaction-given'],
    keeps: [{ table: 'restraint', of: 'customer' }],
    async apply(tx, rows) {
      const last = new Map<string, Instant | null>()
      for (const row of rows)
        if (row.customer !== null && (row.kind === 'complaint-opened' || isContent(row.detail)))
          last.set(row.customer, row.kind === 'complaint-opened' ? row.at : null)
      const changes = [...last].map(([customer, complaintAt]) => ({ customer, complaintAt }))
      await writeComplaints(
        tx,
        changes.sort((a, b) => (a.customer < b.customer ? -1 : 1)),
      )
    },
  },
]
