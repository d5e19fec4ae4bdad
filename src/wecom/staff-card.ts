/**
 * What tasks of an advisor share: a card in her own WeCom asks her to do something for one customer, and the sidebar
 * takes it from there. The promise's id is the card's task id, so that two equal cards differ and the same card twice
 * is swallowed (RELIABILITY.md §2).
 */
import { hours, minutes } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Channel, ParcelDraft, SenderLimits } from '../delivery/index.ts'
import { taskMenu } from './card-menu.ts'
import { outcomeOf, unreadable } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'

export interface StaffCardParts {
  readonly clock: Pick<Clock, 'now'>
  /** Does WeCom tell us what is pressed? Without that a card has no menu, and WeCom takes none with one (43012). */
  readonly hears: () => boolean
  readonly api: Pick<WecomApi, 'sendMessage'>
  readonly publicUrl: string
  readonly agentId: string
}

interface Kind {
  readonly name: 'advisor-task' | 'phone-task'
  /** What is asked of her: 请联系, 请致电. */
  readonly ask: string
  readonly press: string
}

export const duplicateCheck = { enable_duplicate_check: 1, duplicate_check_interval: 14_400 } as const
/** A little before the end of that interval: a repetition must not arrive just behind it. */
export const resendWithinMs = hours(4) - minutes(5)
/** 42014: this task id exists, so the card is there. Our ids are never malformed. */
const cardExists = 42014

/** Beyond 30 a minute or 1,000 an hour WeCom says ok and drops the card: stay below, with room for other senders. */
export const perMember: SenderLimits = {
  perMinute: 25,
  perHour: 900,
  shared: ['advisor-task', 'phone-task', 'app-message'],
}

/** The app has no callback address any more. */
const noCallback = 43012
/** Quotation marks in somebody's words are escaped in the body. */
const menuMark = '"action_menu":'
/** Somebody may enter the address meanwhile. */
const plainForMs = hours(1)

export function createStaffCard(parts: StaffCardParts, kind: Kind): Channel {
  let plainUntil: Instant = 0
  return {
    name: kind.name,
    maxRecipients: 1,
    rate: { perMinute: 6_000, burst: 100 },
    perSender: perMember,
    resendWithinMs,
    compose: (draft) =>
      JSON.stringify(cardFor(parts, kind, draft, parts.hears() && parts.clock.now() >= plainUntil)),
    async send(parcel, signal) {
      if (parcel.sender === null) return { kind: 'refused', code: 'no-advisor', why: '没有顾问可以发送' }
      const result = await parts.api.sendMessage(parcel.body, signal)
      if (result.kind === 'ok') {
        const { msgid, invaliduser } = result.value
        // A partly failed call says ok; here the one member is all of it.
        if (invaliduser !== '')
          return { kind: 'refused', code: 'no-such-member', why: '顾问不在应用可见范围内' }
        return { kind: 'waiting', remoteId: msgid, why: 'advisor-must-send' }
      }
      if (result.kind === 'error' && result.code === cardExists)
        return { kind: 'waiting', remoteId: `task:${parcel.id}`, why: 'advisor-must-send' }
      if (result.kind === 'error' && result.code === noCallback && parcel.body.includes(menuMark)) {
        plainUntil = parts.clock.now() + plainForMs
        return { kind: 'retry', afterMs: 0, why: result.words, anew: true }
      }
      return outcomeOf(result)
    },
    async nudge(sender, words, signal) {
      const result = await parts.api.sendMessage(JSON.stringify(noteFor(parts, sender, words)), signal)
      if (result.kind !== 'ok') throw unreadable('the advisor could not be reminded', result)
    },
  }
}

function cardFor(
  { publicUrl, agentId }: StaffCardParts,
  kind: Kind,
  draft: ParcelDraft,
  withMenu: boolean,
): object {
  const recipient = draft.recipients[0]
  const name = recipient?.name === '' ? '客户' : (recipient?.name ?? '客户')
  const url = `${publicUrl}/sidebar/#/customer/${encodeURIComponent(recipient?.subject ?? '')}?promise=${encodeURIComponent(recipient?.promise ?? '')}`
  const why = recipient?.why ?? ''
  return {
    touser: draft.sender ?? '',
    msgtype: 'template_card',
    agentid: Number(agentId),
    template_card: {
      card_type: 'text_notice',
      source: { desc: '私域助手' },
      main_title: { title: cut(recipient?.title ?? '顾问任务', 26), desc: cut(`${kind.ask} ${name}`, 30) },
      sub_title_text: cut(why === '' ? draft.text : why, 110),
      horizontal_content_list: [{ keyname: '客户', value: cut(name, 26) }],
      jump_list: [{ type: 1, title: kind.press, url }],
      card_action: { type: 1, url },
      ...(withMenu ? { action_menu: taskMenu } : {}),
      task_id: recipient?.promise ?? draft.id,
    },
    ...duplicateCheck,
  }
}

const noteFor = ({ publicUrl, agentId }: StaffCardParts, sender: string, words: string): object => ({
  touser: sender,
  msgtype: 'textcard',
  agentid: Number(agentId),
  textcard: { title: '待办提醒', description: words, url: `${publicUrl}/sidebar/`, btntxt: '查看' },
  ...duplicateCheck,
})

/** By characters as people see them: half an emoji is none. */
function cut(text: string, most: number): string {
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}
