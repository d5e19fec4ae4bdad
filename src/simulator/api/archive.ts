import { consentOf, consentToRoom } from '../deeds/archive.ts'
import { seconds } from '../context.ts'
import { invalid, missing } from '../errors.ts'
import { optionalInteger, optionalParts, text } from '../params.ts'
import type { Consent } from '../records.ts'
import type { Api } from './call.ts'

const mostPairs = 100

const presentConsent = ({ status, at }: Consent): object => ({
  agree_status: status,
  status_change_time: at === 0 ? 0 : seconds(at),
})

/** The part of the archive that is plain HTTP (WECOM.md §7); what was said comes out of a native library only. */
const getPermitUserList: Api = {
  path: 'msgaudit/get_permit_user_list',
  method: 'POST',
  run({ ctx, body }) {
    const edition = optionalInteger(body, 'type', 1, 3)
    const seats = [...ctx.state.archiveSeats].filter(([, one]) => edition === undefined || one === edition)
    return { ids: seats.map(([userid]) => userid) }
  },
}

const checkSingleAgree: Api = {
  path: 'msgaudit/check_single_agree',
  method: 'POST',
  run({ ctx, body }) {
    const pairs = optionalParts(body, 'info', mostPairs)
    if (!pairs || pairs.length === 0) throw missing('info')
    return {
      agreeinfo: pairs.map((pair) => {
        // The platform spells it so.
        const [userid, id] = [text(pair, 'userid'), text(pair, 'exteranalopenid')]
        return { userid, exteranalopenid: id, ...presentConsent(consentOf(ctx, userid, id)) }
      }),
    }
  },
}

const checkRoomAgree: Api = {
  path: 'msgaudit/check_room_agree',
  method: 'POST',
  run({ ctx, body }) {
    const group = ctx.state.groups.get(text(body, 'roomid'))
    if (!group) throw invalid('roomid')
    const customers = [...group.members.values()].filter((member) => member.type === 2)
    return {
      agreeinfo: customers.map(({ id }) => ({
        exteranalopenid: id,
        ...presentConsent(consentToRoom(ctx, group.chatId, id)),
      })),
    }
  },
}

/** Internal groups only. */
const getRoom: Api = {
  path: 'msgaudit/groupchat/get',
  method: 'POST',
  run({ ctx, body }) {
    const chat = ctx.state.appChats.get(text(body, 'roomid'))
    if (!chat) throw invalid('roomid')
    return {
      roomname: chat.name,
      creator: chat.owner,
      room_create_time: seconds(chat.createdAt),
      notice: '',
      members: [...chat.members].map(([memberid, at]) => ({ memberid, jointime: seconds(at) })),
    }
  },
}

const getRobotInfo: Api = {
  path: 'msgaudit/get_robot_info',
  method: 'GET',
  run({ ctx, query }) {
    const id = query.get('robot_id')
    if (!id) throw missing('robot_id')
    const robot = ctx.state.archiveRobots.get(id)
    if (!robot) throw invalid('robot_id')
    return { data: { robot_id: id, name: robot.name, creator_userid: robot.creator } }
  },
}

export const archiveApis: readonly Api[] = [
  getPermitUserList,
  checkSingleAgree,
  checkRoomAgree,
  getRoom,
  getRobotInfo,
]
