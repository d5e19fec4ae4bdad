/**
 * What an advisor does with a task. Before the chat client sends, the intent is recorded; afterwards its end. If the
 * end never comes (the phone died), nobody knows whether the words left, so the task is not offered again by itself:
 * she is asked, and only she can say.
 */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { optIn, optOut } from '../customer/index.ts'
import { isTask, lockPromises, move, promiseById, recordTouch, updatePressed } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'
import { mustOwn, notFound } from './today.ts'

export async function ownTask(ctx: Ctx, staff: string, id: string): Promise<PromiseRow> {
  const [row] = await lockPromises(ctx.tx, [id])
  if (!row || row.sender !== staff || !isTask(row.channel)) throw notFound()
  await mustOwn(ctx.tx, staff, row.subject)
  return row
}

/** To look at it only. */
export async function seeTask(reader: Reader, staff: string, id: string): Promise<PromiseRow> {
  const row = await promiseById(reader, id)
  if (row?.sender !== staff || !isTask(row.channel)) throw notFound()
  await mustOwn(reader, staff, row.subject)
  return row
}

const afterwards = async (ctx: Ctx, id: string): Promise<PromiseRow> => {
  const row = await promiseById(ctx.tx, id)
  if (!row) throw notFound()
  return row
}

export const over = (): Refusal =>
  new Refusal('task-over', '这条任务已经结束', 409, { fix: '刷新今日任务，看看现在该发什么' })
const notACall = (): Refusal =>
  new Refusal('call-task', '这是电话任务，不能直接发送', 409, { fix: '通话后记录结果即可' })
const openIntent = (): Refusal =>
  new Refusal('intent-open', '上次是否已发送？', 409, { fix: '请先确认上次点击发送后，消息是否已发出' })

/** Before ww.sendChatMessage. `text` is what she is about to send, perhaps rewritten. */
export async function beginSend(ctx: Ctx, staff: string, id: string, text: string): Promise<PromiseRow> {
  const row = await ownTask(ctx, staff, id)
  if (row.channel === 'phone-task') throw notACall()
  if (row.pressed_at !== null && row.state !== 'sent') throw openIntent()
  if (row.state !== 'waiting') throw over()
  await updatePressed(ctx.tx, id, ctx.now)
  recordTouch(ctx, row, 'touch-intent', `intent:${String(row.epoch + 1)}`, { said: text })
  return afterwards(ctx, id)
}

/** After it. Saying `sent` twice is harmless; `not-sent` makes the task sendable again. */
export async function settleSend(
  ctx: Ctx,
  staff: string,
  id: string,
  result: 'sent' | 'not-sent',
): Promise<PromiseRow> {
  const row = await ownTask(ctx, staff, id)
  if (row.state === 'sent') return row
  if (result === 'not-sent') {
    if (row.pressed_at !== null) await updatePressed(ctx.tx, id, null)
    return afterwards(ctx, id)
  }
  if (row.state !== 'waiting' && row.state !== 'expired' && row.state !== 'cancelled') throw over()
  await move(ctx, [row], { to: 'sent' })
  return afterwards(ctx, id)
}

export async function skipTask(ctx: Ctx, staff: string, id: string, reason: string): Promise<PromiseRow> {
  const row = await ownTask(ctx, staff, id)
  if (row.settle_code === 'skipped') return row
  if (row.pressed_at !== null && row.state !== 'sent') throw openIntent()
  if (row.state !== 'waiting') throw over()
  await move(ctx, [row], { to: 'cancelled', code: 'skipped', words: reason })
  return afterwards(ctx, id)
}

/** What a customer says in the chat. Works from the commit on; her queued promises end a moment later. */
export async function setOptOut(
  ctx: Ctx,
  staff: string,
  external: string,
  wish: { readonly optedOut: boolean; readonly said: string },
): Promise<void> {
  await mustOwn(ctx.tx, staff, external)
  const choice = {
    purpose: 'marketing' as const,
    via: 'sidebar',
    ...(wish.said === '' ? {} : { said: wish.said }),
  }
  await (wish.optedOut ? optOut(ctx, external, choice) : optIn(ctx, external, choice))
}
