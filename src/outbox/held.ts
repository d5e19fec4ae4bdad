/** What the machine could not find out, a person decides. */
import type { Ctx } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import { updateParcel } from './parcel.store.ts'
import { isTask } from './promise.ts'
import { lockPromises } from './promise.store.ts'
import type { PromiseRow } from './promise.store.ts'
import { move, recordTouch } from './settle.ts'

/** `sent`: it was delivered after all; `again`: it was not, send it; `cancel`: it was not, leave it. */
export type HeldVerdict = 'sent' | 'again' | 'cancel'

export async function resolveHeld(ctx: Ctx, id: string, verdict: HeldVerdict): Promise<PromiseRow> {
  const [row] = await lockPromises(ctx.tx, [id])
  if (!row) throw new Refusal('not-found', '没有这条触达', 404)
  if (row.state !== 'held')
    throw new Refusal('not-held', '这条触达不在待人工核对状态', 409, { fix: '刷新页面查看最新状态' })
  switch (verdict) {
    case 'sent':
      await move(ctx, [row], { to: 'sent', code: 'confirmed', words: '人工确认已送达' })
      break
    case 'again':
      // A new parcel: the old body and its window are gone, and so is the suspicion.
      await move(ctx, [row], { to: 'queued', parcel: null, readyAt: ctx.now, crashes: 0, stumbles: null })
      break
    case 'cancel':
      await move(ctx, [row], { to: 'cancelled', code: 'by-hand', words: '人工取消' })
      break
  }
  if (row.parcel !== null && isTask(row.channel))
    await updateParcel(ctx.tx, row.parcel, { state: verdict === 'sent' ? 'sent' : 'cancelled' })
  const by = ctx.actor.kind === 'staff' ? { by: ctx.actor.userid } : {}
  recordTouch(ctx, row, 'held-resolved', `resolved:${String(row.epoch + 1)}`, { detail: { verdict, ...by } })
  return row
}
