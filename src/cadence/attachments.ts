/**
 * What goes along with a touchpoint's words. Files are named as the catalogue names them; whether there is such a file,
 * of that kind, is asked of what somebody wants to publish (sense.ts).
 */
import { z } from 'zod'
import {
  bytesOf,
  fileOf,
  filledBytes,
  isLinkTarget,
  linksIn,
  mediaTypeWords,
  mostBytes,
} from '../content/index.ts'
import type { Attachment, MediaFile, MediaUse, Scene } from '../content/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { addMistake, unknownWord } from './mistake.ts'
import type { MistakeWords } from './mistake.ts'
import type { Nonsense } from './sense.ts'

/** WECOM.md §3.5, §3.6: nine at most, lengths in bytes of UTF-8. */
const most = { attachments: 9, linkTitle: 128, desc: 512, url: 2_048, programTitle: 64 } as const

/** Of so many bytes, links counted at their longest. */
const bytesField = (limit: number) =>
  z
    .string()
    .min(1)
    .superRefine((text, ctx) => {
      const bytes = linksIn(text).length > 0 ? filledBytes(text) : bytesOf(text)
      if (bytes > limit) addMistake(ctx, tooLong(bytes, limit))
    })

const urlField = bytesField(most.url).superRefine((text, ctx) => {
  const [target] = linksIn(text)
  const isOurs = target !== undefined && text === `[[link:${target}]]` && isLinkTarget(target)
  if (!isOurs && !/^https?:\/\/[^\s/]+\S*$/.test(text)) addMistake(ctx, notAnAddress(text))
})

const fileField = z.string().min(1).max(60)

const kinds = {
  image: fileField.describe('图片：素材名'),
  video: fileField.describe('视频：素材名'),
  file: fileField.describe('文件：素材名'),
  link: z
    .strictObject({
      title: bytesField(most.linkTitle),
      url: urlField.describe('网址，或 [[link:me]] 这样的站内链接'),
      desc: bytesField(most.desc).describe('摘要').optional(),
      picture: fileField.describe('封面图片的素材名').optional(),
    })
    .describe('链接卡片'),
  miniprogram: z
    .strictObject({
      title: bytesField(most.programTitle),
      appid: z.string().min(1).max(64).describe('小程序 AppID'),
      page: z.string().min(1).max(1_024).describe('小程序页面路径'),
      picture: fileField.describe('封面图片的素材名'),
    })
    .describe('小程序卡片'),
}

const attachmentField = z
  .strictObject({
    image: kinds.image.optional(),
    video: kinds.video.optional(),
    file: kinds.file.optional(),
    link: kinds.link.optional(),
    miniprogram: kinds.miniprogram.optional(),
  })
  .superRefine((one, ctx) => {
    if (Object.values(one).filter((kind) => kind !== undefined).length !== 1) addMistake(ctx, notOne)
  })

export const attachmentsField = z
  .array(attachmentField)
  .max(most.attachments)
  .describe('附件：随话术一起发出的图片、视频、文件、链接或小程序，最多 9 个；文件写素材名')
  .optional()

export type AttachmentsWritten = z.infer<typeof attachmentsField>

/** What was parsed by the field holds one kind each. */
export const attachmentsOf = (parsed: AttachmentsWritten): readonly Attachment[] =>
  (parsed ?? []).flatMap((one): Attachment[] => {
    const { image, video, file, link, miniprogram } = one
    if (image !== undefined) return [{ image }]
    if (video !== undefined) return [{ video }]
    if (file !== undefined) return [{ file }]
    if (link !== undefined) return [{ link }]
    return miniprogram === undefined ? [] : [{ miniprogram }]
  })

/** For rules: only where there are any, so that what says nothing of them reads as before. */
export function attachmentsPart({ attachments }: { readonly attachments?: AttachmentsWritten }): {
  readonly attachments?: readonly Attachment[]
} {
  const some = attachmentsOf(attachments)
  return some.length === 0 ? {} : { attachments: some }
}

const carriers: readonly ChannelName[] = [
  'welcome',
  'broadcast',
  'group-broadcast',
  'advisor-task',
  'moments',
]
export const carriesAttachments = (channel: ChannelName): boolean => carriers.includes(channel)

/** Where this kind of touchpoint shows its files. */
export const sceneOf = (kind: string): Scene => (kind === 'moment-note' ? 'moment' : 'message')

/** Up to nine pictures, or one film, or one link with its cover, whose title is shorter (WECOM.md §3.7). */
export function unfitForMoment(attachments: readonly Attachment[]): Nonsense[] {
  const kindOf = (one: Attachment): string => Object.keys(one)[0] ?? ''
  const first = attachments[0] && kindOf(attachments[0])
  return attachments.flatMap((one, i): Nonsense[] => {
    const kind = kindOf(one)
    const path = ['attachments', i, kind]
    if (!['image', 'video', 'link'].includes(kind)) return [{ path, words: notInMoments }]
    if (kind !== first || (i > 0 && kind !== 'image')) return [{ path, words: oneKindInMoments }]
    if (!('link' in one)) return []
    const { title, picture } = one.link
    const bytes = bytesOf(title)
    return [
      ...(picture === undefined ? [{ path, words: noCover }] : []),
      ...(bytes > momentTitle ? [{ path: [...path, 'title'], words: tooLong(bytes, momentTitle) }] : []),
    ]
  })
}
const momentTitle = 64

