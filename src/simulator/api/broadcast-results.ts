import type { Context } from '../context.ts'
import { seconds } from '../context.ts'
import { cancelBroadcast, remindStaff } from '../deeds/broadcasts.ts'
import { ApiError, invalid } from '../errors.ts'
import { integer, optionalInteger, optionalText, page, text, type Body } from '../params.ts'
import type { Broadcast } from '../state.ts'
import type { Api } from './call.ts'
import { servingStaff } from './customers.ts'

const monthSeconds = 31 * 86_400
const dayMs = 86_400_000
const remindersPerDay = 3

function mustBroadcast(ctx: Context, body: Body): Broadcast {
  const msgid = optionalText(body, 'msgid')
  if (!msgid) throw new ApiError(41046)
  const broadcast = ctx.state.broadcasts.get(msgid)
  if (!broadcast) throw new ApiError(41047)
  return broadcast
}

/** Shortly after its creation a send is still being handed out and cannot be asked about. */
function mustDispatched(ctx: Context, body: Body): Broadcast {
  const broadcast = mustBroadcast(ctx, body)
  if (ctx.clock.now() < broadcast.createdAt + ctx.settings.dispatchMs) throw new ApiError(41063)
  return broadcast
}

/** By type and in order of creation; broadcasts are never taken away, only a reset begins another map. */
const inOrder = new WeakMap<
  Broadcasts,
  { seen: number; readonly lists: Record<Broadcast['chatType'], Broadcast[]> }
>()
type Broadcasts = Context['state']['broadcasts']

function madeBetween(
  all: Broadcasts,
  chatType: Broadcast['chatType'],
  start: number,
  end: number,
): Broadcast[] {
  let known = inOrder.get(all)
  if (known === undefined || known.seen > all.size) known = { seen: 0, lists: { single: [], group: [] } }
  inOrder.set(all, known)
  if (known.seen < all.size) {
    for (const one of [...all.values()].slice(known.seen)) known.lists[one.chatType].push(one)
    known.seen = all.size
  }
  const list = known.lists[chatType]
  const firstAt = (second: number): number => {
    let [low, high] = [0, list.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (seconds(list[middle]!.createdAt) < second) low = middle + 1
      else high = middle
    }
    return low
  }
  return list.slice(firstAt(start), firstAt(end + 1))
}

const getGroupmsgListV2: Api = {
  path: 'externalcontact/get_groupmsg_list_v2',
  method: 'POST',
  run({ ctx, body }) {
    const chatType = text(body, 'chat_type')
    if (chatType !== 'single' && chatType !== 'group') throw invalid('chat_type')
    const start = integer(body, 'start_time', 0, Number.MAX_SAFE_INTEGER)
    const end = integer(body, 'end_time', 0, Number.MAX_SAFE_INTEGER)
    if (end < start || end - start > monthSeconds) throw invalid('end_time')
    const filterType = optionalInteger(body, 'filter_type', 0, 2) ?? 2
    const limit = optionalInteger(body, 'limit', 1, 100) ?? 50
    // API-made sends have no creator and are the corp's, not a person's.
    const none = filterType === 1 || Boolean(optionalText(body, 'creator'))
    const found = none ? [] : madeBetween(ctx.state.broadcasts, chatType, start, end)
    const shown = page(found, `list ${chatType} ${start} ${end}`, optionalText(body, 'cursor'), limit)
    return {
      next_cursor: shown.next,
      group_msg_list: shown.items.map((one) => ({
        msgid: one.msgid,
        create_time: seconds(one.createdAt),
        create_type: 0,
        ...(one.text === '' ? {} : { text: { content: one.text } }),
        attachments: one.content['attachments'] ?? [],
      })),
    }
  },
}

const getGroupmsgTask: Api = {
  path: 'externalcontact/get_groupmsg_task',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1000) ?? 500
    const broadcast = mustDispatched(ctx, body)
    const shown = page(
      [...broadcast.tasks.values()],
      `task ${broadcast.msgid}`,
      optionalText(body, 'cursor'),
      limit,
    )
    return {
      next_cursor: shown.next,
      task_list: shown.items.map((task) => ({
        userid: task.userid,
        status: task.status,
        ...(task.status === 2 ? { send_time: seconds(task.sentAt) } : {}),
      })),
    }
  },
}

const getGroupmsgSendResult: Api = {
  path: 'externalcontact/get_groupmsg_send_result',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1000) ?? 500
    const { userid } = servingStaff(ctx, text(body, 'userid'))
    const broadcast = mustDispatched(ctx, body)
    // For groups only sent rows are returned.
    const rows = (broadcast.tasks.get(userid)?.rows ?? []).filter(
      (row) => broadcast.chatType === 'single' || row.resultStatus === 1,
    )
    const shown = page(rows, `result ${broadcast.msgid} ${userid}`, optionalText(body, 'cursor'), limit)
    return {
      next_cursor: shown.next,
      send_list: shown.items.map((row) => ({
        ...(row.recipientKind === 'group' ? { chat_id: row.recipient } : { external_userid: row.recipient }),
        userid,
        status: row.resultStatus,
        ...(row.resultStatus === 1 ? { send_time: seconds(row.statusAt) } : {}),
      })),
    }
  },
}

const remindGroupmsgSend: Api = {
  path: 'externalcontact/remind_groupmsg_send',
  method: 'POST',
  run({ ctx, body }) {
    const broadcast = mustBroadcast(ctx, body)
    if (broadcast.cancelled) throw new ApiError(41093)
    const now = ctx.clock.now()
    const recent = broadcast.remindedAt.filter((at) => at > now - dayMs)
    if (recent.length >= remindersPerDay) throw new ApiError(41094)
    broadcast.remindedAt.push(now)
    remindStaff(ctx, broadcast)
    return {}
  },
}

const cancelGroupmsgSend: Api = {
  path: 'externalcontact/cancel_groupmsg_send',
  method: 'POST',
  run({ ctx, body }) {
    const broadcast = mustBroadcast(ctx, body)
    if (broadcast.cancelled) throw new ApiError(41093)
    cancelBroadcast(ctx, broadcast)
    return {}
  },
}

export const broadcastResultApis: readonly Api[] = [
  getGroupmsgListV2,
  getGroupmsgTask,
  getGroupmsgSendResult,
  remindGroupmsgSend,
  cancelGroupmsgSend,
]
