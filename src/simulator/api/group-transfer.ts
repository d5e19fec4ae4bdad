import type { Context } from '../context.ts'
import { groupStatus, transferGroup } from '../deeds/group-transfer.ts'
import { ApiError } from '../errors.ts'
import { text, texts } from '../params.ts'
import { staffOf } from '../state.ts'
import type { Group } from '../types.ts'
import type { Api, Call, Reply } from './call.ts'
import { servingStaff } from './customers.ts'

const mostGroups = 100
const mostPerDay = 300
const mostPerNinetyDays = 2
const dayMs = 86_400_000
const ninetyDaysMs = 90 * dayMs

/** Groups change hands one by one; the answer names those that did not (WECOM.md §3.8). */
function transferAll({ ctx, body }: Call, resigned: boolean): Reply {
  const to = servingStaff(ctx, text(body, 'new_owner')).userid
  const failed = texts(body, 'chat_id_list', mostGroups).flatMap((chatId) => {
    const group = ctx.state.groups.get(chatId)
    const errcode = !group ? 90501 : (obstacle(ctx, group, to, resigned) ?? limit(ctx, group, to, resigned))
    if (group && errcode === 0) transferGroup(ctx, group, to, resigned)
    return errcode === 0 ? [] : [{ chat_id: chatId, errcode, errmsg: new ApiError(errcode).message }]
  })
  return { failed_chat_list: failed }
}

function obstacle(ctx: Context, group: Group, to: string, resigned: boolean): number | null {
  const status = groupStatus(ctx, group)
  if (status === 2) return 90507
  if (!resigned) return status === 1 ? 90502 : group.owner === to ? 90504 : null
  if (status === 1) return null
  return status === 3 ? 90508 : staffOf(ctx.state, group.owner) ? 90500 : null
}

/** One person takes on 300 groups a day; in service a group changes hands twice in ninety days. */
function limit(ctx: Context, group: Group, to: string, resigned: boolean): number {
  const now = ctx.clock.now()
  const today = ctx.state.groupTransfers.filter((one) => one.to === to && one.at > now - dayMs)
  if (today.length >= mostPerDay) return 45009
  const lately = ctx.state.groupTransfers.filter(
    (one) => one.chatId === group.chatId && !one.resigned && one.at > now - ninetyDaysMs,
  )
  return !resigned && lately.length >= mostPerNinetyDays ? 40128 : 0
}

export const groupTransferApis: readonly Api[] = [
  {
    path: 'externalcontact/groupchat/transfer',
    method: 'POST',
    run: (call) => transferAll(call, true),
  },
  {
    path: 'externalcontact/groupchat/onjob_transfer',
    method: 'POST',
    run: (call) => transferAll(call, false),
  },
]
