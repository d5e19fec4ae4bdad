/** Group sends, 企业群发: tasks that staff must confirm, and what became of them (WECOM.md §3.6). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, ids, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

const made = z.object({ msgid: z.string().min(1), fail_list: ids })
const broadcastList = z.object({
  group_msg_list: list(
    z.object({
      msgid: z.string(),
      create_time: number,
      /** Absent when the API made it. */
      creator: z.string().optional(),
      /** 0 made by the corp, 1 by a member. */
      create_type: number.optional(),
      text: z.object({ content: text }).optional(),
      attachments: list(z.record(z.string(), z.unknown())),
    }),
  ),
  next_cursor: cursor,
})
const taskList = z.object({
  task_list: list(z.object({ userid: z.string(), status: number, send_time: number.optional() })),
  next_cursor: cursor,
})
const sendList = z.object({
  send_list: list(
    z.object({
      external_userid: z.string().optional(),
      chat_id: z.string().optional(),
      userid: z.string().optional(),
      status: number,
      send_time: number.optional(),
    }),
  ),
  next_cursor: cursor,
})

export type BroadcastSeen = z.output<typeof broadcastList>['group_msg_list'][number]

export function broadcastCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    /** `raw` leaves byte for byte. */
    addBroadcast: (raw: string, signal?: Signal) =>
      make(`${contact}/add_msg_template`, made, { body: raw, signal }),
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
          ...page(from),
        },
        signal,
      }),
    broadcastTasks: (msgid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_groupmsg_task`, taskList, {
        body: { msgid, limit: 1_000, ...page(from) },
        signal,
      }),
    broadcastResults: (msgid: string, userid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_groupmsg_send_result`, sendList, {
        body: { msgid, userid, limit: 1_000, ...page(from) },
        signal,
      }),
    /** Three in 24 hours for each msgid. */
    remindBroadcast: (msgid: string, signal?: Signal) =>
      make(`${contact}/remind_groupmsg_send`, done, { body: { msgid }, countedFor: msgid, signal }),
    /** Repeated, since what is cancelled already says so (41093). */
    cancelBroadcast: (msgid: string, signal?: Signal) =>
      set(`${contact}/cancel_groupmsg_send`, done, { body: { msgid }, signal }),
  }
}
