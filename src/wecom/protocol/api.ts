/**
 * The calls we make, each with what its answer must look like. Unknown fields are ignored, and fields that some answers
 * write as text and some as a number are taken either way (WECOM.md §0.1).
 */
import { z } from 'zod'
import type { CallOptions, WecomClient } from './client.ts'
import type { Result } from './result.ts'

const number = z.coerce.number()
const ids = z.array(z.string()).default([])
const text = z.string().default('')
/** Absent, or empty at the end. */
const cursor = z.string().default('')
const done = z.object({})

const externalContact = z.object({
  external_userid: z.string(),
  name: text,
  avatar: z.string().optional(),
  gender: number.default(0),
  unionid: z.string().optional(),
})
const follow = z.object({
  userid: z.string(),
  remark: text,
  createtime: number,
  add_way: number.optional(),
  state: z.string().optional(),
})
const customer = z.object({
  external_contact: externalContact,
  follow_user: z
    .array(
      follow.extend({
        tags: z
          .array(z.object({ tag_id: z.string().optional(), tag_name: text, type: number.default(0) }))
          .default([]),
      }),
    )
    .default([]),
  next_cursor: cursor,
})
const customersOfStaff = z.object({
  external_contact_list: z
    .array(z.object({ external_contact: externalContact, follow_info: follow.extend({ tag_id: ids }) }))
    .default([]),
  next_cursor: cursor,
})
const groupList = z.object({
  group_chat_list: z.array(z.object({ chat_id: z.string(), status: number })).default([]),
  next_cursor: cursor,
})
const group = z.object({
  group_chat: z.object({
    chat_id: z.string(),
    name: text,
    owner: z.string(),
    create_time: number,
    member_list: z
      .array(
        z.object({
          userid: z.string(),
          type: number,
          join_time: number,
          name: z.string().optional(),
          unionid: z.string().optional(),
        }),
      )
      .default([]),
    member_version: z.string().optional(),
  }),
})
const tagGroup = z.object({
  group_id: z.string(),
  group_name: text,
  create_time: number.default(0),
  tag: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        create_time: number.default(0),
        deleted: z.boolean().default(false),
      }),
    )
    .default([]),
})
const sent = z.object({ msgid: z.string().min(1), invaliduser: text })
const broadcastMade = z.object({ msgid: z.string().min(1), fail_list: ids })
const broadcastList = z.object({
  group_msg_list: z
    .array(
      z.object({
        msgid: z.string(),
        create_time: number,
        text: z.object({ content: text }).optional(),
        attachments: z.array(z.record(z.string(), z.unknown())).default([]),
      }),
    )
    .default([]),
  next_cursor: cursor,
})
const taskList = z.object({
  task_list: z
    .array(z.object({ userid: z.string(), status: number, send_time: number.optional() }))
    .default([]),
  next_cursor: cursor,
})
const sendList = z.object({
  send_list: z
    .array(
      z.object({
        external_userid: z.string().optional(),
        chat_id: z.string().optional(),
        userid: z.string().optional(),
        status: number,
        send_time: number.optional(),
      }),
    )
    .default([]),
  next_cursor: cursor,
})
/** The older path answers with capitals. */
const visitor = z
  .object({
    userid: z.string().optional(),
    UserId: z.string().optional(),
    openid: z.string().optional(),
    OpenId: z.string().optional(),
    external_userid: z.string().optional(),
  })
  .transform((seen) => ({
    userid: seen.userid ?? seen.UserId,
    openid: seen.openid ?? seen.OpenId,
    external: seen.external_userid,
  }))
const ticket = z.object({ ticket: z.string().min(1), expires_in: number })
const member = z.object({
  userid: z.string(),
  name: text,
  status: number.default(1),
  enable: number.default(1),
})
const contactWay = z.object({ config_id: z.string(), qr_code: z.string().optional() })

export type CustomerSeen = z.output<typeof customer>
export type StaffCustomers = z.output<typeof customersOfStaff>
export type GroupSeenByApi = z.output<typeof group>['group_chat']
export type TagGroupSeen = z.output<typeof tagGroup>
export type BroadcastSeen = z.output<typeof broadcastList>['group_msg_list'][number]
export type Visitor = z.output<typeof visitor>

type Signal = AbortSignal | undefined
type Body = Readonly<Record<string, unknown>>

const contact = 'externalcontact'

export type WecomApi = ReturnType<typeof createApi>

