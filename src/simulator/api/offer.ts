import type { Context } from '../context.ts'
import { ApiError, missing } from '../errors.ts'
import { bytesOf, isBody, optionalPart, optionalText, type Body } from '../params.ts'
import { checkAttachment } from './content.ts'

/** The kinds beside the text; of several given ones the first in this order counts (WECOM.md §3.3). */
const kinds = ['image', 'link', 'miniprogram', 'file', 'video'] as const

/** A text and at most one attachment, each a field of its own kind's name. */
export function readOffer(
  ctx: Context,
  body: Body,
  mostTextBytes: number,
): { readonly text: string; readonly content: Record<string, unknown> } {
  const words = optionalPart(body, 'text')
  const text = (words && optionalText(words, 'content')) ?? ''
  if (bytesOf(text) > mostTextBytes) throw new ApiError(45002, `text.content is over ${mostTextBytes} bytes`)
  const kind = kinds.find((one) => isBody(body[one]))
  if (kind) checkAttachment(ctx, { msgtype: kind, [kind]: body[kind] })
  if (text === '' && !kind) throw missing('text')
  return {
    text,
    content: { ...(text === '' ? {} : { text: { content: text } }), ...(kind ? { [kind]: body[kind] } : {}) },
  }
}
