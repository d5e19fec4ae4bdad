/** The welcome after adding, and what new members of a group are greeted with (WECOM.md §3.5, §3.3). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, done, flag, text, verbs } from './call.ts'
import type { Signal } from './call.ts'
import type { MediaRef } from './content.ts'

/** Text and at most one of the others; WeCom looks at them in this order. */
export interface GroupWelcome {
  /** Up to 3,000 bytes; `%NICKNAME%` is whoever came. */
  readonly text?: { readonly content: string }
  readonly image?: { readonly media_id?: string; readonly pic_url?: string }
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
  readonly file?: MediaRef
  readonly video?: MediaRef
  readonly agentid?: number
}
export interface NewGroupWelcome extends GroupWelcome {
  /** 1 unless given: owners are told that there is a template to pick. */
  readonly notify?: 0 | 1
}
export interface GroupWelcomeChange extends GroupWelcome {
  readonly template_id: string
}

const groupWelcome = z.object({
  text: z.object({ content: text }).optional(),
  image: z.object({ media_id: z.string().optional(), pic_url: z.string().optional() }).optional(),
  link: z
    .object({ title: text, picurl: z.string().optional(), desc: z.string().optional(), url: text })
    .optional(),
  miniprogram: z
    .object({ title: text, pic_media_id: z.string().optional(), appid: text, page: text })
    .optional(),
  file: z.object({ media_id: z.string() }).optional(),
  video: z.object({ media_id: z.string() }).optional(),
  notify: flag,
})

export function welcomeCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    /** `raw` leaves byte for byte. A code works once; whoever repeats it knows what 41051 means then. */
    sendWelcome: (raw: string, signal?: Signal) =>
      make(`${contact}/send_welcome_msg`, done, { body: raw, signal }),
    /** Up to 100 templates; the owner of a group picks one by hand. */
    addGroupWelcome: (body: NewGroupWelcome, signal?: Signal) =>
      make(`${contact}/group_welcome_template/add`, z.object({ template_id: z.string().min(1) }), {
        body,
        signal,
      }),
    editGroupWelcome: (body: GroupWelcomeChange, signal?: Signal) =>
      set(`${contact}/group_welcome_template/edit`, done, { body, signal }),
    groupWelcome: (template: string, signal?: Signal) =>
      read(`${contact}/group_welcome_template/get`, groupWelcome, {
        body: { template_id: template },
        signal,
      }),
    deleteGroupWelcome: (template: string, signal?: Signal) =>
      make(`${contact}/group_welcome_template/del`, done, { body: { template_id: template }, signal }),
  }
}
