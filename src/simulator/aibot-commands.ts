import { readCard } from './api/cards.ts'
import { mediaMs } from './api/content.ts'
import { wordsOf } from './api/message-types.ts'
import { uploadChunk, uploadFinish, uploadInit } from './aibot-upload.ts'
import type { BotMessage, BotRequest } from './aibot-state.ts'
import { takeUse } from './ceilings.ts'
import type { Context } from './context.ts'
import { tellStaff } from './deeds/tell-staff.ts'
import { ApiError, invalid } from './errors.ts'
import { linksIn } from './ledger.ts'
import {
  bytesOf,
  limitedText,
  optionalFlag,
  optionalPart,
  optionalText,
  optionalTexts,
  part,
  text,
  type Body,
} from './params.ts'

/** One command of the long connection: what the acknowledgement carries beside its code. */
type Command = (ctx: Context, reqId: string, body: Body) => Body | undefined

const minuteMs = 60_000
const hourMs = 3_600_000
const respondMs = 24 * hourMs
const shortWindowMs = 5_000
const streamMs = 6 * minuteMs
const mostBytes = 20_480
const mostPerMinute = 30
const mostPerHour = 1_000
const mediaTypes = new Set(['file', 'image', 'voice', 'video'])

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['aibot_subscribe', () => undefined],
  ['ping', () => undefined],
  ['aibot_respond_msg', respond],
  ['aibot_respond_welcome_msg', welcome],
  ['aibot_respond_update_msg', update],
  ['aibot_send_msg', send],
  ['aibot_upload_media_init', uploadInit],
  ['aibot_upload_media_chunk', uploadChunk],
  ['aibot_upload_media_finish', uploadFinish],
])

/** The delivery that is answered, while it may still be. */
function mustRequest(
  ctx: Context,
  reqId: string,
  kinds: readonly BotRequest['kind'][],
  withinMs: number,
): BotRequest {
  const request = ctx.state.bot.requests.get(reqId)
  const isLate = request && ctx.clock.now() - request.at > withinMs
  if (!request || isLate || !kinds.includes(request.kind)) throw new ApiError(846605)
  return request
}

function respond(ctx: Context, reqId: string, body: Body): undefined {
  const { chatid } = mustRequest(ctx, reqId, ['message'], respondMs)
  const msgtype = text(body, 'msgtype')
  if (msgtype === 'stream') return void stream(ctx, chatid, part(body, 'stream'), null)
  if (msgtype === 'stream_with_template_card') {
    const card = optionalPart(body, 'template_card')
    return void stream(ctx, chatid, part(body, 'stream'), card ?? null)
  }
  if (msgtype !== 'template_card' && !mediaTypes.has(msgtype)) throw invalid('msgtype')
  speak(ctx, 'aibot_respond_msg', chatid, body)
}

/** Every frame carries the whole text so far; the last one says so, within six minutes of the first. */
function stream(ctx: Context, chatid: string, inner: Body, card: Body | null): void {
  const id = text(inner, 'id')
  const words = optionalText(inner, 'content') ?? ''
  if (bytesOf(words) > mostBytes) throw new ApiError(45002)
  const found = ctx.state.bot.messages.find((one) => one.streamId === id && one.chatid === chatid)
  if (found?.finished) throw new ApiError(846608)
  if (card) readBotCard(ctx, chatid, card)
  const message = found ?? begin(ctx, 'aibot_respond_msg', chatid, 'stream', id)
  message.text = words
  message.body = { stream: { id, content: words }, ...(card ? { template_card: card } : {}) }
  if (!found) ctx.clock.schedule(message.at + streamMs, () => finish(ctx, message))
  if (optionalFlag(inner, 'finish')) finish(ctx, message)
}

function welcome(ctx: Context, reqId: string, body: Body): undefined {
  const request = mustRequest(ctx, reqId, ['enter'], shortWindowMs)
  if (request.answered) throw new ApiError(846605)
  const msgtype = text(body, 'msgtype')
  if (msgtype !== 'text' && msgtype !== 'template_card') throw invalid('msgtype')
  speak(ctx, 'aibot_respond_welcome_msg', request.chatid, body)
  request.answered = true
}

