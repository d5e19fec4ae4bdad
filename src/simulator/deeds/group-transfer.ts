import { seconds, type Context } from '../context.ts'
import type { GroupTransfer } from '../records.ts'
import { nextMemberVersion, staffOf } from '../state.ts'
import type { Group } from '../types.ts'

/** What groupchat/list calls a group: 0 normal, 1 the owner left, 2 being inherited, 3 inherited (WECOM.md §3.3). */
export function groupStatus(ctx: Context, group: Group): 0 | 1 | 2 | 3 {
  const last = ctx.state.groupTransfers.findLast((one) => one.chatId === group.chatId && one.resigned)
  if (last && !last.done) return 2
  if (!staffOf(ctx.state, group.owner)) return 1
  return last ? 3 : 0
}

/** In service the group changes hands at once; what a leaver left behind takes as long as a dispatch. No event. */
export function transferGroup(ctx: Context, group: Group, to: string, resigned: boolean): void {
  const transfer: GroupTransfer = { chatId: group.chatId, to, at: ctx.clock.now(), resigned, done: false }
  const position = ctx.state.groupTransfers.push(transfer) - 1
  if (resigned)
    ctx.clock.plan(transfer.at + ctx.settings.dispatchMs, { deed: 'inherit-group', transfer: position })
  else inheritGroup(ctx, position)
}

export function inheritGroup(ctx: Context, position: number): void {
  const transfer = ctx.state.groupTransfers[position]
  if (!transfer) return
  transfer.done = true
  const group = ctx.state.groups.get(transfer.chatId)
  if (!group) return
  group.owner = transfer.to
  if (group.members.has(transfer.to)) return
  const joinTime = seconds(ctx.clock.now())
  group.members.set(transfer.to, { id: transfer.to, type: 1, joinTime, joinScene: 1, state: '' })
  group.memberVersion = nextMemberVersion(group)
}
