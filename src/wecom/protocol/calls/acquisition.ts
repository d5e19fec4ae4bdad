/** Customer acquisition links, 获客助手: each new customer uses up a paid quota (WECOM.md §3.10). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, flag, id, ids, list, number, page, range, text, verbs } from './call.ts'
import type { Range, Signal, TimeSpan } from './call.ts'

/** Whom a customer is given to first; some industries only. */
export interface Priority {
  /** 1 whoever served the customer before in the corp, 2 the same among `priority_userid_list`. */
  readonly priority_type: 1 | 2
  readonly priority_userid_list?: readonly string[]
}
export interface NewAcquisitionLink {
  /** Up to 30 characters. */
  readonly link_name: string
  /** Not empty; up to 500 people. */
  readonly range: Range
  readonly skip_verify?: boolean
  readonly priority_option?: Priority
}
export interface AcquisitionLinkChange extends Partial<NewAcquisitionLink> {
  readonly link_id: string
}

const link = z.object({ link_name: text, url: text, create_time: number.default(0), skip_verify: flag })
const oneLink = z.object({
  link,
  range,
  priority_option: z.object({ priority_type: number, priority_userid_list: ids }).optional(),
})
const customers = z.object({
  customer_list: list(
    z.object({
      external_userid: z.string(),
      userid: z.string(),
      /** 0 has not written, 1 has, 2 unknown. */
      chat_status: number,
      /** The `customer_channel` of the address. */
      state: text,
    }),
  ),
  next_cursor: cursor,
})
const quota = z.object({
  total: number,
  balance: number,
  quota_list: list(z.object({ expire_date: number, balance: number })),
})
const chat = z.object({
  userid: z.string(),
  external_userid: z.string(),
  chat_info: z.object({ recv_msg_cnt: number.default(0), link_id: text, state: text }).optional(),
})

export function acquisitionCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  const at = `${contact}/customer_acquisition`
  return {
    acquisitionLinks: (from = '', signal?: Signal) =>
      read(`${at}/list_link`, z.object({ link_id_list: list(id), next_cursor: cursor }), {
        body: { limit: 100, ...page(from) },
        signal,
      }),
    acquisitionLink: (linkId: string, signal?: Signal) =>
      read(`${at}/get`, oneLink, { body: { link_id: linkId }, signal }),
    createAcquisitionLink: (body: NewAcquisitionLink, signal?: Signal) =>
      make(`${at}/create_link`, z.object({ link: link.extend({ link_id: id }) }), { body, signal }),
    updateAcquisitionLink: (body: AcquisitionLinkChange, signal?: Signal) =>
      set(`${at}/update_link`, done, { body, signal }),
    deleteAcquisitionLink: (linkId: string, signal?: Signal) =>
      make(`${at}/delete_link`, done, { body: { link_id: linkId }, signal }),
    acquisitionCustomers: (linkId: string, from = '', signal?: Signal) =>
      read(`${at}/customer`, customers, { body: { link_id: linkId, limit: 1_000, ...page(from) }, signal }),
    acquisitionQuota: (signal?: Signal) => read(`${contact}/customer_acquisition_quota`, quota, { signal }),
    acquisitionStatistic: (linkId: string, span: TimeSpan, signal?: Signal) =>
      read(
        `${at}/statistic`,
        z.object({ click_link_customer_cnt: number.default(0), new_customer_cnt: number.default(0) }),
        { body: { link_id: linkId, ...span }, signal },
      ),
    /** The key comes with an event and is good for 30 minutes. */
    acquisitionChat: (chatKey: string, signal?: Signal) =>
      read(`${at}/get_chat_info`, chat, { body: { chat_key: chatKey }, signal }),
  }
}
