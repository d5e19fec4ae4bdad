import type { Context } from '../context.ts'
import { groupStatus } from '../deeds/group-transfer.ts'
import { ApiError, invalid } from '../errors.ts'
import { integer, optionalInteger, optionalPart, optionalText, page, text, texts } from '../params.ts'
import { staffOf } from '../state.ts'
import type { Api } from './call.ts'
import { servingStaff } from './customers.ts'

/** A leaver may be named too: the groups left behind are found that way. */
const ownerOf = (ctx: Context, id: string): string =>
  ctx.state.resigned.get(id.toLowerCase())?.userid ?? servingStaff(ctx, id).userid

const list: Api = {
  path: 'externalcontact/groupchat/list',
  method: 'POST',
  run({ ctx, body }) {
    const limit = integer(body, 'limit', 1, 1000)
    const status = optionalInteger(body, 'status_filter', 0, 3) ?? 0
    const filter = optionalPart(body, 'owner_filter')
    const owners = filter ? texts(filter, 'userid_list', 100).map((id) => ownerOf(ctx, id)) : null
    // Without a filter the platform refuses when over 1,000 people are in sight.
    if (!owners && ctx.state.staff.size > 1000) throw new ApiError(81017)
    const found = [...ctx.state.groups.values()].filter((group) => !owners || owners.includes(group.owner))
    const shown = page(
      found.filter((group) => status === 0 || groupStatus(ctx, group) === status),
      `groups ${owners?.join('|') ?? ''} ${status}`,
      optionalText(body, 'cursor'),
      limit,
    )
    return {
      group_chat_list: shown.items.map((group) => ({
        chat_id: group.chatId,
        status: groupStatus(ctx, group),
      })),
      ...(shown.next === '' ? {} : { next_cursor: shown.next }),
    }
  },
}

const get: Api = {
  path: 'externalcontact/groupchat/get',
  method: 'POST',
  run({ ctx, body }) {
    const needName = optionalInteger(body, 'need_name', 0, 1) === 1
    const group = ctx.state.groups.get(text(body, 'chat_id'))
    if (!group) throw invalid('chat_id')
    const members = [...group.members.values()].map((member) => {
      const customer = ctx.state.customers.get(member.id)
      const name = customer?.name ?? staffOf(ctx.state, member.id)?.name ?? ''
      return {
        userid: member.id,
        type: member.type,
        join_time: member.joinTime,
        join_scene: member.joinScene,
        ...(member.joinScene === 1 && member.type === 2 ? { invitor: { userid: group.owner } } : {}),
        ...(customer?.unionid ? { unionid: customer.unionid } : {}),
        ...(member.state === '' ? {} : { state: member.state }),
        group_nickname: '',
        ...(needName ? { name } : {}),
      }
    })
    return {
      group_chat: {
        chat_id: group.chatId,
        name: group.name,
        owner: group.owner,
        create_time: group.createTime,
        notice: group.notice,
        member_list: members,
        admin_list: [...group.admins].map((userid) => ({ userid })),
        member_version: group.memberVersion,
      },
    }
  },
}

/** A mini program in the chat knows the group by another name. */
const opengidToChatid: Api = {
  path: 'externalcontact/opengid_to_chatid',
  method: 'POST',
  run({ ctx, body }) {
    const chatId = ctx.state.openGids.get(text(body, 'opengid'))
    if (chatId === undefined || !ctx.state.groups.has(chatId)) throw new ApiError(90511)
    return { chat_id: chatId }
  },
}

export const groupApis: readonly Api[] = [list, get, opengidToChatid]