export function createApi(client: WecomClient) {
  const read = <S extends z.ZodType>(
    api: string,
    answer: S,
    options: Omit<CallOptions<S>, 'answer'> = {},
  ): Promise<Result<z.output<S>>> => client.call(api, { ...options, answer, repeatable: true })
  return {
    // ---- staff and customers
    followUserList: (signal?: Signal) =>
      read(`${contact}/get_follow_user_list`, z.object({ follow_user: ids }), { signal }),
    member: (userid: string, signal?: Signal) => read('user/get', member, { query: { userid }, signal }),
    members: (signal?: Signal) =>
      read('user/simplelist', z.object({ userlist: z.array(member).default([]) }), {
        query: { department_id: '1', fetch_child: '1' },
        signal,
      }),
    customer: (external: string, from = '', signal?: Signal) =>
      read(`${contact}/get`, customer, {
        query: { external_userid: external, ...(from === '' ? {} : { cursor: from }) },
        signal,
      }),
    customersOf: (userids: readonly string[], from = '', signal?: Signal) =>
      read(`${contact}/batch/get_by_user`, customersOfStaff, {
        body: { userid_list: userids, limit: 100, ...(from === '' ? {} : { cursor: from }) },
        signal,
      }),
    remark: (body: Body, signal?: Signal) =>
      client.call(`${contact}/remark`, { body, answer: done, repeatable: true, signal }),
    openidOf: (external: string, signal?: Signal) =>
      read(`${contact}/convert_to_openid`, z.object({ openid: z.string() }), {
        body: { external_userid: external },
        signal,
      }),
    // ---- groups
    groups: (owners: readonly string[], from = '', signal?: Signal) =>
      read(`${contact}/groupchat/list`, groupList, {
        body: {
          status_filter: 0,
          owner_filter: { userid_list: owners },
          limit: 1000,
          ...(from === '' ? {} : { cursor: from }),
        },
        signal,
      }),
    group: (chat: string, signal?: Signal) =>
      read(`${contact}/groupchat/get`, group, { body: { chat_id: chat, need_name: 1 }, signal }),
    // ---- tags
    corpTags: (signal?: Signal) =>
      read(`${contact}/get_corp_tag_list`, z.object({ tag_group: z.array(tagGroup).default([]) }), {
        body: {},
        signal,
      }),
    /** An existing group name adds to that group, equal names make one tag: safe to repeat. */
    addCorpTags: (
      group: { readonly id: string } | { readonly name: string },
      names: readonly string[],
      agentId: number,
      signal?: Signal,
    ) =>
      client.call(`${contact}/add_corp_tag`, {
        body: {
          ...('id' in group ? { group_id: group.id } : { group_name: group.name }),
          tag: names.map((name) => ({ name })),
          agentid: agentId,
        },
        answer: z.object({ tag_group: tagGroup }),
        repeatable: true,
        signal,
      }),
    markTags: (
      pair: { readonly staff: string; readonly external: string },
      add: readonly string[],
      remove: readonly string[],
      signal?: Signal,
    ) =>
      client.call(`${contact}/mark_tag`, {
        body: {
          userid: pair.staff,
          external_userid: pair.external,
          ...(add.length > 0 ? { add_tag: add } : {}),
          ...(remove.length > 0 ? { remove_tag: remove } : {}),
        },
        answer: done,
        repeatable: true,
        oneAtATime: pair.external,
        signal,
      }),
    addContactWay: (body: Body, signal?: Signal) =>
      client.call(`${contact}/add_contact_way`, { body, answer: contactWay, signal }),
    // ---- saying; `raw` leaves byte for byte
    sendWelcome: (raw: string, signal?: Signal) =>
      client.call(`${contact}/send_welcome_msg`, { body: raw, answer: done, signal }),
    sendMessage: (raw: string, signal?: Signal) =>
      client.call('message/send', { body: raw, answer: sent, signal }),
    addBroadcast: (raw: string, signal?: Signal) =>
      client.call(`${contact}/add_msg_template`, { body: raw, answer: broadcastMade, signal }),
    // ---- what became of it
    broadcasts: (
      chatType: 'single' | 'group',
      fromSeconds: number,
      toSeconds: number,
      from = '',
      signal?: Signal,
    ) =>
      read(`${contact}/get_groupmsg_list_v2`, broadcastList, {
        body: {
          chat_type: chatType,
          start_time: fromSeconds,
          end_time: toSeconds,
          filter_type: 2,
          limit: 100,
          ...(from === '' ? {} : { cursor: from }),
        },
        signal,
      }),
    broadcastTasks: (msgid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_groupmsg_task`, taskList, {
        body: { msgid, limit: 1000, ...(from === '' ? {} : { cursor: from }) },
        signal,
      }),
    broadcastResults: (msgid: string, userid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_groupmsg_send_result`, sendList, {
        body: { msgid, userid, limit: 1000, ...(from === '' ? {} : { cursor: from }) },
        signal,
      }),
    remindBroadcast: (msgid: string, signal?: Signal) =>
      client.call(`${contact}/remind_groupmsg_send`, { body: { msgid }, answer: done, signal }),
    cancelBroadcast: (msgid: string, signal?: Signal) =>
      client.call(`${contact}/cancel_groupmsg_send`, {
        body: { msgid },
        answer: done,
        repeatable: true,
        signal,
      }),
    // ---- who stands there
    /** A code works once, so this is never repeated. */
    visitor: (code: string, signal?: Signal) =>
      client.call('auth/getuserinfo', { query: { code }, answer: visitor, signal }),
    corpTicket: (signal?: Signal) => read('get_jsapi_ticket', ticket, { signal }),
    agentTicket: (signal?: Signal) => read('ticket/get', ticket, { query: { type: 'agent_config' }, signal }),
  }
}
