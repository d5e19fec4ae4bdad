import type { Context } from '../context.ts'
import { invalid } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalFlag,
  optionalInteger,
  optionalText,
  text,
  texts,
  type Body,
} from '../params.ts'
import type { JoinWay, JoinWayFields } from '../records.ts'
import type { Api } from './call.ts'
import { mustHaveRoom, newConfigId, qrOf } from './contact-ways.ts'

const mostGroups = 5
const mostRemark = 30

/** 「加入群聊」: a code that leads into the first group with room, with a `state` (WECOM.md §3.3). */
function readWay(ctx: Context, body: Body): JoinWayFields {
  const groups = texts(body, 'chat_id_list', mostGroups)
  if (groups.some((id) => !ctx.state.groups.has(id))) throw invalid('chat_id_list')
  return {
    scene: integer(body, 'scene', 1, 2),
    // A longer remark is cut, not refused.
    remark: [...(optionalText(body, 'remark') ?? '')].slice(0, mostRemark).join(''),
    auto_create_room: optionalInteger(body, 'auto_create_room', 0, 1) ?? 1,
    room_base_name: optionalChars(body, 'room_base_name', 40) ?? '',
    room_base_id: optionalInteger(body, 'room_base_id', 0, 1_000_000_000) ?? 1,
    chat_id_list: groups,
    state: optionalChars(body, 'state', 30) ?? '',
    mark_source: optionalFlag(body, 'mark_source') ?? true,
  }
}

function mustWay(ctx: Context, body: Body): JoinWay {
  const way = ctx.state.joinWays.get(text(body, 'config_id'))
  if (!way) throw invalid('config_id')
  return way
}

export const joinWayApis: readonly Api[] = [
  {
    path: 'externalcontact/groupchat/add_join_way',
    method: 'POST',
    run({ ctx, body }) {
      const fields = readWay(ctx, body)
      mustHaveRoom(ctx)
      const configId = newConfigId(ctx)
      ctx.state.joinWays.set(configId, { configId, fields, nextRoomId: fields.room_base_id })
      return { config_id: configId }
    },
  },
  {
    path: 'externalcontact/groupchat/get_join_way',
    method: 'POST',
    run({ ctx, body }) {
      const { configId, fields } = mustWay(ctx, body)
      return { join_way: { config_id: configId, ...fields, qr_code: qrOf(ctx, configId) } }
    },
  },
  {
    path: 'externalcontact/groupchat/update_join_way',
    method: 'POST',
    run({ ctx, body }) {
      const way = mustWay(ctx, body)
      way.fields = readWay(ctx, body)
      way.nextRoomId = Math.max(way.nextRoomId, way.fields.room_base_id)
      return {}
    },
  },
  {
    path: 'externalcontact/groupchat/del_join_way',
    method: 'POST',
    run({ ctx, body }) {
      ctx.state.joinWays.delete(mustWay(ctx, body).configId)
      return {}
    },
  },
]
