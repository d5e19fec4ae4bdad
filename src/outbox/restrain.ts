/** What keeps one person from being written to, beyond counting; pure. Planning and the last look ask the same rules. */
import type { Day } from '../base/calendar.ts'
import { days, hours } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { leaveOn } from './leave.ts'
import type { Leave } from './leave.ts'
import type { Manners, Reason } from './manners.ts'
import type { Purpose } from './promise.ts'
import { reasonOf } from './reasons.ts'

/** Each the newest instant, null when never. */
export interface Restraint {
  readonly customer: string
  /** She said something to us, in 微信客服 or to her advisor. */
  readonly talked_at: number | null
  readonly complaint_at: number | null
  readonly refund_at: number | null
}

interface Said {
  readonly purpose: Purpose
}

/** What no waiting cures: an open complaint, a fresh refund. */
export function restrained(
  { purpose }: Said,
  restraint: Restraint | undefined,
  manners: Manners,
  at: Instant,
): Reason | null {
  if (purpose !== 'marketing' || restraint === undefined) return null
  const lasts = (since: number | null, forDays: number): boolean =>
    since !== null && since + days(forDays) > at
  if (lasts(restraint.complaint_at, manners.complaintDays)) return reasonOf('complaint-open')
  if (lasts(restraint.refund_at, manners.refundDays))
    return reasonOf('refund-open', `${String(manners.refundDays)} 天内有退款`)
  return null
}

/** Until when a talk keeps marketing away; null when there was none. */
export function talkedUntil(
  { purpose }: Said,
  restraint: Restraint | undefined,
  { afterTalkHours }: Manners,
): { readonly reason: Reason; readonly until: Instant } | null {
  const talkedAt = restraint?.talked_at ?? null
  if (purpose !== 'marketing' || talkedAt === null) return null
  return {
    reason: reasonOf('recent-conversation', `${String(afterTalkHours)} 小时内刚聊过`),
    until: talkedAt + hours(afterTalkHours),
  }
}

interface Voice {
  readonly sender: string
  readonly subject: string
  readonly text: string
}

interface Staff {
  /** Who may speak, and her name. */
  readonly speakers: ReadonlyMap<string, string>
  /** `external` + tab + `staff` of every living contact. */
  readonly contacts: ReadonlySet<string>
  readonly leaves: ReadonlyMap<string, readonly Leave[]>
}

/** Who stands in for an absent advisor on that day; null when nobody can. */
export function deputyFor(
  { sender, subject, text }: Voice,
  { deputy }: Leave,
  day: Day,
  { speakers, contacts, leaves }: Staff,
): string | null {
  const name = speakers.get(sender) ?? ''
  // Words in which she names herself are not put into somebody else's mouth.
  const signed = name !== '' && text.replace(/\[\[[^\]]*\]\]/g, '').includes(name)
  const stands =
    deputy !== null &&
    !signed &&
    speakers.has(deputy) &&
    contacts.has(`${subject}\t${deputy}`) &&
    leaveOn(leaves.get(deputy) ?? [], day) === null
  return stands ? deputy : null
}
