/**
 * What goes along with the words: pictures, films and files of the catalogue, cards that lead to a page or a mini
 * program (WECOM.md §3.5, §3.6). In the cadence and in promises files go by their names; what WeCom calls them is settled
 * when the words are about to leave.
 */
import type { MediaUse } from './media-file.ts'

export interface LinkCard {
  readonly title: string
  /** An address, or `[[link:…]]`. */
  readonly url: string
  readonly desc?: string | undefined
  /** Of the catalogue. */
  readonly picture?: string | undefined
}

export interface ProgramCard {
  readonly title: string
  readonly appid: string
  readonly page: string
  readonly picture: string
}

export type Attachment =
  | { readonly image: string }
  | { readonly video: string }
  | { readonly file: string }
  | { readonly link: LinkCard }
  | { readonly miniprogram: ProgramCard }

/** A file that an attachment needs, and as what. */
export interface FileWanted {
  readonly name: string
  readonly use: MediaUse
  /** Where in the attachment it is named. */
  readonly path: readonly string[]
}

/** Where it is shown: WeCom keeps the files of moments apart (WECOM.md §8). */
export type Scene = 'message' | 'moment'

export function fileOf(attachment: Attachment, scene: Scene = 'message'): FileWanted | null {
  const isMoment = scene === 'moment'
  if ('image' in attachment)
    return { name: attachment.image, use: isMoment ? 'moment-image' : 'image', path: ['image'] }
  if ('video' in attachment)
    return { name: attachment.video, use: isMoment ? 'moment-video' : 'video', path: ['video'] }
  if ('file' in attachment) return { name: attachment.file, use: 'file', path: ['file'] }
  if ('miniprogram' in attachment)
    return { name: attachment.miniprogram.picture, use: 'image', path: ['miniprogram', 'picture'] }
  const { picture } = attachment.link
  if (picture === undefined) return null
  // In a message a link shows its picture by an address that stays, not by an id.
  return { name: picture, use: isMoment ? 'moment-image' : 'picture', path: ['link', 'picture'] }
}

/** With the links of its address filled. */
export const filled = (attachment: Attachment, fill: (text: string) => string): Attachment =>
  'link' in attachment ? { link: { ...attachment.link, url: fill(attachment.link.url) } } : attachment

/** As screens show a message: its words, and below them what goes along. */
export const shownText = (content: {
  readonly text: string
  readonly attachments?: readonly Attachment[]
}): string =>
  content.attachments === undefined
    ? content.text
    : `${content.text}\n附件：${content.attachments.map(attachmentWords).join('、')}`

/** For screens: 图片“封面”, 链接“直播间”. */
export function attachmentWords(attachment: Attachment): string {
  if ('image' in attachment) return `图片“${attachment.image}”`
  if ('video' in attachment) return `视频“${attachment.video}”`
  if ('file' in attachment) return `文件“${attachment.file}”`
  if ('link' in attachment) return `链接“${attachment.link.title}”`
  return `小程序“${attachment.miniprogram.title}”`
}