function update(ctx: Context, reqId: string, body: Body): undefined {
  const request = mustRequest(ctx, reqId, ['card'], shortWindowMs)
  if (request.answered) throw new ApiError(846605)
  if (text(body, 'response_type') !== 'update_template_card') throw invalid('response_type')
  optionalTexts(body, 'userids', 1_000)
  const card = part(body, 'template_card')
  const old = ctx.state.bot.cards.get(text(card, 'task_id'))
  if (!old || old.taskId !== request.taskId) throw new ApiError(42016)
  // The card keeps its id, which a new one could not take.
  readCard(ctx, null, { ...card, task_id: ctx.rng.text(16) })
  old.card = { ...card }
  request.answered = true
}

function send(ctx: Context, _reqId: string, body: Body): Body {
  const chatid = text(body, 'chatid')
  if (!ctx.state.bot.chats.has(chatid)) throw new ApiError(86003)
  const msgtype = text(body, 'msgtype')
  if (msgtype !== 'markdown' && msgtype !== 'template_card' && !mediaTypes.has(msgtype))
    throw invalid('msgtype')
  return { msgid: speak(ctx, 'aibot_send_msg', chatid, body).msgid }
}

function readBotCard(ctx: Context, chatid: string, card: Body): void {
  const { taskId } = readCard(ctx, null, card)
  if (taskId) ctx.state.bot.cards.set(taskId, { taskId, chatid, card: { ...card } })
}

/** Says it at once: whatever is no stream. */
function speak(ctx: Context, api: BotMessage['api'], chatid: string, body: Body): BotMessage {
  const msgtype = text(body, 'msgtype')
  const inner = part(body, msgtype)
  if (mediaTypes.has(msgtype)) mustOwnMedia(ctx, text(inner, 'media_id'), msgtype)
  const words = mediaTypes.has(msgtype)
    ? ''
    : msgtype === 'template_card'
      ? wordsOf(inner)
      : limitedText(inner, 'content', mostBytes, 45002)
  const message = begin(ctx, api, chatid, msgtype, null)
  if (msgtype === 'template_card') readBotCard(ctx, chatid, inner)
  message.text = words
  message.body = { [msgtype]: inner }
  finish(ctx, message)
  return message
}

/** Takes its place under the ceilings that answers and own words of a chat share. */
function begin(
  ctx: Context,
  api: BotMessage['api'],
  chatid: string,
  msgtype: string,
  streamId: string | null,
): BotMessage {
  takeUse(ctx, `bot ${chatid} minute`, mostPerMinute, 'minute')
  takeUse(ctx, `bot ${chatid} hour`, mostPerHour, 'hour')
  const { messages } = ctx.state.bot
  const seq = messages.length + 1
  const message: BotMessage = {
    seq,
    msgid: `bot${ctx.rng.text(29)}`,
    at: ctx.clock.now(),
    chatid,
    api,
    streamId,
    msgtype,
    text: '',
    body: {},
    finished: false,
  }
  messages.push(message)
  return message
}

/** From here on nothing more is added: the ledger holds what was read. */
function finish(ctx: Context, message: BotMessage): void {
  if (message.finished) return
  message.finished = true
  tellStaff(ctx, {
    api: message.api,
    msgid: message.msgid,
    sender: ctx.bot.botId,
    kind: message.msgtype === 'template_card' ? 'template_card' : 'markdown',
    text: message.text,
    links: linksIn(message.body),
    body: { msgtype: message.msgtype, ...message.body },
    recipients: [...(ctx.state.bot.chats.get(message.chatid) ?? [])],
    reaches: () => true,
  })
}

function mustOwnMedia(ctx: Context, id: string, type: string): void {
  const media = ctx.state.media.get(id)
  const isLate = media && ctx.clock.now() - media.createdAt > mediaMs
  if (!media || isLate || media.robot !== ctx.bot.botId || media.type !== type) throw new ApiError(40007)
}
