/**
 * 微信客服: the one channel that speaks to a customer without anybody's hand (WECOM.md §5). A message of ours carries the
 * parcel's token as its msgid, so that a later msg_send_fail names the very call; a person's resend is another parcel and
 * has a msgid of its own. What was sent cannot be read back, so a lost answer is for a person to judge (no `find`).
 */
import type { Channel, Outcome, ParcelDraft } from '../delivery/index.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'
import type { KfMessage, KfReply } from './protocol/calls/kf-messages.ts'
import type { Failure } from './protocol/result.ts'

type Body = KfMessage | KfReply

export const createKfChannel = (api: Pick<WecomApi, 'sendKf' | 'sendKfOnEvent'>): Channel => ({
  name: 'kf',
  maxRecipients: 1,
  rate: { perMinute: 6_000, burst: 100 },
  // A greeting has its twenty seconds: it must not wait behind a slow answer to somebody else.
  atOnce: 16,
  compose: (draft) => JSON.stringify(bodyOf(draft)),
  async send(parcel, signal) {
    const body = JSON.parse(parcel.body) as Body
    const result = await ('code' in body ? api.sendKfOnEvent(body, signal) : api.sendKf(body, signal))
    return result.kind === 'ok'
      ? { kind: 'sent', remoteId: result.value.msgid }
      : endOf(result, 'code' in body)
  },
})

function bodyOf({ batchToken: msgid, text, recipients: [to] }: ParcelDraft): Body {
  const { account, code } = to?.kf ?? { account: '' }
  const head = code === undefined ? { touser: to?.subject ?? '', open_kfid: account, msgid } : { code, msgid }
  const menu = to?.menu ?? []
  if (menu.length === 0) return { ...head, msgtype: 'text', text: { content: text } }
  const list = menu.map((content) => ({ type: 'click', click: { content } }) as const)
  return { ...head, msgtype: 'msgmenu', msgmenu: { head_content: text, list } }
}

/** The window is the customer's, not the API's: no later try of this message, and nothing against the others. */
function endOf(failure: Failure, byCode: boolean): Outcome {
  if (failure.kind !== 'error') return outcomeOf(failure)
  const why = `${failure.words} (${String(failure.code)})`
  switch (failure.name) {
    case 'kf-five':
    case 'kf-window':
      return { kind: 'refused', code: 'kf-window', why }
    case 'malformed':
      // What a code of an event is answered that was used or has run out.
      return byCode ? { kind: 'refused', code: 'welcome-late', why } : outcomeOf(failure)
    default:
      return outcomeOf(failure)
  }
}
