/**
 * A person has looked at a database that came from a backup, and sending may go on. What was open when the backup was
 * taken is judged first, in short transactions: what was being sent is unknown and looked up by the ordinary way; what
 * was due before now may have been sent by the shop that was lost, so it expires; an advisor is asked whether she sent
 * what lies in her list. Only then the quarantine ends.
 */
import type { Act, Actor, Ctx } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import { leaveQuarantine, quarantineOf } from '../base/quarantine.ts'
import {
  lockPromises,
  move,
  openWhenRestored,
  reopenParcels,
  taskChannels,
  updatePressed,
} from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'

export interface RestoreConfirmed {
  readonly unknown: number
  readonly expired: number
  /** Tasks whose advisor is asked whether she sent them. */
  readonly asked: number
}

const rowsPerTransaction = 500
const overdue = { to: 'expired', code: 'restored', words: '数据库从备份恢复，原定时间已过' } as const

export async function confirmRestore(
  act: Act,
  actor: Actor,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<RestoreConfirmed> {
  const sum = { unknown: 0, expired: 0, asked: 0 }
  for (let open = true; open;) {
    open = await act(actor, async (ctx) => {
      if (!(await quarantineOf(ctx.tx)))
        throw new Refusal('not-quarantined', '数据库没有等待确认的恢复', 409, {
          fix: '刷新页面查看最新状态',
          english: { message: 'No restored database waits for a confirmation here.' },
        })
      const part = await judgeSome(ctx)
      if (part !== null) {
        sum.unknown += part.unknown
        sum.expired += part.expired
        sum.asked += part.asked
        return true
      }
      await reopenParcels(ctx.tx, ctx.now)
      await leaveQuarantine(ctx.tx, ctx.now)
      ctx.record({
        kind: 'restore-confirmed',
        at: ctx.now,
        source: 'delivery',
        sourceKey: `restore-confirmed:${ctx.newId()}`,
        who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
        detail: { by, reason, ...sum },
      })
      return false
    })
  }
  return sum
}

/** Null when nothing is left to judge. */
async function judgeSome(ctx: Ctx): Promise<RestoreConfirmed | null> {
  const ids = await openWhenRestored(ctx.tx, ctx.now, rowsPerTransaction)
  if (ids.length === 0) return null
  const rows = await lockPromises(ctx.tx, ids)
  const inState = (...states: readonly PromiseRow['state'][]): PromiseRow[] =>
    rows.filter(({ state }) => states.includes(state))
  const [called, never, tasks] = [inState('intent'), inState('queued', 'claimed'), inState('waiting')]
  await move(ctx, called, { to: 'unknown' })
  await move(ctx, never, overdue)
  for (const { id, channel } of tasks)
    if (taskChannels.includes(channel)) await updatePressed(ctx.tx, id, ctx.now)
  return { unknown: called.length, expired: never.length, asked: tasks.length }
}
