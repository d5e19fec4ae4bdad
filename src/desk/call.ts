/**
 * How a call went (电话任务). Only an advisor can say it; each try is a row of the log. Reached ends the task as sent,
 * a wrong person as refused; after the two others it stays in her list until its time is over.
 */
import type { Ctx } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import { move, promiseById, recordTouch } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'
import { ownTask, over } from './send.ts'
import { callOutcomeWords } from './task.ts'
import type { CallOutcome } from './task.ts'
import { notFound } from './today.ts'

/** The same outcome of a call that is over changes nothing; `said` is what she noted, kept beside the log. */
export async function recordCall(
  ctx: Ctx,
  staff: string,
  id: string,
  { outcome, said }: { readonly outcome: CallOutcome; readonly said: string },
): Promise<PromiseRow> {
  const row = await ownTask(ctx, staff, id)
  if (row.channel !== 'phone-task')
    throw new Refusal('not-a-call', '这条任务不是电话任务', 409, { fix: '请从侧边栏直接发送' })
  if (row.settle_code === outcome) return row
  // Her late word still counts, as with a message: she may have called in the last minute.
  if (row.state !== 'waiting' && !(row.state === 'expired' && outcome === 'reached')) throw over()
  recordTouch(ctx, row, 'call-noted', `call:${String(ctx.now)}:${ctx.newId()}`, {
    detail: { outcome },
    ...(said === '' ? {} : { said }),
  })
  const words = callOutcomeWords[outcome]
  if (outcome === 'reached') await move(ctx, [row], { to: 'sent', code: outcome, words })
  if (outcome === 'wrong-person') await move(ctx, [row], { to: 'refused', code: outcome, words })
  const after = await promiseById(ctx.tx, id)
  if (!after) throw notFound()
  return after
}
