/** WeChat customer service, 微信客服: the one channel to customers that needs nobody's hand (WECOM.md §5). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import type { Result } from '../result.ts'
import { done, flag, ids, list, number, text, verbs } from './call.ts'
import type { Signal, TimeSpan } from './call.ts'
import { pulled } from './kf-messages.ts'
import type { KfMessage, KfPulled, KfReply } from './kf-messages.ts'

/** 0 new, 1 the smart assistant, 2 in the pool, 3 with a person, 4 ended. */
export type KfState = 0 | 1 | 2 | 3 | 4

export interface NewKfAccount {
  /** Up to 16 characters. */
  readonly name: string
  readonly media_id: string
}
export interface KfAccountChange extends Partial<NewKfAccount> {
  readonly open_kfid: string
}
export interface KfPair {
  readonly open_kfid: string
  readonly external_userid: string
}
export interface KfServicers {
  readonly open_kfid: string
  /** Up to 100. */
  readonly userid_list?: readonly string[]
  /** Up to 20. */
  readonly department_id_list?: readonly number[]
}
export interface KfStateChange extends KfPair {
  readonly service_state: KfState
  /** With state 3. */
  readonly servicer_userid?: string
}
export interface KfPull {
  readonly open_kfid: string
  /** Where the last page ended; empty: as far back as three days. */
  readonly cursor?: string
  /** From the event, for ten minutes; without it WeCom allows far fewer calls. */
  readonly token?: string
  /** 0 AMR, 1 Silk. */
  readonly voice_format?: 0 | 1
  /** A page at most; 1,000 when absent. */
  readonly limit?: number
}
export interface KfUpgrade extends KfPair {
  readonly type: 1 | 2
  /** Type 1: whose card. */
  readonly member?: { readonly userid: string; readonly wording?: string }
  /** Type 2: which group. */
  readonly groupchat?: { readonly chat_id: string; readonly wording?: string }
}

const accounts = z.object({
  account_list: list(z.object({ open_kfid: z.string(), name: text, avatar: text, manage_privilege: flag })),
})
const servicerResults = z.object({
  result_list: z.array(
    z.object({
      userid: z.string().optional(),
      department_id: number.optional(),
      errcode: number.default(0),
      errmsg: text,
    }),
  ),
})
const servicers = z.object({
  servicer_list: list(
    z.object({
      userid: z.string().optional(),
      department_id: number.optional(),
      /** 0 taking customers, 1 stopped. */
      status: number.optional(),
      stop_type: number.optional(),
    }),
  ),
})
const state = z.object({ service_state: number, servicer_userid: text })
const customers = z.object({
  customer_list: list(
    z.object({
      external_userid: z.string(),
      nickname: text,
      avatar: text,
      gender: number.default(0),
      unionid: z.string().optional(),
      enter_session_context: z
        .object({
          scene: text,
          scene_param: text,
          wechat_channels: z.object({ nickname: text, scene: number.default(0) }).optional(),
        })
        .optional(),
    }),
  ),
  invalid_external_userid: ids,
})
const upgradeConfig = z.object({
  member_range: z.object({ userid_list: ids, department_id_list: list(number) }).optional(),
  groupchat_range: z.object({ chat_id_list: ids }).optional(),
})
const count = number.default(0)
const corpStatistics = z.object({
  statistic_list: list(
    z.object({
      stat_time: number,
      statistic: z.object({
        session_cnt: count,
        customer_cnt: count,
        customer_msg_cnt: count,
        upgrade_service_customer_cnt: count,
        ai_session_reply_cnt: count,
        ai_transfer_rate: number.optional(),
        ai_knowledge_hit_rate: number.optional(),
        msg_rejected_customer_cnt: count,
      }),
    }),
  ),
})
const servicerStatistics = z.object({
  statistic_list: list(
    z.object({
      stat_time: number,
      statistic: z.object({
        session_cnt: count,
        customer_cnt: count,
        customer_msg_cnt: count,
        reply_rate: number.optional(),
        first_reply_average_sec: number.optional(),
        satisfaction_investgate_cnt: count,
        satisfaction_participation_rate: number.optional(),
        satisfied_rate: number.optional(),
        middling_rate: number.optional(),
        dissatisfied_rate: number.optional(),
        upgrade_service_member_invite_cnt: count,
        upgrade_service_member_customer_cnt: count,
        upgrade_service_groupchat_invite_cnt: count,
        upgrade_service_groupchat_customer_cnt: count,
        msg_rejected_customer_cnt: count,
      }),
    }),
  ),
})
const said = z.object({ msgid: z.string().min(1) })

