/** The words of the check, and the half of it that judges when and how often: windows, quiet hours, caps. */

/** The part of a ledger row that is judged; instants are epoch milliseconds. */
export interface LedgerLine {
  readonly seq: number
  readonly api: string
  readonly via: 'api' | 'sidebar'
  /** The staff userid who speaks; for message/send the agent. */
  readonly sender: string
  readonly recipientKind: 'customer' | 'group' | 'staff'
  readonly recipient: string
  readonly text: string
  readonly links: readonly string[]
  readonly body: unknown
  readonly acceptedAt: number
  readonly status: 'accepted' | 'sent' | 'failed' | 'cancelled'
}

/** One promise as read raw from the database. */
export interface PromiseLine {
  readonly id: string
  readonly dedupeKey: string
  readonly touchpoint: string
  readonly channel: string
  readonly subjectKind: 'customer' | 'group' | 'staff'
  /** external_userid, chat_id or staff userid. */
  readonly subject: string
  /** The advisor who speaks, or who got the card. */
  readonly sender: string | null
  readonly purpose: string
  readonly decision: string
  readonly state: string | null
  /** What in the words betrays this promise or its batch. */
  readonly token: string | null
  readonly dueAt: number | null
  readonly sentAt: number | null
}

/** Minutes since midnight in Shanghai. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** How a channel's promises show in the ledger. */
export type Shape = 'broadcast' | 'advisor-task' | 'phone-task' | 'welcome' | 'staff-card'

export interface CheckManners {
  readonly windows: readonly Span[]
  /** From the evening over midnight to the morning. */
  readonly quiet: Span
  /** Bad hours for offers; 1 = Monday. */
  readonly avoid: readonly (Span & { readonly weekday: number })[]
  /** Touchpoints that are no offers: neither windows nor bad hours bind them. */
  readonly windowExemptTouchpoints: readonly string[]
  /** Purposes that count against no cap. */
  readonly uncappedPurposes: readonly string[]
  readonly marketingPerDay: number
  readonly marketingPerWeek: number
  /** Answers to whoever complained: they come at night as well. */
  readonly awaitedTouchpoints: readonly string[]
  /** Reminders of what she already has. */
  readonly uncappedTouchpoints: readonly string[]
  readonly groupPerDay: number
  readonly shapes: Readonly<Record<string, Shape>>
}

const at = (hour: number, minute: number) => hour * 60 + minute

/** The defaults of a fresh installation. */
export const defaultManners: CheckManners = {
  windows: [
    { from: at(9, 30), to: at(11, 0) },
    { from: at(14, 30), to: at(16, 30) },
    { from: at(19, 30), to: at(21, 0) },
  ],
  quiet: { from: at(21, 30), to: at(8, 30) },
  avoid: [
    { weekday: 1, from: at(0, 0), to: at(12, 0) },
    { weekday: 5, from: at(12, 0), to: at(18, 0) },
  ],
  windowExemptTouchpoints: ['daily-tip'],
  awaitedTouchpoints: ['recovery'],
  uncappedTouchpoints: ['coupon-ending'],
  uncappedPurposes: ['service', 'welcome'],
  marketingPerDay: 1,
  marketingPerWeek: 2,
  groupPerDay: 1,
  shapes: {
    broadcast: 'broadcast',
    'group-broadcast': 'broadcast',
    'advisor-task': 'advisor-task',
    welcome: 'welcome',
    'phone-task': 'phone-task',
    'staff-card': 'staff-card',
  },
}

/** Which promises each ledger row serves, as the first half of the check found out. */
export interface Served {
  readonly manners: CheckManners
  readonly promisesOf: ReadonlyMap<LedgerLine, readonly PromiseLine[]>
  readonly problems: string[]
}

export function judgeManners(
  ledger: readonly LedgerLine[],
  served: Served,
): { outsideWindow: number; overCap: number } {
  return {
    outsideWindow: countOutsideWindow(ledger, served),
    overCap: countCustomersOverCap(served) + countGroupsOverCap(ledger, served),
  }
}

export const nameOf = (row: LedgerLine) => `ledger row ${String(row.seq)} (${row.api} to ${row.recipient})`

// ---------------------------------------------------------------- windows

const dayMs = 86_400_000
const offsetMs = 8 * 3_600_000
const minuteOf = (instant: number) => Math.floor(((((instant + offsetMs) % dayMs) + dayMs) % dayMs) / 60_000)
/** Days since 1970 in Shanghai: consecutive days have consecutive numbers. */
const dayNumberOf = (instant: number) => Math.floor((instant + offsetMs) / dayMs)
/** 1 = Monday; 1 January 1970 was a Thursday. */
const weekdayOf = (instant: number) => ((dayNumberOf(instant) + 3) % 7) + 1
const clockOf = (instant: number) => new Date(instant + offsetMs).toISOString().slice(0, 16).replace('T', ' ')

