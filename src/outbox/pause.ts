/**
 * The kill switch. Delivery reads it in the very transaction that writes an intent, so no call starts after it; what
 * already waits for an advisor's press is taken back through the API. Only a person undoes it.
 */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { recallWaiting } from './parcel.store.ts'
import { clearPause, pauseValue, writePause } from './pause.store.ts'

export interface Pause {
  readonly at: Instant
  readonly by: string
  readonly reason: string
}

/** Also while a restored database waits for a person: then nothing may start either. */
export async function pausedNow(reader: Reader): Promise<Pause | null> {
  const quarantine = await quarantineOf(reader)
  if (quarantine) return { at: quarantine.since, by: 'restore', reason: '数据库来自备份，等待人工确认' }
  return switchedOff(reader)
}

async function switchedOff(reader: Reader): Promise<Pause | null> {
  const value = await pauseValue(reader)
  return value === null ? null : (JSON.parse(value) as Pause)
}

/** Pausing twice keeps the first pause. */
export async function pauseSending(ctx: Ctx, by: string, reason: string): Promise<Pause> {
  const before = await switchedOff(ctx.tx)
  if (before) return before
  const pause: Pause = { at: ctx.now, by, reason }
  await writePause(ctx.tx, JSON.stringify(pause))
  await recallWaiting(ctx.tx, 'paused', ctx.now)
  recordSwitch(ctx, 'sending-paused', by, reason)
  return pause
}

export async function resumeSending(ctx: Ctx, by: string, reason: string): Promise<void> {
  if (!(await clearPause(ctx.tx))) return
  recordSwitch(ctx, 'sending-resumed', by, reason)
}

const recordSwitch = (
  ctx: Ctx,
  kind: 'sending-paused' | 'sending-resumed',
  by: string,
  reason: string,
): void =>
  ctx.record({
    kind,
    at: ctx.now,
    source: 'outbox',
    sourceKey: `${kind}:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { by, reason },
  })
