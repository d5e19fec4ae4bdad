/**
 * Asks an advisor, by a card in her own WeCom, to write to one customer; she sends from the sidebar. The promise's id
 * is the card's task id, so that two equal cards differ and the same card twice is swallowed (RELIABILITY.md §2).
 */
import { hours, minutes } from '../base/clock.ts'
import type { Channel, ParcelDraft } from '../delivery/index.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'

export interface AdvisorTaskParts {
  readonly api: Pick<WecomApi, 'sendMessage'>
  readonly publicUrl: string
  readonly agentId: string
}

const duplicateSeconds = 14_400
/** A little before the end of that interval: a repetition must not arrive just behind it. */
const resendWithinMs = hours(4) - minutes(5)
/** 42014: this task id exists, so the card is there. Our ids are never malformed. */
const cardExists = 42014

/** Beyond 30 a minute or 1,000 an hour WeCom says ok and drops the card: stay below, with room for other senders. */
const perSender = { perMinute: 25, perHour: 900 }

export function createAdvisorTaskChannel(parts: AdvisorTaskParts): Channel {
  return {
    name: 'advisor-task',
    maxRecipients: 1,
    rate: { perMinute: 6_000, burst: 100 },
    perSender,
    resendWithinMs,
    compose: (draft) => JSON.stringify(cardFor(parts, draft)),
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
      return outcomeOf(result)
    },
  }
}

function cardFor({ publicUrl, agentId }: AdvisorTaskParts, draft: ParcelDraft): object {
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
      main_title: { title: cut(recipient?.title ?? '顾问任务', 26), desc: cut(`请联系 ${name}`, 30) },
      sub_title_text: cut(why === '' ? draft.text : why, 110),
      horizontal_content_list: [{ keyname: '客户', value: cut(name, 26) }],
      jump_list: [{ type: 1, title: '查看并发送', url }],
      card_action: { type: 1, url },
      task_id: recipient?.promise ?? draft.id,
    },
    enable_duplicate_check: 1,
    duplicate_check_interval: duplicateSeconds,
  }
}

/** By characters as people see them: half an emoji is none. */
function cut(text: string, most: number): string {
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}
