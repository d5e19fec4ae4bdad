/** Asks WeCom who agreed, in parts of a hundred pairs; WECOM.md §7. The client must hold the archive's own secret. */
import type { WecomApi } from '../protocol/api.ts'
import { failureWords } from '../protocol/result.ts'
import type { Answered, AskConsent, Open } from './consent.ts'

const pairsPerCall = 100
const agreedWords = new Set(['Agree', 'Default_Agree'])

interface Agreement {
  readonly userid?: string | undefined
  readonly exteranalopenid?: string | undefined
  readonly status_change_time: number
  readonly agree_status: string
}

export function createAskConsent(
  api: Pick<WecomApi, 'archiveAgreements' | 'archiveRoomAgreements'>,
  onTrouble: (words: string) => void,
): AskConsent {
  let told = false
  /** Without an answer she counts as unknown, which is the safe side; said once, not for each part. */
  const trouble = (words: string): void => {
    if (!told) onTrouble(`WeCom did not say who agreed to the archive: ${words}`)
    told = true
  }
  const answerOf = (
    { external, scope, at }: Open,
    { agree_status, status_change_time }: Agreement,
  ): Answered => ({
    external,
    scope,
    agreed: agreedWords.has(agree_status),
    at: status_change_time > 0 ? status_change_time * 1000 : at,
  })
  return async (conversations) => {
    const answers: Answered[] = []
    const pairs = conversations.flatMap((one) =>
      'staff' in one.scope ? [{ one, userid: one.scope.staff }] : [],
    )
    for (let from = 0; from < pairs.length; from += pairsPerCall) {
      const part = pairs.slice(from, from + pairsPerCall)
      const found = await api.archiveAgreements(
        part.map(({ one, userid }) => ({ userid, exteranalopenid: one.external })),
      )
      if (found.kind !== 'ok') {
        trouble(failureWords(found))
        continue
      }
      for (const { one, userid } of part) {
        const own = found.value.agreeinfo.find(
          (info) =>
            info.exteranalopenid === one.external && info.userid?.toLowerCase() === userid.toLowerCase(),
        )
        if (own) answers.push(answerOf(one, own))
      }
    }
    const rooms = conversations.flatMap((one) => ('chat' in one.scope ? [{ one, chat: one.scope.chat }] : []))
    for (const room of new Set(rooms.map(({ chat }) => chat))) {
      const found = await api.archiveRoomAgreements(room)
      if (found.kind !== 'ok') {
        trouble(failureWords(found))
        continue
      }
      for (const { one } of rooms.filter(({ chat }) => chat === room)) {
        const own = found.value.agreeinfo.find((info) => info.exteranalopenid === one.external)
        if (own) answers.push(answerOf(one, own))
      }
    }
    return answers
  }
}
