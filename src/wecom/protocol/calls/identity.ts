/** Who stands there, the tickets pages need, and where callbacks come from (WECOM.md §6, §2.2). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { ids, number, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

/** The older path answers with capitals. */
const visitor = z
  .object({
    userid: z.string().optional(),
    UserId: z.string().optional(),
    openid: z.string().optional(),
    OpenId: z.string().optional(),
    external_userid: z.string().optional(),
    user_ticket: z.string().optional(),
  })
  .transform((seen) => ({
    userid: seen.userid ?? seen.UserId,
    openid: seen.openid ?? seen.OpenId,
    external: seen.external_userid,
    /** Of a member who agreed to tell more; 1,800 seconds. */
    ticket: seen.user_ticket,
  }))
const detail = z.object({
  userid: z.string(),
  /** 0 not told, 1 male, 2 female; written as text. */
  gender: number.default(0),
  avatar: text,
  qr_code: text,
  mobile: text,
  email: text,
  biz_mail: text,
  address: text,
})
const ticket = z.object({ ticket: z.string().min(1), expires_in: number })

export type Visitor = z.output<typeof visitor>

export function identityCalls(client: WecomClient) {
  const { read, make } = verbs(client)
  return {
    /** A code works once, so this is never repeated. */
    visitor: (code: string, signal?: Signal) =>
      make('auth/getuserinfo', visitor, { query: { code }, signal }),
    visitorByOldPath: (code: string, signal?: Signal) =>
      make('user/getuserinfo', visitor, { query: { code }, signal }),
    memberDetail: (userTicket: string, signal?: Signal) =>
      read('auth/getuserdetail', detail, { body: { user_ticket: userTicket }, signal }),
    /** For `ww.config`. */
    corpTicket: (signal?: Signal) => read('get_jsapi_ticket', ticket, { signal }),
    /** For `ww.agentConfig`; with the token of exactly that app. */
    agentTicket: (signal?: Signal) => read('ticket/get', ticket, { query: { type: 'agent_config' }, signal }),
    callbackAddresses: (signal?: Signal) => read('getcallbackip', z.object({ ip_list: ids }), { signal }),
  }
}