export function kfCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  const pull = (body: KfPull, signal: Signal): Promise<Result<KfPulled>> =>
    read('kf/sync_msg', pulled, { body: { ...body, limit: body.limit ?? 1_000 }, signal })
  return {
    // ---- accounts
    addKfAccount: (body: NewKfAccount, signal?: Signal) =>
      make('kf/account/add', z.object({ open_kfid: z.string().min(1) }), { body, signal }),
    deleteKfAccount: (kfid: string, signal?: Signal) =>
      make('kf/account/del', done, { body: { open_kfid: kfid }, signal }),
    updateKfAccount: (body: KfAccountChange, signal?: Signal) =>
      set('kf/account/update', done, { body, signal }),
    /** A hundred a page; a shorter page is the last. */
    kfAccounts: (offset = 0, signal?: Signal) =>
      read('kf/account/list', accounts, { body: { offset, limit: 100 }, signal }),
    /** The same scene gives the same address. `scene`: up to 32 of letters, digits, `_` and `-`. */
    kfContactWay: (kfid: string, scene = '', signal?: Signal) =>
      read('kf/add_contact_way', z.object({ url: z.string().min(1) }), {
        body: { open_kfid: kfid, ...(scene === '' ? {} : { scene }) },
        signal,
      }),
    // ---- who serves
    /** Not repeated: each entry has its own result, and the second would tell of an error for who is in. */
    addServicers: (body: KfServicers, signal?: Signal) =>
      make('kf/servicer/add', servicerResults, { body, signal }),
    removeServicers: (body: KfServicers, signal?: Signal) =>
      make('kf/servicer/del', servicerResults, { body, signal }),
    servicers: (kfid: string, signal?: Signal) =>
      read('kf/servicer/list', servicers, { query: { open_kfid: kfid }, signal }),
    // ---- sessions and messages
    kfState: (pair: KfPair, signal?: Signal) => read('kf/service_state/get', state, { body: pair, signal }),
    /** Not repeated: the first change brings the code for one more message. */
    changeKfState: (body: KfStateChange, signal?: Signal) =>
      make('kf/service_state/trans', z.object({ msg_code: text }), {
        body,
        oneAtATime: body.external_userid,
        signal,
      }),
    /** A page may be empty and yet not the last. A token that is stale (95007) is left out. */
    async pullKf(body: KfPull, signal?: Signal): Promise<Result<KfPulled>> {
      const answer = await pull(body, signal)
      if (answer.kind !== 'error' || answer.name !== 'kf-token' || body.token === undefined) return answer
      const { token: _, ...rest } = body
      return pull(rest, signal)
    },
    /** Five within 48 hours of the customer's last word. */
    sendKf: (body: KfMessage, signal?: Signal) =>
      make('kf/send_msg', said, { body, oneAtATime: body.touser, signal }),
    /** The code works once, for 20 seconds (greeting, ending) or 48 hours (pool, person). */
    sendKfOnEvent: (body: KfReply, signal?: Signal) => make('kf/send_msg_on_event', said, { body, signal }),
    // ---- customers
    /** Up to 100; only who was active within 48 hours. */
    kfCustomers: (externals: readonly string[], withContext = false, signal?: Signal) =>
      read('kf/customer/batchget', customers, {
        body: { external_userid_list: externals, need_enter_session_context: withContext ? 1 : 0 },
        signal,
      }),
    kfUpgradeConfig: (signal?: Signal) =>
      read('kf/customer/get_upgrade_service_config', upgradeConfig, { signal }),
    /** Puts a card or a group before the person who serves, who sends it; each call once more. */
    upgradeService: (body: KfUpgrade, signal?: Signal) =>
      make('kf/customer/upgrade_service', done, { body, oneAtATime: body.external_userid, signal }),
    cancelUpgrade: (pair: KfPair, signal?: Signal) =>
      make('kf/customer/cancel_upgrade_service', done, {
        body: pair,
        oneAtATime: pair.external_userid,
        signal,
      }),
    // ---- statistics of the last 180 days
    kfCorpStatistics: (body: TimeSpan & { readonly open_kfid?: string }, signal?: Signal) =>
      read('kf/get_corp_statistic', corpStatistics, { body, signal }),
    kfServicerStatistics: (
      body: TimeSpan & { readonly open_kfid?: string; readonly servicer_userid?: string },
      signal?: Signal,
    ) => read('kf/get_servicer_statistic', servicerStatistics, { body, signal }),
  }
}
