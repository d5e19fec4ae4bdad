/** Customers: reading them, remarks, and the ids that others know them by (WECOM.md §3.1). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import type { Result } from '../result.ts'
import { contact, cursor, done, ids, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

const externalContact = z.object({
  external_userid: z.string(),
  name: text,
  avatar: z.string().optional(),
  /** 1 a user of WeChat, 2 of another corp's WeCom. */
  type: number.optional(),
  gender: number.default(0),
  unionid: z.string().optional(),
  position: z.string().optional(),
  corp_name: z.string().optional(),
  corp_full_name: z.string().optional(),
})
const follow = z.object({
  userid: z.string(),
  remark: text,
  description: text,
  createtime: number,
  add_way: number.optional(),
  state: z.string().optional(),
  oper_userid: z.string().optional(),
  remark_corp_name: z.string().optional(),
  remark_mobiles: ids,
  wechat_channels: z.object({ nickname: text, source: number.default(0) }).optional(),
})
const customer = z.object({
  external_contact: externalContact,
  follow_user: list(
    follow.extend({
      /** Personal tags (type 2) have no id. */
      tags: list(
        z.object({
          tag_id: z.string().optional(),
          tag_name: text,
          group_name: text,
          type: number.default(0),
        }),
      ),
    }),
  ),
  next_cursor: cursor,
})
const customersOfStaff = z.object({
  external_contact_list: list(
    z.object({ external_contact: externalContact, follow_info: follow.extend({ tag_id: ids }) }),
  ),
  next_cursor: cursor,
})
const servedList = z.object({
  info_list: list(
    z.object({
      /** False for a customer of staff who was never a contact of theirs, and then without an id. */
      is_customer: z.boolean().default(true),
      /** Valid inside one traversal only. */
      tmp_openid: text,
      external_userid: z.string().optional(),
      name: text,
      follow_userid: text,
      chat_id: z.string().optional(),
      chat_name: z.string().optional(),
      add_time: number.optional(),
    }),
  ),
  next_cursor: cursor,
})
const converted = z.object({ external_userid: text, pending_id: text })

/** At least one besides the two ids. */
export interface Remark {
  readonly userid: string
  readonly external_userid: string
  /** Up to 20 characters. */
  readonly remark?: string
  /** Up to 150 characters. */
  readonly description?: string
  /** Up to 20 characters; users of WeChat only. */
  readonly remark_company?: string
  /** `['']` clears them. */
  readonly remark_mobiles?: readonly string[]
  readonly remark_pic_mediaid?: string
}

export interface UnionidAsked {
  readonly unionid: string
  readonly openid?: string
  /** Whose account the unionid is of: 0 the corp's, 1 the provider's. */
  readonly subject_type?: 0 | 1
}

export type CustomerSeen = z.output<typeof customer>
export type StaffCustomers = z.output<typeof customersOfStaff>

const noCustomers = 84061

export function customerCalls(client: WecomClient) {
  const { read, set } = verbs(client)
  return {
    customer: (external: string, from = '', signal?: Signal) =>
      read(`${contact}/get`, customer, {
        query: { external_userid: external, ...page(from) },
        signal,
      }),
    customersOf: (userids: readonly string[], from = '', signal?: Signal) =>
      read(`${contact}/batch/get_by_user`, customersOfStaff, {
        body: { userid_list: userids, limit: 100, ...page(from) },
        signal,
      }),
    /** A member without customers answers 84061; here it is an empty list. */
    async customerIdsOf(userid: string, signal?: Signal): Promise<Result<readonly string[]>> {
      const answer = await read(`${contact}/list`, z.object({ external_userid: ids }), {
        query: { userid },
        signal,
      })
      if (answer.kind === 'error' && answer.code === noCustomers) return { kind: 'ok', value: [] }
      return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.external_userid } : answer
    },
    /** Everybody who was ever served, customers or not; a traversal may last four hours. */
    servedContacts: (from = '', signal?: Signal) =>
      read(`${contact}/contact_list`, servedList, { body: { limit: 1_000, ...page(from) }, signal }),
    remark: (body: Remark, signal?: Signal) =>
      set(`${contact}/remark`, done, { body, oneAtATime: body.external_userid, signal }),
    /** Needs a WeChat account bound to the corp. */
    externalOf: (body: UnionidAsked, signal?: Signal) =>
      read(`${contact}/unionid_to_external_userid`, z.object({ external_userid: z.string() }), {
        body,
        signal,
      }),
    /** The newer form; a person who is nobody's customer yet has a pending id of 90 days instead. */
    convertUnionid: (body: UnionidAsked, signal?: Signal) =>
      read('idconvert/unionid_to_external_userid', converted, { body, signal }),
    pendingIdsOf: (externals: readonly string[], chat = '', signal?: Signal) =>
      read(
        'idconvert/batch/external_userid_to_pending_id',
        z.object({ result: list(z.object({ external_userid: z.string(), pending_id: text })) }),
        { body: { ...(chat === '' ? {} : { chat_id: chat }), external_userid: externals }, signal },
      ),
    openidOf: (external: string, signal?: Signal) =>
      read(`${contact}/convert_to_openid`, z.object({ openid: z.string() }), {
        body: { external_userid: external },
        signal,
      }),
  }
}
