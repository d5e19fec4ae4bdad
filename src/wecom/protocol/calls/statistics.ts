/** What staff and groups did, by whole days: at most 30 of the last 180, each known on the day after (WECOM.md §3.9). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, list, number, verbs } from './call.ts'
import type { Signal, TimeSpan } from './call.ts'

export interface BehaviourSearch extends TimeSpan {
  /** Up to 100; what several did is added up. */
  readonly userid?: readonly string[]
  /** Up to 100. */
  readonly partyid?: readonly number[]
}
export interface GroupStatisticsSearch {
  /** Midnight, in seconds. */
  readonly day_begin_time: number
  readonly day_end_time?: number
  /** Up to 100. */
  readonly owner_filter: { readonly userid_list: readonly string[] }
  /** 1 new groups, 2 groups, 3 new members, 4 members. */
  readonly order_by?: 1 | 2 | 3 | 4
  readonly order_asc?: 0 | 1
}
export type GroupDaysSearch = Pick<GroupStatisticsSearch, 'day_begin_time' | 'day_end_time' | 'owner_filter'>

const count = number.default(0)
const behaviour = z.object({
  behavior_data: list(
    z.object({
      stat_time: number,
      chat_cnt: count,
      message_cnt: count,
      /** Percent; absent without chats. */
      reply_percentage: number.optional(),
      /** Minutes. */
      avg_reply_time: number.optional(),
      negative_feedback_cnt: count,
      new_apply_cnt: count,
      new_contact_cnt: count,
    }),
  ),
})
const groupCounts = z.object({
  new_chat_cnt: count,
  chat_total: count,
  chat_has_msg: count,
  new_member_cnt: count,
  member_total: count,
  member_has_msg: count,
  msg_total: count,
  migrate_trainee_chat_cnt: count,
})
const byOwner = z.object({
  total: number,
  /** Where to go on; absent at the end. */
  next_offset: number.optional(),
  items: list(z.object({ owner: z.string(), data: groupCounts })),
})
const byDay = z.object({ items: list(z.object({ stat_time: number, data: groupCounts })) })

export function statisticsCalls(client: WecomClient) {
  const { read } = verbs(client)
  return {
    staffBehaviour: (body: BehaviourSearch, signal?: Signal) =>
      read(`${contact}/get_user_behavior_data`, behaviour, { body, signal }),
    groupStatistics: (body: GroupStatisticsSearch, offset = 0, signal?: Signal) =>
      read(`${contact}/groupchat/statistic`, byOwner, { body: { ...body, offset, limit: 1_000 }, signal }),
    groupStatisticsByDay: (body: GroupDaysSearch, signal?: Signal) =>
      read(`${contact}/groupchat/statistic_group_by_day`, byDay, { body, signal }),
  }
}
