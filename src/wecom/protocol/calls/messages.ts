/** Messages of the app to staff (WECOM.md §4.1). A partly failed call says ok and names who did not get it. */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { done, text, verbs } from './call.ts'
import type { Signal } from './call.ts'
import type { TemplateCard } from './content.ts'

const sent = z.object({
  msgid: z.string().min(1),
  /** Joined by `|`, in small letters. */
  invaliduser: text,
  invalidparty: text,
  invalidtag: text,
  unlicenseduser: text,
  /** Of interactive cards: good for 72 hours and one update. */
  response_code: z.string().optional(),
})
/** Joined by `|`, or an array. */
const names = z
  .union([z.string(), z.array(z.union([z.string(), z.number()]))])
  .nullish()
  .transform((value) =>
    typeof value === 'string' ? value.split('|').filter((name) => name !== '') : (value ?? []).map(String),
  )
const updated = z.object({ invaliduser: names, invalidparty: names, invalidtag: names })

/** Either the words on the pressed button, or a whole new card. */
export interface CardUpdate {
  /** Up to 1,000. */
  readonly userids?: readonly string[]
  /** Up to 100. */
  readonly partyids?: readonly number[]
  /** Up to 100. */
  readonly tagids?: readonly number[]
  readonly atall?: 0 | 1
  readonly agentid: number
  readonly response_code: string
  readonly button?: { readonly replace_name: string }
  readonly template_card?: TemplateCard
  readonly enable_id_trans?: 0 | 1
}

export function messageCalls(client: WecomClient) {
  const { make } = verbs(client)
  return {
    /** `raw` leaves byte for byte: only so does the duplicate check of WeCom see the same message. */
    sendMessage: (raw: string, signal?: Signal) => make('message/send', sent, { body: raw, signal }),
    /** Not repeated: its code is used up by the first. */
    updateCard: (body: CardUpdate, signal?: Signal) =>
      make('message/update_template_card', updated, { body, signal }),
    /** Within 24 hours. Not repeated: what is recalled cannot be found again. */
    recallMessage: (msgid: string, signal?: Signal) =>
      make('message/recall', done, { body: { msgid }, signal }),
  }
}
