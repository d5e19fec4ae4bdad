import type { BotRequest } from '../aibot-state.ts'
import type { Context } from '../context.ts'
import { seconds } from '../context.ts'
import { WorldError } from '../errors.ts'
import type { Body } from '../params.ts'
import type { BotSays } from '../types.ts'
import { keysOf } from './chat.ts'
import { mustStaff } from './contacts.ts'

/** A member writes to the smart bot. Nothing is kept for a bot that is not there. */
export function botSays(
  ctx: Context,
  { userid, text, chatid }: BotSays,
): { msgid: string; delivered: boolean } {
  const from = mustStaff(ctx, userid).userid
  const chat = enterChat(ctx, from, chatid)
  const msgid = ctx.rng.text(32)
  const body = { msgid, ...chatOf(ctx, from, chatid), msgtype: 'text', text: { content: text } }
  const copies = ctx.faults.strike('aibot_msg_callback', ctx.clock.now(), ['duplicate']) ? 2 : 1
  let delivered = false
  for (let copy = 0; copy < copies; copy++)
    delivered = push(ctx, 'aibot_msg_callback', body, { kind: 'message', chatid: chat, taskId: null })
  return { msgid, delivered }
}

/** Opens the chat for the first time of the day. */
export function botEnter(ctx: Context, userid: string): { delivered: boolean } {
  const from = mustStaff(ctx, userid).userid
  const request = { kind: 'enter', chatid: enterChat(ctx, from), taskId: null } as const
  return {
    delivered: push(ctx, 'aibot_event_callback', eventOf(ctx, from, { eventtype: 'enter_chat' }), request),
  }
}

export function clickBotCard(
  ctx: Context,
  userid: string,
  taskId: string,
  key: string,
): { delivered: boolean } {
  const from = mustStaff(ctx, userid).userid
  const found = ctx.state.bot.cards.get(taskId)
  if (!found) throw new WorldError(`there is no card ${taskId}`)
  if (!ctx.state.bot.chats.get(found.chatid)?.has(from)) throw new WorldError(`${userid} never got this card`)
  if (!keysOf(found.card).includes(key)) throw new WorldError(`the card has no key ${key}`)
  const event = { eventtype: 'template_card_event', event_key: key, task_id: taskId }
  const request = { kind: 'card', chatid: found.chatid, taskId } as const
  return { delivered: push(ctx, 'aibot_event_callback', eventOf(ctx, from, event), request) }
}

function enterChat(ctx: Context, userid: string, chatid = userid): string {
  const members = ctx.state.bot.chats.get(chatid) ?? new Set<string>()
  members.add(userid)
  ctx.state.bot.chats.set(chatid, members)
  return chatid
}

const chatOf = (ctx: Context, userid: string, chatid?: string): Body => ({
  aibotid: ctx.bot.botId,
  ...(chatid === undefined ? { chattype: 'single' } : { chattype: 'group', chatid }),
  from: { userid },
})

const eventOf = (ctx: Context, userid: string, event: Body): Body => ({
  msgid: ctx.rng.text(32),
  create_time: seconds(ctx.clock.now()),
  ...chatOf(ctx, userid),
  msgtype: 'event',
  event,
})

function push(
  ctx: Context,
  cmd: 'aibot_msg_callback' | 'aibot_event_callback',
  body: Body,
  request: Pick<BotRequest, 'kind' | 'chatid' | 'taskId'>,
): boolean {
  if (!ctx.bot.line) return false
  const reqId = ctx.bot.line.push(cmd, body)
  ctx.state.bot.requests.set(reqId, { ...request, at: ctx.clock.now(), answered: false })
  return true
}
