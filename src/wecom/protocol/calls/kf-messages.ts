/** What customers and WeCom say in 微信客服, and what we may say (WECOM.md §5); limits in bytes of UTF-8. */
import { z } from 'zod'
import { flag, list, number, text } from './call.ts'
import type { MediaRef, TextPart } from './content.ts'

type MenuItem =
  | { readonly type: 'click'; readonly click: { readonly id?: string; readonly content: string } }
  | { readonly type: 'view'; readonly view: { readonly url: string; readonly content: string } }
  | {
      readonly type: 'miniprogram'
      readonly miniprogram: { readonly appid: string; readonly pagepath: string; readonly content: string }
    }
  | { readonly type: 'text'; readonly text: TextPart & { readonly no_newline?: 0 | 1 } }

export interface Menu {
  /** Up to 1,024, as the tail. */
  readonly head_content?: string
  /** Up to 50, at most ten of them to press. */
  readonly list?: readonly MenuItem[]
  readonly tail_content?: string
}

/** Letters, digits, `_` and `-`, up to 32; WeCom makes one when absent. */
interface OwnMsgid {
  readonly msgid?: string
}

export type KfMessage = OwnMsgid & { readonly touser: string; readonly open_kfid: string } & (
    | { readonly msgtype: 'text'; /** Up to 2,048. */ readonly text: TextPart }
    | { readonly msgtype: 'image'; readonly image: MediaRef }
    | { readonly msgtype: 'voice'; readonly voice: MediaRef }
    | { readonly msgtype: 'video'; readonly video: MediaRef }
    | { readonly msgtype: 'file'; readonly file: MediaRef }
    | {
        readonly msgtype: 'link'
        /** The title up to 128, `desc` up to 512. */
        readonly link: {
          readonly title: string
          readonly desc?: string
          readonly url: string
          readonly thumb_media_id: string
        }
      }
    | {
        readonly msgtype: 'miniprogram'
        readonly miniprogram: {
          readonly appid: string
          readonly title?: string
          readonly thumb_media_id: string
          readonly pagepath: string
        }
      }
    | { readonly msgtype: 'msgmenu'; readonly msgmenu: Menu }
    | {
        readonly msgtype: 'location'
        readonly location: {
          readonly name?: string
          readonly address?: string
          readonly latitude: number
          readonly longitude: number
        }
      }
    | { readonly msgtype: 'ca_link'; readonly ca_link: { readonly link_url: string } }
  )

/** To an event, with the code it brought. */
export type KfReply = OwnMsgid & { readonly code: string } & (
    | { readonly msgtype: 'text'; readonly text: TextPart }
    | { readonly msgtype: 'msgmenu'; readonly msgmenu: Menu }
  )

/** A part in an unheard-of form must not hide the rest of the page: its cursor would never move on. */
const part = <S extends z.ZodType>(shape: S) => shape.optional().catch(undefined)
const media = part(z.object({ media_id: text }))

const event = z.object({
  event_type: z.string(),
  open_kfid: text,
  external_userid: text,
  // enter_session
  scene: text,
  scene_param: text,
  welcome_code: z.string().optional(),
  wechat_channels: part(z.object({ nickname: text, scene: number.default(0) })),
  // msg_send_fail
  fail_msgid: z.string().optional(),
  fail_type: part(number),
  // servicer_status_change, session_status_change
  servicer_userid: text,
  status: part(number),
  change_type: part(number),
  old_servicer_userid: text,
  new_servicer_userid: text,
  msg_code: z.string().optional(),
  // user_recall_msg, servicer_recall_msg
  recall_msgid: z.string().optional(),
  // reject_customer_msg_switch_change
  reject_switch: part(number),
})
const menuItem = z.object({
  type: text,
  click: part(z.object({ id: text, content: text })),
  view: part(z.object({ url: text, content: text })),
  miniprogram: part(z.object({ appid: text, pagepath: text, content: text })),
  text: part(z.object({ content: text })),
})
const message = z.object({
  msgid: z.string(),
  /** Events carry both ids inside. */
  open_kfid: text,
  external_userid: text,
  send_time: number,
  /** 3 the customer, 4 an event, 5 a person who serves. */
  origin: number,
  servicer_userid: text,
  msgtype: z.string(),
  text: part(z.object({ content: text, menu_id: text })),
  image: media,
  voice: media,
  video: media,
  file: media,
  location: part(z.object({ latitude: number, longitude: number, name: text, address: text })),
  link: part(z.object({ title: text, desc: text, url: text, pic_url: text })),
  business_card: part(z.object({ userid: text })),
  miniprogram: part(z.object({ title: text, appid: text, pagepath: text, thumb_media_id: text })),
  msgmenu: part(z.object({ head_content: text, list: list(menuItem), tail_content: text })),
  event: part(event),
})

export const pulled = z.object({
  next_cursor: text,
  has_more: flag,
  /** Null: one that cannot be read. It hides nothing of the rest of its page. */
  msg_list: list(message.nullable().catch(null)),
})

export type KfPulled = z.output<typeof pulled>
export type KfHeard = NonNullable<KfPulled['msg_list'][number]>
