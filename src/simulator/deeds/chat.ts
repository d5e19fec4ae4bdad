import type { Context } from '../context.ts'
import { ApiError, WorldError } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { areFriends, followOf, type Card } from '../state.ts'
import type { CardClick, ChatMessage } from '../types.ts'
import { mustGroup } from './groups.ts'
import { mustStaff } from './contacts.ts'
import { noteAct, noteGroupMessage } from './acts.ts'
import { arrived } from './deliver.ts'
import { emitFromStaff } from './emit.ts'
import { isBlocked } from './intercept.ts'

/** Every card click brings a code that may update the card once, for 72 hours (WECOM.md §4.1). */
export const responseCodeMs = 72 * 3_600_000

const chatTypes = new Set(['text', 'image', 'video', 'file', 'news', 'miniprogram'])

/** The person presses "send" in the chat: no API answers for it, no quota counts it. */
export function sendChatMessage(
  ctx: Context,
  message: ChatMessage,
): { ok: boolean; msgid: string; reason?: string } {
  const staff = mustStaff(ctx, message.userid)
  if (!chatTypes.has(message.msgtype)) throw new ApiError(40058, 'msgtype')
  const content = message[message.msgtype]
  if (content === null || typeof content !== 'object') throw new ApiError(40063, message.msgtype)
  const toGroup = message.chat_id !== undefined
  const recipient = message.chat_id ?? message.external_userid
  if (recipient === undefined) throw new ApiError(40063, 'external_userid')
  const now = ctx.clock.now()
  const reaches = toGroup
    ? mustGroup(ctx, recipient).members.has(staff.userid)
    : areFriends(ctx.state, staff.userid, recipient)
  const text = 'content' in content && typeof content.content === 'string' ? content.content : ''
  const blocked = isBlocked(ctx, staff.userid, text)
  const arrives = reaches && !blocked
  const row = ctx.ledger.add({
    api: 'sendChatMessage',
    via: 'sidebar',
    msgid: `chat${ctx.rng.text(28)}`,
    sender: staff.userid,
    recipientKind: toGroup ? 'group' : 'customer',
    recipient,
    text,
    links: linksIn(content),
    body: { msgtype: message.msgtype, [message.msgtype]: content },
    acceptedAt: now,
    status: arrives ? 'sent' : 'failed',
    resultStatus: arrives ? 1 : 2,
  })
  if (!reaches) return { ok: false, msgid: row.msgid, reason: 'sendChatMessage:fail not a contact' }
  if (blocked) return { ok: false, msgid: row.msgid, reason: 'sendChatMessage:fail forbidden words' }
  const follow = toGroup ? undefined : followOf(ctx.state, staff.userid, recipient)
  if (follow) follow.lastChatAt = now
  if (toGroup) noteGroupMessage(ctx, recipient, staff.userid)
  else noteAct(ctx, 'said', staff.userid, recipient)
  arrived(ctx, row)
  return { ok: true, msgid: row.msgid }
}

export function staffSays(ctx: Context, userid: string, text: string, agentId?: number): string {
  const staff = mustStaff(ctx, userid)
  const msgId = ctx.rng.text(19, '123456789')
  emitFromStaff(ctx, staff.userid, agentId ?? ctx.credentials.agentId, {
    MsgType: 'text',
    Content: text,
    MsgId: msgId,
  })
  return msgId
}

export function newResponseCode(ctx: Context, msgid: string): string {
  const code = ctx.rng.text(43)
  ctx.state.responseCodes.set(code, { msgid, expiresAt: ctx.clock.now() + responseCodeMs, used: false })
  return code
}

function mustCard(ctx: Context, click: CardClick): Card {
  for (const card of ctx.state.cards.values()) {
    if (click.taskId !== undefined ? card.taskId === click.taskId : card.msgid === click.msgid) return card
  }
  throw new WorldError(`there is no card ${click.taskId ?? click.msgid ?? ''}`)
}

/** Presses a button of a card; answers the ResponseCode of the event. */
export function clickCard(ctx: Context, click: CardClick): string {
  const staff = mustStaff(ctx, click.userid)
  const card = mustCard(ctx, click)
  const message = ctx.state.messages.get(card.msgid)
  if (!message?.recipients.includes(staff.userid)) throw new WorldError(`${click.userid} never got this card`)
  if (message.recalled) throw new WorldError('the card was recalled')
  if (card.replaced.has(staff.userid)) throw new WorldError('the button was already replaced by plain words')
  if (!keysOf(card.card).includes(click.key)) throw new WorldError(`the card has no key ${click.key}`)
  const responseCode = newResponseCode(ctx, card.msgid)
  const selected = Object.entries(click.selected ?? {}).map(([QuestionKey, ids]) => ({
    QuestionKey,
    OptionIds: { OptionId: [...ids] },
  }))
  emitFromStaff(ctx, staff.userid, card.agentId, {
    MsgType: 'event',
    Event: 'template_card_event',
    EventKey: click.key,
    TaskId: card.taskId,
    CardType: card.cardType,
    ResponseCode: responseCode,
    ...(selected.length > 0 ? { SelectedItems: { SelectedItem: selected } } : {}),
  })
  return responseCode
}

/** The keys a person can press: buttons, the submit button, menu entries. */
export function keysOf(card: Record<string, unknown>): string[] {
  const keys: string[] = []
  const take = (entry: unknown): void => {
    if (entry !== null && typeof entry === 'object' && 'key' in entry && typeof entry.key === 'string')
      keys.push(entry.key)
  }
  if (Array.isArray(card['button_list'])) card['button_list'].forEach(take)
  take(card['submit_button'])
  const menu = card['action_menu']
  if (menu !== null && typeof menu === 'object' && 'action_list' in menu && Array.isArray(menu.action_list)) {
    menu.action_list.forEach(take)
  }
  return keys
}
