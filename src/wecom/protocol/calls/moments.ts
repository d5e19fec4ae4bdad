/** Moments, 客户朋友圈: tasks that staff must confirm (WECOM.md §3.7). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, id, ids, list, number, page, range, text, verbs } from './call.ts'
import type { Range, Signal, TimeSpan } from './call.ts'
import type { MediaRef, TextPart } from './content.ts'

/** Media come from `uploadAttachment` for moments. */
export type MomentAttachment =
  | { readonly msgtype: 'image'; readonly image: MediaRef }
  | { readonly msgtype: 'video'; readonly video: MediaRef }
  | {
      readonly msgtype: 'link'
      /** The title up to 64 bytes; the cover is required. */
      readonly link: MediaRef & { readonly title: string; readonly url: string }
    }

export interface NewMoment {
  /** Up to 2,000 characters. */
  readonly text?: TextPart
  /** Up to nine pictures, or one video, or one link. */
  readonly attachments?: readonly MomentAttachment[]
  /** Senders: all customers of these. Tags: whoever follows such customers. Both: those in both. Neither: public. */
  readonly visible_range?: {
    readonly sender_list?: Range
    readonly external_contact_list?: { readonly tag_list: readonly string[] }
  }
}

export interface MomentSearch extends TimeSpan {
  readonly creator?: string
  /** 0 made by the corp, 1 by a member, 2 all. */
  readonly filter_type?: 0 | 1 | 2
}

const job = z.object({
  /** 1 made, 2 under way, 3 done. */
  status: number,
  result: z
    .object({
      /** Of the job itself; the answer's own is about asking. */
      errcode: number.default(0),
      moment_id: text,
      invalid_sender_list: range,
      invalid_external_contact_list: z.object({ tag_list: ids }).optional(),
    })
    .optional(),
})
const media = z.object({ media_id: text })
const seen = z.object({
  moment_id: id,
  /** Absent when the API made it. */
  creator: z.string().optional(),
  create_time: number,
  create_type: number.optional(),
  visible_type: number.optional(),
  text: z.object({ content: text }).optional(),
  image: list(media),
  video: media.extend({ thumb_media_id: text }).optional(),
  link: z.object({ title: text, url: text }).optional(),
  /** Written as text. */
  location: z.object({ latitude: number, longitude: number, name: text }).optional(),
})
const momentList = z.object({ moment_list: list(seen), next_cursor: cursor })
const taskList = z.object({
  /** 0 not published, 1 published. */
  task_list: list(z.object({ userid: z.string(), publish_status: number })),
  next_cursor: cursor,
})
const customerList = z.object({
  customer_list: list(z.object({ userid: z.string().optional(), external_userid: id })),
  next_cursor: cursor,
})
/** Ids may carry blanks at the end. */
const reaction = z.object({ external_userid: id.optional(), userid: id.optional(), create_time: number })
const comments = z.object({ comment_list: list(reaction), like_list: list(reaction) })

export type MomentJob = z.output<typeof job>
export type MomentSeen = z.output<typeof seen>

export function momentCalls(client: WecomClient) {
  const { read, make } = verbs(client)
  return {
    /** Ten a minute for the corp. Text leaves byte for byte. The job can be asked about for 24 hours. */
    addMoment: (body: NewMoment | string, signal?: Signal) =>
      make(`${contact}/add_moment_task`, z.object({ jobid: z.string().min(1) }), { body, signal }),
    momentJob: (jobid: string, signal?: Signal) =>
      read(`${contact}/get_moment_task_result`, job, { query: { jobid }, signal }),
    /** Stops what is not published yet. Not repeated: no code is known that says it is stopped already. */
    cancelMoment: (moment: string, signal?: Signal) =>
      make(`${contact}/cancel_moment_task`, done, { body: { moment_id: moment }, signal }),
    /** At most 30 days; deleted ones are not told. */
    moments: (search: MomentSearch, from = '', signal?: Signal) =>
      read(`${contact}/get_moment_list`, momentList, {
        body: { ...search, limit: 20, ...page(from) },
        signal,
      }),
    momentTasks: (moment: string, from = '', signal?: Signal) =>
      read(`${contact}/get_moment_task`, taskList, {
        body: { moment_id: moment, limit: 1_000, ...page(from) },
        signal,
      }),
    /** Whom a member chose to show it to. */
    momentCustomers: (moment: string, userid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_moment_customer_list`, customerList, {
        body: { moment_id: moment, userid, limit: 1_000, ...page(from) },
        signal,
      }),
    /** Who can see it. */
    momentResults: (moment: string, userid: string, from = '', signal?: Signal) =>
      read(`${contact}/get_moment_send_result`, customerList, {
        body: { moment_id: moment, userid, limit: 5_000, ...page(from) },
        signal,
      }),
    momentComments: (moment: string, userid: string, signal?: Signal) =>
      read(`${contact}/get_moment_comments`, comments, { body: { moment_id: moment, userid }, signal }),
  }
}