export const noAttachmentsHere: MistakeWords = {
  message: '这个触点不能带附件：只有欢迎语、客户群发、社群消息、顾问任务和朋友圈可以',
  fix: '删去 attachments，或改用可以带附件的触点',
  messageEn:
    'this touchpoint carries no attachments: only welcomes, broadcasts, group messages, advisor tasks and moments do',
  fixEn: 'take attachments away, or use a touchpoint that carries them',
}

// ---------------------------------------------------------------- are there such files?

/** As the catalogue tells it. */
export type MediaSeen = Pick<MediaFile, 'name' | 'type' | 'bytes'>

export function unfitFiles(
  attachments: readonly Attachment[],
  media: readonly MediaSeen[],
  scene?: Scene,
): Nonsense[] {
  return attachments.flatMap((attachment, i) => {
    const wanted = fileOf(attachment, scene)
    if (!wanted) return []
    const { name, use } = wanted
    const file = media.find((one) => one.name === name)
    const words = file ? unfit(file, use) : unknownFile(name, media, use)
    return words ? [{ path: ['attachments', i, ...wanted.path], words }] : []
  })
}

function typeFor(use: MediaUse): MediaFile['type'] {
  if (use === 'moment-video') return 'video'
  return use === 'video' || use === 'file' ? use : 'image'
}

function unfit(file: MediaSeen, use: MediaUse): MistakeWords | null {
  const type = typeFor(use)
  if (file.type !== type)
    return {
      message: `素材“${file.name}”是${mediaTypeWords[file.type]}，这里要${mediaTypeWords[type]}`,
      fix: `换一个${mediaTypeWords[type]}素材，或写成 ${file.type}: ${file.name}`,
      messageEn: `"${file.name}" is of type ${file.type}, and ${type} is wanted here`,
      fixEn: `name a file of type ${type}, or write ${file.type}: ${file.name}`,
    }
  const limit = mostBytes(use)
  if (file.bytes <= limit) return null
  const megabytes = String(limit / 1_048_576)
  return {
    message: `素材“${file.name}”超过 ${megabytes} MB，不能做链接封面`,
    fix: '换一张小一点的图片',
    messageEn: `"${file.name}" is larger than ${megabytes} MB, too large for the picture of a link`,
    fixEn: 'name a smaller picture',
  }
}

const unknownFile = (name: string, media: readonly MediaSeen[], use: MediaUse): MistakeWords => {
  const fitting = media.filter(({ type }) => type === typeFor(use)).map((one) => one.name)
  if (fitting.length > 0) return unknownWord(name, fitting, { zh: '素材', en: 'file' })
  return {
    message: `没有名为“${name}”的素材`,
    fix: '先在后台“素材”里上传，或运行 siyu media add 文件',
    messageEn: `there is no file "${name}" in the media catalogue`,
    fixEn: 'add it in the console, or run: siyu media add FILE',
  }
}

const tooLong = (bytes: number, limit: number): MistakeWords => ({
  message: `有 ${String(bytes)} 字节，超过上限 ${String(limit)} 字节`,
  fix: `精简到 ${String(Math.floor(limit / 3))} 个汉字以内`,
  messageEn: `it takes ${String(bytes)} bytes, more than ${String(limit)}`,
  fixEn: `shorten it to fewer than ${String(Math.floor(limit / 3))} Chinese characters`,
})
const notAnAddress = (text: string): MistakeWords => ({
  message: `“${text.slice(0, 40)}”不是网址`,
  fix: '写 https:// 开头的网址，或 [[link:me]] 这样的站内链接',
  messageEn: `"${text.slice(0, 40)}" is not an address`,
  fixEn: 'write an address that begins with https://, or a link such as [[link:me]]',
})
const notInMoments: MistakeWords = {
  message: '朋友圈只能带图片、视频或链接',
  fix: '换成 image、video 或 link',
  messageEn: 'a moment carries pictures, a film or a link',
  fixEn: 'write image, video or link',
}
const oneKindInMoments: MistakeWords = {
  message: '朋友圈的附件不能混用：最多 9 张图片，或 1 个视频，或 1 个链接',
  fix: '只留一种',
  messageEn: 'a moment carries up to 9 pictures, or 1 film, or 1 link',
  fixEn: 'keep one kind',
}
const noCover: MistakeWords = {
  message: '朋友圈的链接要有封面',
  fix: '加上 picture: 素材名',
  messageEn: 'the link of a moment needs its picture',
  fixEn: 'add picture: NAME',
}
const notOne: MistakeWords = {
  message: '一个附件只能是一种',
  fix: '写 image、video、file、link、miniprogram 中的一个，例如 - image: 封面',
  messageEn: 'an attachment is of one kind',
  fixEn: 'write one of image, video, file, link and miniprogram, for example - image: cover',
}
