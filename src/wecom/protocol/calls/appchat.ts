/**
 * Internal groups that the app makes and speaks in; staff only, and the app must be visible to all of the corp (WECOM.md
 * §4.2). A member is shown 200 messages a minute and 10,000 a day of an app, the rest is dropped without an error.
 */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { done, ids, text, verbs } from './call.ts'
import type { Signal } from './call.ts'
import type { MediaRef, News, TextPart } from './content.ts'

export interface NewChat {
  /** Up to 50 characters. */
  readonly name?: string
  readonly owner?: string
  /** Two to 2,000. */
  readonly userlist: readonly string[]
  /** Up to 32 letters and digits; WeCom makes one when absent. */
  readonly chatid?: string
}
export interface ChatChange {
  readonly chatid: string
  readonly name?: string
  readonly owner?: string
  readonly add_user_list?: readonly string[]
  readonly del_user_list?: readonly string[]
}
export interface TextCard {
  /** Up to 128. */
  readonly title: string
  /** Up to 512. */
  readonly description: string
  /** Up to 2,048 bytes. */
  readonly url: string
  /** Up to 4 characters. */
  readonly btntxt?: string
}
export interface MpArticle {
  readonly title: string
  readonly thumb_media_id: string
  readonly author?: string
  readonly content_source_url?: string
  /** Up to 666 KB. */
  readonly content: string
  readonly digest?: string
}
export type ChatMessage = { readonly chatid: string; readonly safe?: 0 | 1 | 2 } & (
  | { readonly msgtype: 'text'; readonly text: TextPart }
  | { readonly msgtype: 'markdown'; readonly markdown: TextPart }
  | { readonly msgtype: 'image'; readonly image: MediaRef }
  | { readonly msgtype: 'voice'; readonly voice: MediaRef }
  | {
      readonly msgtype: 'video'
      readonly video: MediaRef & { readonly title?: string; readonly description?: string }
    }
  | { readonly msgtype: 'file'; readonly file: MediaRef }
  | { readonly msgtype: 'textcard'; readonly textcard: TextCard }
  | { readonly msgtype: 'news'; readonly news: News }
  | { readonly msgtype: 'mpnews'; readonly mpnews: { readonly articles: readonly MpArticle[] } }
)

const chat = z.object({
  chat_info: z.object({ chatid: z.string(), name: text, owner: text, userlist: ids }),
})

export function appchatCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    createChat: (body: NewChat, signal?: Signal) =>
      make('appchat/create', z.object({ chatid: z.string().min(1) }), { body, signal }),
    updateChat: (body: ChatChange, signal?: Signal) => set('appchat/update', done, { body, signal }),
    chat: (chatid: string, signal?: Signal) => read('appchat/get', chat, { query: { chatid }, signal }),
    sendToChat: (body: ChatMessage, signal?: Signal) => make('appchat/send', done, { body, signal }),
  }
}
