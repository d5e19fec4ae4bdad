/**
 * 应用消息: words of the shop to one of its own people, as a text of the app. The promise's id stands in its link, so two
 * equal notes differ and the same note twice is swallowed (WECOM.md §4.1, RELIABILITY.md §2).
 */
import { bytesOf } from '../content/index.ts'
import type { Channel, ParcelDraft } from '../delivery/index.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'
import { duplicateCheck, perMember, resendWithinMs } from './staff-card.ts'
import { textTo } from './staff-note.ts'

interface Parts {
  readonly api: Pick<WecomApi, 'sendMessage'>
  readonly publicUrl: string
  readonly agentId: string
}

/** WeCom cuts what is longer, and with it the link. */
const mostBytes = 2_048

export const createAppMessageChannel = (parts: Parts): Channel => ({
  name: 'app-message',
  maxRecipients: 1,
  rate: { perMinute: 6_000, burst: 100 },
  perSender: perMember,
  resendWithinMs,
  compose: (draft) =>
    JSON.stringify({
      ...textTo(parts.agentId, [draft.sender ?? ''], wordsOf(parts, draft)),
      ...duplicateCheck,
    }),
  async send(parcel, signal) {
    if (parcel.sender === null) return { kind: 'refused', code: 'no-advisor', why: '没有可以收消息的员工' }
    if (bytesOf(wordsOf(parts, parcel)) > mostBytes)
      return { kind: 'refused', code: 'too-long', why: `消息超过 ${String(mostBytes)} 字节` }
    const result = await parts.api.sendMessage(parcel.body, signal)
    if (result.kind !== 'ok') return outcomeOf(result)
    const { msgid, invaliduser } = result.value
    // A partly failed call says ok; here the one member is all of it.
    return invaliduser === ''
      ? { kind: 'sent', remoteId: msgid }
      : { kind: 'refused', code: 'no-such-member', why: '员工不在应用可见范围内' }
  },
})

function wordsOf(
  { publicUrl }: Parts,
  { text, recipients: [to] }: Pick<ParcelDraft, 'text' | 'recipients'>,
): string {
  const note = encodeURIComponent(to?.promise ?? '')
  return `【${to?.title ?? ''}】\n${text}\n<a href="${publicUrl}/sidebar/?note=${note}">打开工作台</a>`
}
