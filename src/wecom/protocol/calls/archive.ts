/** The part of the session archive that is plain HTTP (WECOM.md §7); the client needs the archive's own secret. */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { ids, list, number, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

/** 1 office, 2 service, 3 enterprise edition. */
export type ArchiveEdition = 1 | 2 | 3

export interface ArchivedPair {
  readonly userid: string
  /** WeCom spells it so. */
  readonly exteranalopenid: string
}

/** `Default_Agree`: agreed by default. */
const agreement = z.object({
  userid: z.string().optional(),
  exteranalopenid: z.string().optional(),
  status_change_time: number.default(0),
  agree_status: z.string(),
})
const agreements = z.object({ agreeinfo: list(agreement) })
const room = z.object({
  roomname: text,
  creator: text,
  room_create_time: number.default(0),
  notice: text,
  members: list(z.object({ memberid: z.string(), jointime: number.default(0) })),
})
const robot = z.object({ data: z.object({ robot_id: z.string(), name: text, creator_userid: text }) })

export function archiveCalls(client: WecomClient) {
  const { read } = verbs(client)
  return {
    archivedStaff: (edition?: ArchiveEdition, signal?: Signal) =>
      read('msgaudit/get_permit_user_list', z.object({ ids }), {
        body: edition === undefined ? {} : { type: edition },
        signal,
      }),
    /** Up to 100 pairs. */
    archiveAgreements: (info: readonly ArchivedPair[], signal?: Signal) =>
      read('msgaudit/check_single_agree', agreements, { body: { info }, signal }),
    archiveRoomAgreements: (roomid: string, signal?: Signal) =>
      read('msgaudit/check_room_agree', agreements, { body: { roomid }, signal }),
    /** Of internal groups. */
    archivedRoom: (roomid: string, signal?: Signal) =>
      read('msgaudit/groupchat/get', room, { body: { roomid }, signal }),
    archivedRobot: (robotId: string, signal?: Signal) =>
      read('msgaudit/get_robot_info', robot, { query: { robot_id: robotId }, signal }),
  }
}
