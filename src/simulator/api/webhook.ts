import { createHash } from 'node:crypto'
import { takeUse } from '../ceilings.ts'
import { seconds, type Context } from '../context.ts'
import { tellStaff } from '../deeds/tell-staff.ts'
import { ApiError, invalid } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { limitedText, optionalTexts, part, text, type Body } from '../params.ts'
import type { Robot } from '../records.ts'
import type { Api, Call } from './call.ts'
import { readCard } from './cards.ts'
import { mediaMs } from './content.ts'
import { keep, readUpload } from './media.ts'
import { readNews, wordsOf, type MessageContent } from './message-types.ts'
import { kindOf } from './messages.ts'

const mostPerMinute = 20
const mostTextBytes = 2_048
const mostMarkdownBytes = 4_096
const mostImageBytes = 2 * 1024 * 1024
const mostMentions = 1_000
const cardTypes = new Set(['text_notice', 'news_notice'])

/** Message robots of internal groups: the key stands for the token (WECOM.md §4.3). */
function mustRobot({ ctx, query }: Call): Robot {
  const robot = ctx.state.robots.get(query.get('key') ?? '')
  if (!robot) throw new ApiError(93000)
  if (robot.disabled) throw new ApiError(93004)
  return robot
}

function readContent(ctx: Context, body: Body, robot: Robot): MessageContent {
  const msgtype = text(body, 'msgtype')
  const inner = part(body, msgtype)
  switch (msgtype) {
    case 'text':
      optionalTexts(inner, 'mentioned_list', mostMentions)
      optionalTexts(inner, 'mentioned_mobile_list', mostMentions)
      return { msgtype, inner, text: limitedText(inner, 'content', mostTextBytes, 45002) }
    case 'markdown':
    case 'markdown_v2':
      return { msgtype, inner, text: limitedText(inner, 'content', mostMarkdownBytes, 45002) }
    case 'news':
      return { msgtype, inner, text: readNews(inner) }
    case 'image':
      checkImage(inner)
      return { msgtype, inner: { md5: inner['md5'] }, text: '' }
    case 'file':
    case 'voice':
      mustOwnMedia(ctx, robot, text(inner, 'media_id'), msgtype)
      return { msgtype, inner, text: '' }
    case 'template_card':
      if (!cardTypes.has(text(inner, 'card_type'))) throw new ApiError(42027)
      readCard(ctx, ctx.credentials.agentId, inner)
      return { msgtype, inner, text: wordsOf(inner) }
    default:
      throw invalid('msgtype')
  }
}

/** The md5 is that of the picture before Base64. */
function checkImage(image: Body): void {
  const bytes = Buffer.from(text(image, 'base64'), 'base64')
  const isPng = bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))
  const isJpeg = bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
  if (!isPng && !isJpeg) throw invalid('image.base64')
  if (bytes.length > mostImageBytes) throw new ApiError(45001)
  const md5 = createHash('md5').update(bytes).digest('hex')
  if (text(image, 'md5').toLowerCase() !== md5) throw invalid('image.md5')
}

/** Only what was uploaded for this robot, within three days. */
function mustOwnMedia(ctx: Context, robot: Robot, id: string, type: string): void {
  const media = ctx.state.media.get(id)
  const isLate = media && ctx.clock.now() - media.createdAt > mediaMs
  if (!media || isLate || media.robot !== robot.key || media.type !== type) throw new ApiError(40007)
}

const send: Api = {
  path: 'webhook/send',
  method: 'POST',
  open: true,
  run(call) {
    const { ctx, body } = call
    const robot = mustRobot(call)
    const content = readContent(ctx, body, robot)
    takeUse(ctx, `robot ${robot.key}`, mostPerMinute, 'minute')
    tellStaff(ctx, {
      api: 'webhook/send',
      msgid: ctx.rng.text(32),
      sender: robot.key,
      kind: content.msgtype === 'markdown_v2' ? 'markdown' : kindOf(content.msgtype),
      text: content.text,
      links: linksIn(content.inner),
      body: { msgtype: content.msgtype, [content.msgtype]: content.inner },
      recipients: robot.members,
      reaches: () => true,
    })
    return {}
  },
}

const uploadMedia: Api = {
  path: 'webhook/upload_media',
  method: 'POST',
  open: true,
  run(call) {
    const robot = mustRobot(call)
    const type = call.query.get('type') ?? ''
    if (type !== 'file' && type !== 'voice') throw invalid('type')
    const media = keep(call, type, readUpload(call), { robot: robot.key })
    return { type, media_id: media.id, created_at: String(seconds(media.createdAt)) }
  },
}

export const webhookApis: readonly Api[] = [send, uploadMedia]
