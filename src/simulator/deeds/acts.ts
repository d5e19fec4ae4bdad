import type { Context } from '../context.ts'
import type { GroupAct, StaffAct } from '../records.ts'
import type { GroupMember } from '../types.ts'

/** Keeps what the statistics count; group sends are no chats and are not kept here. */
export function noteAct(ctx: Context, what: StaffAct['what'], userid: string, externalUserId: string): void {
  ctx.state.staffActs.push({ at: ctx.clock.now(), what, userid, externalUserId })
}

export function noteGroupAct(
  ctx: Context,
  what: GroupAct['what'],
  chatId: string,
  member: GroupMember,
): void {
  const { id, joinTime } = member
  ctx.state.groupActs.push({ at: ctx.clock.now(), what, chatId, member: id, joinTime })
}

/** Kept for whoever looks at the chat; a deed may come without words. */
export function noteWords(ctx: Context, place: string, by: string, text: string | undefined): void {
  if (text === undefined) return
  ctx.state.spoken.push({ at: ctx.clock.now(), place, by, text, afterRow: ctx.ledger.size() })
}

export function noteGroupMessage(ctx: Context, chatId: string, id: string): void {
  const member = ctx.state.groups.get(chatId)?.members.get(id)
  if (member) noteGroupAct(ctx, 'said', chatId, member)
}
