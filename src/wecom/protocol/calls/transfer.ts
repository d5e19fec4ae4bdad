/**
 * Hand-over of customers and groups from one member to another (WECOM.md §3.8). None is repeated: a customer can be
 * handed over twice in 90 days only, and a second call would tell of an error for what is under way.
 */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, flag, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

export interface HandOver {
  readonly handover_userid: string
  readonly takeover_userid: string
}
export interface CustomerTransfer extends HandOver {
  /** Up to 100. */
  readonly external_userid: readonly string[]
  /** Up to 200 characters, for the customers; of members still there only. */
  readonly transfer_success_msg?: string
}
export type ResignedTransfer = Omit<CustomerTransfer, 'transfer_success_msg'>
export interface GroupTransfer {
  /** Up to 100 a call, 300 for a member a day. */
  readonly chat_id_list: readonly string[]
  readonly new_owner: string
}

/** Of each customer: 0 begun; done by itself after 24 hours. */
const begun = z.object({
  customer: z.array(z.object({ external_userid: z.string(), errcode: number.default(0) })),
})
const results = z.object({
  customer: list(
    z.object({
      external_userid: z.string(),
      /** 1 done, 2 waiting, 3 refused, 4 the taker has too many, 5 no record. */
      status: number,
      takeover_time: number.optional(),
    }),
  ),
  next_cursor: cursor,
})
const unassigned = z.object({
  info: list(z.object({ handover_userid: z.string(), external_userid: z.string(), dimission_time: number })),
  is_last: flag,
  next_cursor: cursor,
})
const failedGroups = z.object({
  failed_chat_list: list(z.object({ chat_id: z.string(), errcode: number, errmsg: text })),
})

export function transferCalls(client: WecomClient) {
  const { read, make } = verbs(client)
  const resultsAt = (api: string, pair: HandOver, from: string, signal: Signal) =>
    read(`${contact}/${api}`, results, { body: { ...pair, ...page(from) }, signal })
  return {
    transferCustomers: (body: CustomerTransfer, signal?: Signal) =>
      make(`${contact}/transfer_customer`, begun, { body, signal }),
    transferResults: (pair: HandOver, from = '', signal?: Signal) =>
      resultsAt('transfer_result', pair, from, signal),
    transferResigned: (body: ResignedTransfer, signal?: Signal) =>
      make(`${contact}/resigned/transfer_customer`, begun, { body, signal }),
    transferResignedResults: (pair: HandOver, from = '', signal?: Signal) =>
      resultsAt('resigned/transfer_result', pair, from, signal),
    /** Customers of members who left and whom nobody has taken over. */
    unassigned: (from = '', signal?: Signal) =>
      read(`${contact}/get_unassigned_list`, unassigned, {
        body: { page_size: 1_000, ...page(from) },
        signal,
      }),
    /** Groups whose owner left. */
    transferResignedGroups: (body: GroupTransfer, signal?: Signal) =>
      make(`${contact}/groupchat/transfer`, failedGroups, { body, signal }),
    /** Groups whose owner is still there. */
    transferGroups: (body: GroupTransfer, signal?: Signal) =>
      make(`${contact}/groupchat/onjob_transfer`, failedGroups, { body, signal }),
  }
}
