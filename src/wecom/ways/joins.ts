/** By which way somebody came into a group: no event tells it, only the list of members does (WECOM.md §3.3). */
import type { Ctx } from '../../base/act.ts'
import { enteredInto } from '../../customer/index.ts'
import type { GroupSeen } from '../../customer/index.ts'
import type { GroupSeenByApi } from '../protocol/api.ts'

/** `remembered`: the members who may be kept. */
export async function recordJoins(ctx: Ctx, seen: GroupSeenByApi, remembered: GroupSeen): Promise<void> {
  const kept = new Set(remembered.members.map(({ member }) => member))
  const came = seen.member_list.filter(
    ({ userid, type, state }) => type === 2 && state !== undefined && state !== '' && kept.has(userid),
  )
  if (came.length === 0) return
  const known = await enteredInto(
    ctx.tx,
    seen.chat_id,
    came.map(({ userid }) => userid),
  )
  for (const { userid: external, state: mark = '', join_time: joined } of came) {
    if (known.has(`${external}\n${mark}`)) continue
    ctx.record({
      kind: 'way-entered',
      at: Math.min(joined * 1000, ctx.now),
      source: 'wecom-way',
      sourceKey: `${seen.chat_id}:${external}:${mark}`,
      who: { external, chat: seen.chat_id },
      detail: { State: mark, found: 'group' },
    })
  }
}
