/**
 * The one message that leaves without a human press: within 20 s of the event, once (WECOM.md §3.5). The code makes a
 * repetition harmless: the second one is answered 41051.
 */
import { seconds } from '../base/clock.ts'
import type { Channel } from '../delivery/index.ts'
import { attachmentsPart, expiredMedia, withoutMissing } from './attachments.ts'
import type { MediaIds } from './media.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'

/** Usually they are known before; the rest of the seconds are for the call and its repetitions. */
const filesWithinMs = seconds(6)
/** The code lives for 20 s; two are left for the way. */
const repeatWithinMs = seconds(18)

export const createWelcomeChannel = ({
  api,
  media,
}: {
  readonly api: Pick<WecomApi, 'sendWelcome'>
  readonly media: MediaIds
}): Channel => ({
  name: 'welcome',
  maxRecipients: 1,
  rate: { perMinute: 6_000, burst: 100 },
  // A slow answer must not keep the next ones waiting for their seconds, and a repetition is harmless.
  atOnce: 16,
  resendWithinMs: repeatWithinMs,
  // Words that come in time are worth more than a picture that does not.
  prepare: (attachments) => media.prepareWithin(attachments, filesWithinMs),
  compose: (draft) =>
    JSON.stringify({
      welcome_code: draft.recipients[0]?.welcomeCode ?? '',
      text: { content: draft.text },
      ...attachmentsPart(withoutMissing(draft)),
    }),
  async send(parcel, signal) {
    if (parcel.calledAt - parcel.intentAt > repeatWithinMs)
      return { kind: 'refused', code: 'welcome-late', why: '欢迎语已过有效期' }
    // The API answers no id; the parcel's own token names what was said.
    const remoteId = `welcome:${parcel.batchToken}`
    const result = await api.sendWelcome(parcel.body, signal)
    if (result.kind === 'ok') return { kind: 'sent', remoteId }
    // 41051: said already, by an earlier try of ours or because the two are talking.
    if (result.kind === 'error' && result.reaction === 'done') return { kind: 'sent', remoteId }
    return (await expiredMedia(media, parcel, result)) ?? outcomeOf(result)
  },
})
