/**
 * The quota as WeCom counts it, which is not only ours: what the staff send alone counts too (WECOM.md §3.6). When a
 * result says that somebody's quota is used up, she is left alone until the period ends. When that keeps happening
 * although by our own count there was room, the rule we were told is wrong: a stricter one holds until a person looks.
 */
import type { Ctx } from '../base/act.ts'
import { dayOf, instantOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { hours } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { broadcastsBetween } from './budget.ts'
import { doubting, mannersFrom } from './enqueue.ts'
import { mannersRow, usesOf, writeManners } from './facts.store.ts'
import type { QuotaMode } from './manners.ts'
import { isBroadcast } from './promise.ts'
import type { PromiseRow } from './promise.store.ts'
import { quotaPeriod, stricterThan } from './quota-period.ts'
import { forgetSurprises, surprisesSince, writeQuotaSeen } from './quota.store.ts'

/** Called where a promise was refused with `quota-used`. */
export async function noteQuotaUsed(ctx: Ctx, rows: readonly PromiseRow[]): Promise<void> {
  const concerned = rows.filter(({ channel }) => isBroadcast(channel))
  if (concerned.length === 0) return
  const stored = await mannersRow(ctx.tx)
  const written = mannersFrom(stored?.body)
  const { quotaMode } = doubting(written, stored)
  const { from, until, most } = quotaPeriod(quotaMode, dayOf(ctx.now))
  const [start, end] = [instantOf(from), instantOf(until)]
  const uses = new Map([
    ...(await usesOf(ctx.tx, 'customer', ownersOf(concerned, 'customer'), ctx.now)),
    ...(await usesOf(ctx.tx, 'subject', ownersOf(concerned, 'group'), ctx.now)),
  ])
  await writeQuotaSeen(
    ctx.tx,
    concerned.map((row) => {
      const owner = row.subject_kind === 'group' ? row.subject : (row.customer ?? row.subject)
      // What was just refused is no use any more, so this is how many there were before it.
      const room = broadcastsBetween(uses.get(owner) ?? [], start, end) < most
      return { subject: row.subject, until_at: end, seen_at: ctx.now, surprised: room ? 1 : 0 }
    }),
  )
  const customers = await surprisesSince(ctx.tx, ctx.now - hours(24))
  if (customers >= written.quotaDoubts && stricterThan(quotaMode) !== quotaMode)
    await doubt(ctx, quotaMode, customers)
}

const ownersOf = (rows: readonly PromiseRow[], kind: PromiseRow['subject_kind']): string[] =>
  rows
    .filter((row) => row.subject_kind === kind)
    .map(({ subject, customer }) => (kind === 'group' ? subject : (customer ?? subject)))

/** From now on by the stricter rule; each rule is doubted by what was seen under it. */
async function doubt(ctx: Ctx, mode: QuotaMode, customers: number): Promise<void> {
  const stricter = stricterThan(mode)
  const stored = await mannersRow(ctx.tx)
  await writeManners(ctx.tx, {
    version: stored?.version ?? 0,
    body: stored?.body ?? '{}',
    quota_mode: stricter,
    doubted_at: ctx.now,
  })
  await forgetSurprises(ctx.tx)
  record(ctx, 'quota-mode-doubted', { mode, stricter, customers })
}

export interface QuotaDoubt {
  /** As the cadence has it. */
  readonly written: QuotaMode
  /** In force meanwhile. */
  readonly stricter: QuotaMode
  readonly since: Instant
}

/** Null while nothing speaks against the written rule. */
export async function quotaDoubt(reader: Reader): Promise<QuotaDoubt | null> {
  const stored = await mannersRow(reader)
  if (stored === null || stored.quota_mode === null) return null
  const { quotaMode: written } = mannersFrom(stored.body)
  const { quotaMode: stricter } = doubting(mannersFrom(stored.body), stored)
  return { written, stricter, since: stored.doubted_at ?? 0 }
}

/** A person has looked and says that the written rule is right. False when nothing was doubted. */
export async function confirmQuotaMode(ctx: Ctx, by: string): Promise<boolean> {
  const doubted = await quotaDoubt(ctx.tx)
  const stored = await mannersRow(ctx.tx)
  if (doubted === null || stored === null) return false
  await writeManners(ctx.tx, { ...stored, quota_mode: null, doubted_at: null })
  await forgetSurprises(ctx.tx)
  record(ctx, 'quota-mode-confirmed', { mode: doubted.written, by })
  return true
}

const record = (
  ctx: Ctx,
  kind: 'quota-mode-doubted' | 'quota-mode-confirmed',
  detail: Readonly<Record<string, unknown>>,
): void =>
  ctx.record({
    kind,
    at: ctx.now,
    source: 'outbox',
    sourceKey: `${kind}:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail,
  })
