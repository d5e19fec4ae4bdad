/** A promise as its advisor sees it: pure. */
import type { Instant } from '../base/clock.ts'
import { days, hours } from '../base/clock.ts'
import { filled, fillLinks, personalLink } from '../content/index.ts'
import type { Attachment, LinkParts } from '../content/index.ts'
import { isQuiet } from '../outbox/index.ts'
import type { Content, Manners, PromiseRow } from '../outbox/index.ts'

export type TaskState = 'waiting' | 'intent' | 'sent' | 'skipped' | 'over'

/** How a call went; the codes are kept in the log. */
export const callOutcomes = ['reached', 'not-reached', 'call-back', 'wrong-person'] as const
export type CallOutcome = (typeof callOutcomes)[number]

export const callOutcomeWords: Readonly<Record<CallOutcome, string>> = {
  reached: '已接通',
  'not-reached': '未接通',
  'call-back': '约好再打',
  'wrong-person': '不是本人',
}

export interface Task {
  readonly promise: PromiseRow
  readonly name: string
  readonly tier: string
  readonly tierTitle: string
  readonly why: string
  /** With her own links. */
  readonly text: string
  /** What goes along, with her own links; files by their names. */
  readonly attachments: readonly Attachment[]
  readonly state: TaskState
  /** Shown, never blocking: the press is hers. */
  readonly warnings: readonly string[]
  /** A call instead of a message, and how the last try went. */
  readonly call?: { readonly last?: { readonly words: string; readonly at: Instant } }
}

export function taskState(row: PromiseRow): TaskState {
  if (row.state === 'sent') return 'sent'
  if (row.pressed_at !== null) return 'intent'
  if (row.settle_code === 'skipped') return 'skipped'
  return row.state === 'waiting' ? 'waiting' : 'over'
}

export const contentOf = (row: PromiseRow): Content => JSON.parse(row.content) as Content

const personal = (links: LinkParts, row: PromiseRow) => (text: string) =>
  fillLinks(text, (target) => personalLink(links, { promise: row.id, target }))

export const personalText = (links: LinkParts, row: PromiseRow): string =>
  personal(links, row)(contentOf(row).text)

export const personalAttachments = (links: LinkParts, row: PromiseRow): readonly Attachment[] =>
  (contentOf(row).attachments ?? []).map((one) => filled(one, personal(links, row)))

export interface Circumstances {
  readonly now: Instant
  readonly manners: Manners
  readonly optedOut: boolean
  readonly reachedToday: boolean
  readonly talkedAt: Instant | null
  readonly complaintAt: Instant | null
  readonly refundAt: Instant | null
  /** Offers that she really got in the last seven days. */
  readonly offersThisWeek: number
}

const weekFullWords = (most: number): string =>
  most === 0 ? '营销触达 7 天内上限为 0' : `7 天内已营销触达 ${String(most)} 次，到上限了`

export function warningsFor(row: PromiseRow, seen: Circumstances): string[] {
  const { now, manners } = seen
  const warnings: string[] = []
  if (seen.optedOut) warnings.push('客户已退订')
  if (seen.complaintAt !== null && now < seen.complaintAt + days(manners.complaintDays))
    warnings.push('有未解决的售后')
  if (seen.refundAt !== null && now < seen.refundAt + days(manners.refundDays))
    warnings.push(`${String(manners.refundDays)} 天内有退款`)
  if (seen.talkedAt !== null && now < seen.talkedAt + hours(manners.afterTalkHours)) warnings.push('刚聊过')
  if (seen.reachedToday && row.state !== 'sent') warnings.push('今天已触达')
  if (row.purpose === 'marketing' && row.state !== 'sent' && seen.offersThisWeek >= manners.marketingPerWeek)
    warnings.push(weekFullWords(manners.marketingPerWeek))
  if (isQuiet(manners, now)) warnings.push('现在是安静时段')
  return warnings
}
