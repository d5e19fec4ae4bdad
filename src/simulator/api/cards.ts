import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  bytesOf,
  optionalInteger,
  optionalPart,
  optionalParts,
  optionalText,
  part,
  text,
  type Body,
} from '../params.ts'

export interface CheckedCard {
  readonly cardType: string
  readonly taskId: string | null
  /** Has buttons, a vote or selections: the answer carries a response_code. */
  readonly interactive: boolean
}

const interactiveTypes = new Set(['button_interaction', 'vote_interaction', 'multiple_interaction'])
const plainTypes = new Set(['text_notice', 'news_notice'])
const mostKeyBytes = 1_024

/**
 * The rules of template cards (WECOM.md §4.1); codes as far as the documentation names any. A card without an agent
 * is a smart bot's: it hears of presses on its own connection.
 */
export function readCard(ctx: Context, agentId: number | null, card: Body): CheckedCard {
  const cardType = text(card, 'card_type')
  const interactive = interactiveTypes.has(cardType)
  if (!interactive && !plainTypes.has(cardType)) throw new ApiError(42027)
  const menu = optionalPart(card, 'action_menu')
  if ((interactive || menu) && agentId !== null && ctx.callbacks.url() === null) throw new ApiError(43012)
  const taskId = readTaskId(ctx, agentId, card, interactive || menu !== undefined)
  readTitles(card, cardType)
  if (menu) readMenu(menu)
  count(card, 'horizontal_content_list', 0, 6)
  count(card, 'jump_list', 0, 3).forEach(readJump)
  count(card, 'vertical_content_list', 0, 4)
  if (plainTypes.has(cardType)) readAction(part(card, 'card_action'))
  else if (card['card_action'] !== undefined) readAction(part(card, 'card_action'))
  switch (cardType) {
    case 'news_notice':
      readPicture(card)
      break
    case 'button_interaction':
      readButtons(card)
      break
    case 'vote_interaction':
      readVote(card)
      break
    case 'multiple_interaction':
      readSelects(card)
      break
  }
  return { cardType, taskId, interactive }
}

function readTaskId(ctx: Context, agentId: number | null, card: Body, required: boolean): string | null {
  const taskId = optionalText(card, 'task_id')
  if (!taskId) {
    if (required) throw missing('task_id')
    return null
  }
  if (!/^[A-Za-z0-9_@-]+$/.test(taskId) || bytesOf(taskId) > 128) throw new ApiError(42014)
  if (agentId === null ? ctx.state.bot.cards.has(taskId) : ctx.state.cards.has(`${agentId} ${taskId}`))
    throw new ApiError(42014, 'task_id exists')
  return taskId
}

function readTitles(card: Body, cardType: string): void {
  const title = optionalPart(card, 'main_title')
  const hasTitle = title !== undefined && Boolean(optionalText(title, 'title'))
  const hasSubtitle = Boolean(optionalText(card, 'sub_title_text'))
  const enough = cardType === 'text_notice' ? hasTitle || hasSubtitle : hasTitle
  // A vote or a selection may stand without a title only if it has one of its own.
  if (!enough && cardType !== 'vote_interaction' && cardType !== 'multiple_interaction')
    throw missing('main_title')
}

/** A list of parts with its allowed length. */
function count(card: Body, field: string, least: number, most: number): Body[] {
  const list = optionalParts(card, field, most) ?? []
  if (list.length < least) throw missing(field)
  return list
}

function readMenu(menu: Body): void {
  text(menu, 'desc')
  for (const action of count(menu, 'action_list', 1, 3)) {
    text(action, 'text')
    readKey(action)
  }
}

function readKey(holder: Body): void {
  if (bytesOf(text(holder, 'key')) > mostKeyBytes) throw invalid('key')
}

/** 0 nothing, 1 address, 2 mini-program, 3 smart reply. */
function readJump(jump: Body): void {
  const type = optionalInteger(jump, 'type', 0, 3) ?? 0
  text(jump, 'title')
  if (type === 1) text(jump, 'url')
  if (type === 2) text(jump, 'appid')
}

function readAction(action: Body): void {
  const type = optionalInteger(action, 'type', 0, 3)
  if (type === undefined) throw missing('card_action.type')
  if (type === 1) text(action, 'url')
  if (type === 2) text(action, 'appid')
}

function readPicture(card: Body): void {
  const picture = optionalPart(card, 'card_image')
  if (!picture) {
    part(card, 'image_text_area')
    return
  }
  text(picture, 'url')
  const ratio = picture['aspect_ratio']
  if (ratio !== undefined && (typeof ratio !== 'number' || ratio < 1.3 || ratio > 2.25))
    throw invalid('aspect_ratio')
}

function readButtons(card: Body): void {
  const selection = optionalPart(card, 'button_selection')
  if (selection) readOptions(selection, 10)
  for (const button of count(card, 'button_list', 1, 6)) {
    text(button, 'text')
    optionalInteger(button, 'style', 1, 4)
    if (optionalInteger(button, 'type', 0, 1) === 1) text(button, 'url')
    else readKey(button)
  }
}

function readOptions(holder: Body, most: number): void {
  text(holder, 'question_key')
  for (const option of count(holder, 'option_list', 1, most)) {
    if (bytesOf(text(option, 'id')) > 128) throw invalid('option id')
    text(option, 'text')
  }
}

function readVote(card: Body): void {
  const box = part(card, 'checkbox')
  optionalInteger(box, 'mode', 0, 1)
  readOptions(box, 20)
  readSubmit(card)
}

function readSelects(card: Body): void {
  for (const select of count(card, 'select_list', 1, 3)) readOptions(select, 10)
  readSubmit(card)
}

function readSubmit(card: Body): void {
  const button = part(card, 'submit_button')
  if ([...text(button, 'text')].length > 10) throw invalid('submit_button.text')
  readKey(button)
}
