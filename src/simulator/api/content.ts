import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  bytesOf,
  limitedText,
  optionalLimited,
  optionalPart,
  optionalText,
  part,
  text,
  type Body,
} from '../params.ts'
import type { Media } from '../state.ts'

/** Text and attachments of group sends and welcomes (WECOM.md §3.5, §3.6). */
export interface Content {
  readonly text: string
  readonly attachments: readonly Body[]
}

const mostTextBytes = 4_000
const mostAttachments = 9
export const mediaMs = 3 * 86_400_000

export function readContent(ctx: Context, body: Body): Content {
  const words = optionalPart(body, 'text')
  const content = (words && optionalText(words, 'content')) ?? ''
  if (bytesOf(content) > mostTextBytes)
    throw new ApiError(45002, `text.content is over ${mostTextBytes} bytes`)
  const attachments = body['attachments'] ?? []
  if (!Array.isArray(attachments)) throw invalid('attachments')
  if (attachments.length > mostAttachments) throw new ApiError(41064)
  for (const attachment of attachments as unknown[]) checkAttachment(ctx, attachment)
  if (content === '' && attachments.length === 0) throw missing('text and attachments')
  return { text: content, attachments: attachments as Body[] }
}

export function mustMedia(ctx: Context, id: string): Media {
  const media = ctx.state.media.get(id)
  if (!media || media.robot !== null || ctx.clock.now() - media.createdAt > mediaMs) throw new ApiError(40007)
  return media
}

export function checkAttachment(ctx: Context, attachment: unknown): void {
  if (attachment === null || typeof attachment !== 'object' || !('msgtype' in attachment))
    throw new ApiError(41065)
  const holder = attachment as Body
  const inner = (): Body => part(holder, String(holder['msgtype']))
  switch (holder['msgtype']) {
    case 'image': {
      const image = inner()
      const mediaId = optionalText(image, 'media_id')
      if (mediaId) mustMedia(ctx, mediaId)
      else text(image, 'pic_url')
      return
    }
    case 'link': {
      const link = inner()
      limitedText(link, 'title', 128)
      limitedText(link, 'url', 2_048)
      optionalLimited(link, 'picurl', 2_048)
      optionalLimited(link, 'desc', 512)
      return
    }
    case 'miniprogram': {
      const program = inner()
      limitedText(program, 'title', 64)
      mustMedia(ctx, text(program, 'pic_media_id'))
      text(program, 'appid')
      text(program, 'page')
      return
    }
    case 'video':
    case 'file':
      mustMedia(ctx, text(inner(), 'media_id'))
      return
    default:
      throw new ApiError(41065)
  }
}
