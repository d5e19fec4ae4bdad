/** Corp tags, strategy tags and the rule groups these belong to (WECOM.md §3.4). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, flag, ids, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

const tag = z.object({
  id: z.string(),
  name: z.string(),
  create_time: number.default(0),
  order: number.optional(),
  deleted: flag,
})
const tagGroup = z.object({
  group_id: z.string(),
  group_name: text,
  create_time: number.default(0),
  order: number.optional(),
  deleted: flag,
  /** Of strategy tags only. */
  strategy_id: number.optional(),
  tag: list(tag),
})
const tagGroups = z.object({ tag_group: list(tagGroup) })
const madeTags = z.object({ tag_group: tagGroup.extend({ tag: z.array(tag) }) })

/** When both are given WeCom looks at the groups only; with neither it answers all. */
export interface TagFilter {
  readonly tag_id?: readonly string[]
  readonly group_id?: readonly string[]
}

export interface TagChange {
  /** Of a tag or of a tag group. */
  readonly id: string
  /** Up to 30 characters. */
  readonly name?: string
  readonly order?: number
}

export interface NewStrategyTags {
  readonly strategy_id: number
  readonly group_id?: string
  /** Up to 30 characters. */
  readonly group_name?: string
  readonly order?: number
  readonly tag: readonly { readonly name: string; readonly order?: number }[]
}

export interface StrategyRange {
  /** 1 a member, 2 a department. */
  readonly type: 1 | 2
  readonly userid?: string
  readonly partyid?: number
}

/** What the staff of a rule group may do; absent: true. */
export interface StrategyPrivilege {
  readonly view_customer_list?: boolean
  readonly view_customer_data?: boolean
  readonly view_room_list?: boolean
  readonly contact_me?: boolean
  readonly join_room?: boolean
  readonly share_customer?: boolean
  readonly oper_resign_customer?: boolean
  readonly oper_resign_group?: boolean
  readonly send_customer_msg?: boolean
  readonly edit_welcome_msg?: boolean
  readonly view_behavior_data?: boolean
  readonly view_room_data?: boolean
  readonly send_group_msg?: boolean
  readonly room_deduplication?: boolean
  readonly rapid_reply?: boolean
  readonly onjob_customer_transfer?: boolean
  readonly edit_anti_spam_rule?: boolean
  readonly export_customer_list?: boolean
  readonly export_customer_data?: boolean
  readonly export_customer_group_list?: boolean
  readonly manage_customer_tag?: boolean
}

export interface NewStrategy {
  /** Of a group above it: its privileges are inherited and its range must contain this one. */
  readonly parent_id?: number
  readonly strategy_name: string
  readonly admin_list: readonly string[]
  readonly privilege?: StrategyPrivilege
  readonly range: readonly StrategyRange[]
}

export interface StrategyChange {
  readonly strategy_id: number
  readonly strategy_name?: string
  readonly admin_list?: readonly string[]
  readonly privilege?: StrategyPrivilege
  readonly range_add?: readonly StrategyRange[]
  readonly range_del?: readonly StrategyRange[]
}

const strategy = z.object({
  strategy: z.object({
    strategy_id: number,
    parent_id: number.default(0),
    strategy_name: text,
    create_time: number.default(0),
    admin_list: ids,
    privilege: z.record(z.string(), flag).default({}),
  }),
})
const strategyRange = z.object({
  range: list(z.object({ type: number, userid: z.string().optional(), partyid: number.optional() })),
  next_cursor: cursor,
})

export type TagGroupSeen = z.output<typeof tagGroup>

export function tagCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    corpTags: (signal?: Signal) => read(`${contact}/get_corp_tag_list`, tagGroups, { body: {}, signal }),
    corpTagsOf: (body: TagFilter, signal?: Signal) =>
      read(`${contact}/get_corp_tag_list`, tagGroups, { body, signal }),
    /** An existing group name adds to that group, equal names make one tag: safe to repeat. */
    addCorpTags: (
      group: { readonly id: string } | { readonly name: string },
      names: readonly string[],
      agentId: number,
      signal?: Signal,
    ) =>
      set(`${contact}/add_corp_tag`, madeTags, {
        body: {
          ...('id' in group ? { group_id: group.id } : { group_name: group.name }),
          tag: names.map((name) => ({ name })),
          agentid: agentId,
        },
        signal,
      }),
    editCorpTag: (body: TagChange, agentId: number, signal?: Signal) =>
      set(`${contact}/edit_corp_tag`, done, { body: { ...body, agentid: agentId }, signal }),
    deleteCorpTags: (body: TagFilter, agentId: number, signal?: Signal) =>
      make(`${contact}/del_corp_tag`, done, { body: { ...body, agentid: agentId }, signal }),
    markTags: (
      pair: { readonly staff: string; readonly external: string },
      add: readonly string[],
      remove: readonly string[],
      signal?: Signal,
    ) =>
      set(`${contact}/mark_tag`, done, {
        body: {
          userid: pair.staff,
          external_userid: pair.external,
          ...(add.length > 0 ? { add_tag: add } : {}),
          ...(remove.length > 0 ? { remove_tag: remove } : {}),
        },
        oneAtATime: pair.external,
        signal,
      }),
    // ---- tags of rule groups
    strategyTags: (body: TagFilter & { readonly strategy_id?: number }, signal?: Signal) =>
      read(`${contact}/get_strategy_tag_list`, tagGroups, { body, signal }),
    addStrategyTags: (body: NewStrategyTags, signal?: Signal) =>
      make(`${contact}/add_strategy_tag`, madeTags, { body, signal }),
    editStrategyTag: (body: TagChange, signal?: Signal) =>
      set(`${contact}/edit_strategy_tag`, done, { body, signal }),
    deleteStrategyTags: (body: TagFilter, signal?: Signal) =>
      make(`${contact}/del_strategy_tag`, done, { body, signal }),
    // ---- rule groups
    strategies: (from = '', signal?: Signal) =>
      read(
        `${contact}/customer_strategy/list`,
        z.object({ strategy: list(z.object({ strategy_id: number })), next_cursor: cursor }),
        { body: { limit: 1_000, ...page(from) }, signal },
      ),
    strategy: (strategyId: number, signal?: Signal) =>
      read(`${contact}/customer_strategy/get`, strategy, { body: { strategy_id: strategyId }, signal }),
    strategyRange: (strategyId: number, from = '', signal?: Signal) =>
      read(`${contact}/customer_strategy/get_range`, strategyRange, {
        body: { strategy_id: strategyId, limit: 1_000, ...page(from) },
        signal,
      }),
    /** WeCom takes one at a time. */
    createStrategy: (body: NewStrategy, signal?: Signal) =>
      make(`${contact}/customer_strategy/create`, z.object({ strategy_id: number }), {
        body,
        oneAtATime: 'customer_strategy',
        signal,
      }),
    editStrategy: (body: StrategyChange, signal?: Signal) =>
      set(`${contact}/customer_strategy/edit`, done, { body, oneAtATime: 'customer_strategy', signal }),
    deleteStrategy: (strategyId: number, signal?: Signal) =>
      make(`${contact}/customer_strategy/del`, done, {
        body: { strategy_id: strategyId },
        oneAtATime: 'customer_strategy',
        signal,
      }),
  }
}
