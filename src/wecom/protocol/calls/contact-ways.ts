/** Contact ways, 「联系我」 (WECOM.md §3.2). Who loses a config_id can never edit the way again. */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, flag, id, ids, list, number, numbers, page, text, verbs } from './call.ts'
import type { Signal, TimeSpan } from './call.ts'

/** What is said when a temporary chat ends; medical corps only. */
export interface Conclusions {
  readonly text?: { readonly content: string }
  readonly image?: { readonly media_id: string }
  readonly link?: {
    readonly title: string
    readonly picurl?: string
    readonly desc?: string
    readonly url: string
  }
  readonly miniprogram?: {
    readonly title: string
    readonly pic_media_id: string
    readonly appid: string
    readonly page: string
  }
}

export interface ContactWayContent {
  /** Up to 30 characters. */
  readonly remark?: string
  readonly skip_verify?: boolean
  readonly style?: number
  /** Up to 30 characters; comes back in the event and on the contact. */
  readonly state?: string
  /** Exactly one for type 1; with the departments' people at most 100. */
  readonly user?: readonly string[]
  /** Type 2 only. */
  readonly party?: readonly number[]
  /** Seconds; 7 days unless given, at most 14. */
  readonly expires_in?: number
  /** Seconds; 24 hours unless given, at most 14 days. */
  readonly chat_expires_in?: number
  readonly unionid?: string
  readonly mark_source?: boolean
  readonly conclusions?: Conclusions
}

export interface NewContactWay extends ContactWayContent {
  /** 1 one member, 2 several. */
  readonly type: 1 | 2
  /** 1 inside a mini-program, 2 a QR code. */
  readonly scene: 1 | 2
  readonly is_temp?: boolean
  readonly is_exclusive?: boolean
}

/** What is given replaces what was there. */
export interface ContactWayChange extends ContactWayContent {
  readonly config_id: string
}

const way = z.object({
  config_id: z.string(),
  type: number.optional(),
  scene: number.optional(),
  style: number.optional(),
  remark: text,
  skip_verify: flag,
  state: text,
  qr_code: z.string().optional(),
  user: ids,
  party: numbers,
  is_temp: flag,
  expires_in: number.optional(),
  chat_expires_in: number.optional(),
  unionid: z.string().optional(),
})
/** One object; an old form wraps it into an array. */
const oneWay = z.object({
  contact_way: z
    .union([way, z.tuple([way], way)])
    .transform((seen) => (Array.isArray(seen) ? seen[0] : seen)),
})
const made = z.object({ config_id: z.string().min(1), qr_code: z.string().optional() })

export type ContactWay = z.output<typeof way>

export function contactWayCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    addContactWay: (body: NewContactWay, signal?: Signal) =>
      make(`${contact}/add_contact_way`, made, {
        body,
        ...(body.is_temp === true ? { countedFor: 'temporary' } : {}),
        signal,
      }),
    contactWay: (config: string, signal?: Signal) =>
      read(`${contact}/get_contact_way`, oneWay, { body: { config_id: config }, signal }),
    /** Ids of the ways made in a span; those of before 2021-07-10 are never listed. */
    contactWays: (span: TimeSpan, from = '', signal?: Signal) =>
      read(
        `${contact}/list_contact_way`,
        z.object({ contact_way: list(z.object({ config_id: id })), next_cursor: cursor }),
        { body: { ...span, limit: 1_000, ...page(from) }, signal },
      ),
    updateContactWay: (body: ContactWayChange, signal?: Signal) =>
      set(`${contact}/update_contact_way`, done, { body, signal }),
    deleteContactWay: (config: string, signal?: Signal) =>
      make(`${contact}/del_contact_way`, done, { body: { config_id: config }, signal }),
    /** Not repeated: a chat that is closed already answers an error. */
    closeTempChat: (pair: { readonly userid: string; readonly external_userid: string }, signal?: Signal) =>
      make(`${contact}/close_temp_chat`, done, { body: pair, oneAtATime: pair.external_userid, signal }),
  }
}