const inSpan = (minute: number, span: Span) =>
  span.from <= span.to ? minute >= span.from && minute < span.to : minute >= span.from || minute < span.to

/** A window ends with the minute named: 11:00 still belongs to 09:30-11:00, 11:01 does not. */
const inWindow = (minute: number, span: Span) => minute >= span.from && minute <= span.to

function countOutsideWindow(ledger: readonly LedgerLine[], served: Served): number {
  let outside = 0
  for (const row of ledger) {
    const why = outsideBecause(row, served)
    if (!why) continue
    outside++
    served.problems.push(`${nameOf(row)} was accepted at ${clockOf(row.acceptedAt)}, ${why}`)
  }
  return outside
}

function outsideBecause(row: LedgerLine, served: Served): string | null {
  const { manners } = served
  // A welcome is waited for, and what a person presses is her own decision.
  if (row.via === 'sidebar' || row.api === 'send_welcome_msg') return null
  const promises = served.promisesOf.get(row) ?? []
  if (promises.some(({ touchpoint }) => manners.awaitedTouchpoints.includes(touchpoint))) return null
  const minute = minuteOf(row.acceptedAt)
  if (inSpan(minute, manners.quiet)) return 'in the quiet hours'
  if (row.recipientKind === 'staff') return null
  if (promises.some((promise) => manners.windowExemptTouchpoints.includes(promise.touchpoint))) return null
  if (!manners.windows.some((window) => inWindow(minute, window))) return 'outside the send windows'
  const offer = promises.some((promise) => !manners.uncappedPurposes.includes(promise.purpose))
  const bad = manners.avoid.some((span) => span.weekday === weekdayOf(row.acceptedAt) && inSpan(minute, span))
  return offer && bad ? 'in hours that offers avoid' : null
}

// ---------------------------------------------------------------- caps

/** A message that reached nobody, and one that never will, uses nothing up. */
const reaches = (row: LedgerLine) => row.status === 'accepted' || row.status === 'sent'

/** Days on which each customer was handed marketing; the day is ours (the call), not the advisor's later press. */
function marketingDays(served: Served): Map<string, number[]> {
  const days = new Map<string, number[]>()
  // A second card for one task bothers the advisor, not the customer.
  const asked = new Set<string>()
  for (const [row, promises] of served.promisesOf) {
    if (row.via === 'sidebar' || row.api === 'send_welcome_msg' || !reaches(row)) continue
    const marketing = promises.filter(
      (promise) =>
        promise.subjectKind === 'customer' &&
        !served.manners.uncappedPurposes.includes(promise.purpose) &&
        !served.manners.uncappedTouchpoints.includes(promise.touchpoint),
    )
    // Several promises in one message are one message; several tasks on one card are one message each.
    const meant = row.recipientKind === 'staff' ? marketing.filter(stillMeant) : marketing.slice(0, 1)
    for (const promise of meant) {
      if (row.recipientKind === 'staff' && asked.has(promise.id)) continue
      asked.add(promise.id)
      days.set(promise.subject, [...(days.get(promise.subject) ?? []), dayNumberOf(row.acceptedAt)])
    }
  }
  return days
}

/** A task that was skipped, cancelled or ran out never reached the customer. */
const stillMeant = (promise: PromiseLine) =>
  !['refused', 'expired', 'cancelled'].includes(promise.state ?? '')

function countCustomersOverCap(served: Served): number {
  const { marketingPerDay, marketingPerWeek } = served.manners
  let over = 0
  for (const [customer, days] of marketingDays(served)) {
    for (const day of [...new Set(days)].sort((a, b) => a - b)) {
      const thatDay = days.filter((other) => other === day).length
      const lastSeven = days.filter((other) => other <= day && other > day - 7).length
      if (thatDay <= marketingPerDay && lastSeven <= marketingPerWeek) continue
      over++
      const seen = `${String(thatDay)} that day, ${String(lastSeven)} in 7 days`
      served.problems.push(`customer ${customer} got too much marketing by ${dayText(day)}: ${seen}`)
    }
  }
  return over
}

const dayText = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10)

function countGroupsOverCap(ledger: readonly LedgerLine[], served: Served): number {
  const counts = new Map<string, number>()
  for (const row of ledger) {
    if (row.recipientKind !== 'group' || row.via === 'sidebar' || !reaches(row)) continue
    const key = `${row.recipient} on ${dayText(dayNumberOf(row.acceptedAt))}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const over = [...counts].filter(([, count]) => count > served.manners.groupPerDay)
  for (const [key, count] of over) served.problems.push(`group ${key} got ${String(count)} broadcasts`)
  return over.length
}
