import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  isBody,
  limitedText,
  optionalLimited,
  optionalPart,
  optionalText,
  part,
  text,
  type Body,
} from '../params.ts'
import { mustMedia, type Content } from './content.ts'

/** Text and attachments of a moment: up to 9 images, or 1 video, or 1 link (WECOM.md §3.7). */
const mostTextCharacters = 2_000
const most: Readonly<Record<string, number>> = { image: 9, video: 1, link: 1 }
/** upload_attachment keeps what is meant for moments apart from what is meant for the album. */
const momentAttachments = 1

export function readMomentContent(ctx: Context, body: Body): Content {
  const words = optionalPart(body, 'text')
  const content = (words && optionalText(words, 'content')) ?? ''
  if ([...content].length > mostTextCharacters)
    throw new ApiError(45002, `text.content is over ${mostTextCharacters} characters`)
  const given = body['attachments'] ?? []
  if (!Array.isArray(given)) throw invalid('attachments')
  const attachments = given.map((one: unknown) => {
    if (!isBody(one)) throw new ApiError(41065)
    return one
  })
  const kind = attachments[0]?.['msgtype']
  // Kinds do not mix.
  if (attachments.some((one) => one['msgtype'] !== kind || !(String(kind) in most))) throw new ApiError(41065)
  if (attachments.length > (most[String(kind)] ?? 0)) throw new ApiError(41064)
  for (const attachment of attachments) checkAttachment(ctx, attachment, String(kind))
  if (content === '' && attachments.length === 0) throw missing('text and attachments')
  return { text: content, attachments }
}

function checkAttachment(ctx: Context, attachment: Body, kind: string): void {
  const inner = part(attachment, kind)
  if (kind === 'link') {
    optionalLimited(inner, 'title', 64)
    limitedText(inner, 'url', 2_048)
  }
  mustAttachment(ctx, text(inner, 'media_id'), momentAttachments, kind === 'link' ? 'image' : kind)
}

/** 41072: uploaded for another scene, or not by upload_attachment at all. */
export function mustAttachment(ctx: Context, id: string, attachmentType: 1 | 2, type: string): void {
  const media = mustMedia(ctx, id)
  if (media.attachmentType !== attachmentType) throw new ApiError(41072)
  if (media.type !== type) throw new ApiError(40007, `${media.type} where ${type} is needed`)
}
