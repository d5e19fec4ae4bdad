/**
 * What goes along with an advisor's words, as her own client sends it (WECOM.md §6, sendChatMessage): one message each, in
 * names of its own. Ids are those of the app that the sidebar belongs to; covers are addresses.
 */
import { attachmentWords, fileOf } from '../content/index.ts'
import type { Attachment, FileWanted } from '../content/index.ts'
import type { Media } from './media.ts'

export interface ChatMessage {
  readonly msgtype: 'image' | 'video' | 'file' | 'news' | 'miniprogram'
  readonly image?: { readonly mediaid: string }
  readonly video?: { readonly mediaid: string }
  readonly file?: { readonly mediaid: string }
  readonly news?: {
    readonly link: string
    readonly title: string
    readonly desc: string
    readonly imgUrl: string
  }
  readonly miniprogram?: {
    readonly appid: string
    readonly title: string
    readonly imgUrl: string
    readonly page: string
  }
}

export interface ChatPart {
  readonly words: string
  /** Null when its file cannot be had now; `why` says so. */
  readonly message: ChatMessage | null
  readonly why?: string
}

/** The links of the attachments are filled already. */
export const chatParts = (
  media: Pick<Media, 'ensure'>,
  attachments: readonly Attachment[],
): Promise<ChatPart[]> =>
  Promise.all(
    attachments.map(async (attachment) => {
      const words = attachmentWords(attachment)
      const wanted = neededBy(attachment)
      if (!wanted) return { words, message: messageOf(attachment, '') }
      const ensured = await media.ensure(wanted.name, wanted.use)
      return ensured.kind === 'ready'
        ? { words, message: messageOf(attachment, ensured.mediaId) }
        : { words, message: null, why: ensured.why }
    }),
  )

/** The cover of a mini program goes by its address here, not by an id. */
function neededBy(attachment: Attachment): FileWanted | null {
  const wanted = fileOf(attachment)
  return wanted && 'miniprogram' in attachment ? { ...wanted, use: 'picture' } : wanted
}

function messageOf(attachment: Attachment, file: string): ChatMessage {
  if ('image' in attachment) return { msgtype: 'image', image: { mediaid: file } }
  if ('video' in attachment) return { msgtype: 'video', video: { mediaid: file } }
  if ('file' in attachment) return { msgtype: 'file', file: { mediaid: file } }
  if ('miniprogram' in attachment) {
    const { appid, title, page } = attachment.miniprogram
    return { msgtype: 'miniprogram', miniprogram: { appid, title, imgUrl: file, page } }
  }
  const { title, url, desc = '' } = attachment.link
  return { msgtype: 'news', news: { link: url, title, desc, imgUrl: file } }
}
