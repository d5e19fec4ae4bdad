import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import { bytesOf, limitedText, optionalChars, optionalParts, part, text, type Body } from '../params.ts'
import { mustMedia } from './content.ts'

export interface MessageContent {
  readonly msgtype: string
  readonly inner: Body
  /** The words a person reads, for the ledger. */
  readonly text: string
}

const mostTextBytes = 2_048
const mostContentBytes = 666 * 1024

/** The content of message/send, checked by type (WECOM.md §4.1). */
export function readMessage(ctx: Context, body: Body): MessageContent {
  const msgtype = text(body, 'msgtype')
  const inner = part(body, msgtype)
  switch (msgtype) {
    case 'text':
      // Too long a text is cut, not refused.
      return { msgtype, inner, text: cut(text(inner, 'content'), mostTextBytes) }
    case 'markdown':
      if (bytesOf(text(inner, 'content')) > mostTextBytes) throw new ApiError(45002)
      return { msgtype, inner, text: text(inner, 'content') }
    case 'textcard':
      return { msgtype, inner, text: readTextCard(inner) }
    case 'news':
      return { msgtype, inner, text: readNews(inner) }
    case 'mpnews':
      return { msgtype, inner, text: readMpnews(ctx, inner) }
    case 'template_card':
      return { msgtype, inner, text: wordsOf(inner) }
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      mustMedia(ctx, text(inner, 'media_id'))
      return { msgtype, inner, text: '' }
    default:
      throw invalid('msgtype')
  }
}

function cut(words: string, mostBytes: number): string {
  const bytes = Buffer.from(words)
  if (bytes.length <= mostBytes) return words
  // A character that lost its tail decodes to the replacement sign; the phone drops it.
  return bytes
    .subarray(0, mostBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
}

function readTextCard(card: Body): string {
  const title = optionalChars(card, 'title', 128)
  const description = optionalChars(card, 'description', 512)
  if (!title) throw missing('textcard.title')
  if (!description) throw missing('textcard.description')
  limitedText(card, 'url', 2_048)
  optionalChars(card, 'btntxt', 4)
  return `${title}\n${description}`
}

export function readNews(news: Body): string {
  const articles = optionalParts(news, 'articles', 8) ?? []
  if (articles.length === 0) throw missing('news.articles')
  return articles.map((article) => limitedText(article, 'title', 128)).join('\n')
}

function readMpnews(ctx: Context, news: Body): string {
  const articles = optionalParts(news, 'articles', 8) ?? []
  if (articles.length === 0) throw missing('mpnews.articles')
  return articles
    .map((article) => {
      mustMedia(ctx, text(article, 'thumb_media_id'))
      limitedText(article, 'content', mostContentBytes, 45002)
      return limitedText(article, 'title', 128)
    })
    .join('\n')
}

/** Every text a card shows: titles, descriptions, values, button words; not keys, ids or addresses. */
export function wordsOf(card: Body): string {
  const shown = new Set(['title', 'desc', 'text', 'sub_title_text', 'quote_text', 'keyname', 'value', 'name'])
  const found: string[] = []
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      if (shown.has(name) && value !== '') found.push(value)
    } else if (Array.isArray(value)) value.forEach((one) => walk(one, name))
    else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) walk(inner, key)
    }
  }
  walk(card, '')
  return found.join('\n')
}
