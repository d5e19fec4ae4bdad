/** Customer groups and the codes one joins them by (WECOM.md §3.3). The API can neither make groups nor speak in them. */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, flag, id, ids, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

const groupList = z.object({
  group_chat_list: list(z.object({ chat_id: z.string(), status: number })),
  next_cursor: cursor,
})
const group = z.object({
  group_chat: z.object({
    chat_id: z.string(),
    name: text,
    owner: z.string(),
    create_time: number,
    notice: z.string().optional(),
    member_list: list(
      z.object({
        userid: z.string(),
        /** 1 staff, 2 external. */
        type: number,
        join_time: number,
        /** 1 invited, 2 by a link, 3 by a code. */
        join_scene: number.optional(),
        /** Only an inviter of ours is told. */
        invitor: z.object({ userid: text }).optional(),
        group_nickname: z.string().optional(),
        name: z.string().optional(),
        unionid: z.string().optional(),
        state: z.string().optional(),
      }),
    ),
    admin_list: list(z.object({ userid: z.string() })),
    member_version: z.string().optional(),
  }),
})
const joinWay = z.object({
  join_way: z.object({
    config_id: id,
    scene: number.optional(),
    remark: text,
    auto_create_room: flag,
    room_base_name: text,
    room_base_id: number.optional(),
    chat_id_list: ids,
    qr_code: text,
    state: text,
  }),
})

/** 0 all, 1 owner left and to be inherited, 2 being inherited, 3 inherited. */
export type InheritStatus = 0 | 1 | 2 | 3

export interface NewJoinWay {
  /** 1 inside a mini-program, 2 a QR code. */
  readonly scene: 1 | 2
  /** Cut at 30 characters. */
  readonly remark?: string
  /** 1 unless given: a full group is followed by a new one. */
  readonly auto_create_room?: 0 | 1
  /** Up to 40 characters. */
  readonly room_base_name?: string
  readonly room_base_id?: number
  /** Up to 5. */
  readonly chat_id_list: readonly string[]
  /** Up to 30 characters. */
  readonly state?: string
}

/** Replaces the whole way. */
export interface JoinWayChange extends NewJoinWay {
  readonly config_id: string
}

export type GroupSeenByApi = z.output<typeof group>['group_chat']

export function groupCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  const groupsWith = (status: InheritStatus, owners: readonly string[], from: string, signal: Signal) =>
    read(`${contact}/groupchat/list`, groupList, {
      body: {
        status_filter: status,
        owner_filter: { userid_list: owners },
        limit: 1_000,
        ...page(from),
      },
      signal,
    })
  return {
    /** Up to 100 owners; without any, more than 1,000 people in range are too many (81017). */
    groups: (owners: readonly string[], from = '', signal?: Signal) => groupsWith(0, owners, from, signal),
    groupsToInherit: (status: InheritStatus, owners: readonly string[], from = '', signal?: Signal) =>
      groupsWith(status, owners, from, signal),
    group: (chat: string, signal?: Signal) =>
      read(`${contact}/groupchat/get`, group, { body: { chat_id: chat, need_name: 1 }, signal }),
    /** The id that a mini-program knows the group by, as ours. */
    groupOfOpengid: (opengid: string, signal?: Signal) =>
      read(`${contact}/opengid_to_chatid`, z.object({ chat_id: z.string() }), { body: { opengid }, signal }),
    addJoinWay: (body: NewJoinWay, signal?: Signal) =>
      make(`${contact}/groupchat/add_join_way`, z.object({ config_id: z.string().min(1) }), { body, signal }),
    /** The only place that tells the address of the code. */
    joinWay: (config: string, signal?: Signal) =>
      read(`${contact}/groupchat/get_join_way`, joinWay, { body: { config_id: config }, signal }),
    updateJoinWay: (body: JoinWayChange, signal?: Signal) =>
      set(`${contact}/groupchat/update_join_way`, done, { body, signal }),
    deleteJoinWay: (config: string, signal?: Signal) =>
      make(`${contact}/groupchat/del_join_way`, done, { body: { config_id: config }, signal }),
  }
}
