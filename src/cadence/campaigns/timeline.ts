/** When a running of a campaign says what, and how far it is on a day. Pure. */
import { addDays } from '../../base/calendar.ts'
import type { Day, TimeOfDay } from '../../base/calendar.ts'
import type { ChannelName } from '../../outbox/index.ts'
import { spansNear } from './campaign.ts'
import type { Campaign, Span } from './campaign.ts'

export interface Named {
  /** In keys, in links and on the switch that stops it: never changes once it ran. */
  readonly name: string
  readonly campaign: Campaign
}

export const partTitles = {
  early: '抢先通知',
  before: '预告',
  invitation: '邀请',
  reminder: '到场提醒',
  start: '开始',
  live: '社群播报',
  after: '会后跟进',
} as const
export type PartName = keyof typeof partTitles
export const partNames = Object.keys(partTitles) as PartName[]

/** The touchpoint that says a part. */
export const touchpointOf = (name: string, part: PartName): string => `${name}-${part}`

/** How its news begin in a group's message, which may belong to another touchpoint. */
export const newsHead = ({ title }: Campaign): string => `🎉 ${title}\n`

export interface PlannedPart {
  readonly part: PartName
  readonly day: Day
  readonly at: TimeOfDay
  /** The last day on which it may still be said. */
  readonly lastDay: Day
  readonly channel: ChannelName
  /** Null: whoever the part finds, whatever her tier. */
  readonly tiers: readonly string[] | null
  /** As written. */
  readonly text: string
  readonly hasOffer: boolean
}

/** What one running says, in the order in which it is said; news of the groups one by one. */
export function partsOf(campaign: Campaign, { from, until }: Span): PlannedPart[] {
  const { before, invitation, start, groups, after } = campaign
  const tiers = campaign.tiers ?? null
  const broadcast = { channel: 'broadcast', hasOffer: false } as const
  const planned: PlannedPart[] = []
  const add = (part: Omit<PlannedPart, 'lastDay'>, withinDays: number): void =>
    void planned.push({ ...part, lastDay: addDays(part.day, withinDays) })
  if (before?.early) {
    const { early } = before
    const day = addDays(from, -early.days)
    add({ ...broadcast, part: 'early', day, at: before.at, tiers: early.tiers, text: early.wording }, 1)
  }
  if (before) {
    const day = addDays(from, -before.days)
    add({ ...broadcast, part: 'before', day, at: before.at, tiers, text: before.wording }, before.days - 1)
  }
  if (invitation) {
    const day = addDays(from, -invitation.daysBefore)
    const { at, wording: text, daysBefore, reminder } = invitation
    add({ ...broadcast, part: 'invitation', day, at, tiers, text }, daysBefore - 1)
    if (reminder) {
      const reminding = { part: 'reminder', day: from, at: reminder.at, text: reminder.wording } as const
      add({ ...broadcast, ...reminding, tiers: null }, 0)
    }
  }
  if (start) {
    const { at, wording: text, offer } = start
    add({ ...broadcast, part: 'start', day: from, at, tiers, text, hasOffer: offer !== undefined }, 0)
  }
  for (const { day: nth, text } of groups?.updates ?? []) {
    const day = addDays(from, nth - 1)
    const news = { part: 'live', channel: 'group-broadcast', tiers: null, hasOffer: false } as const
    if (groups && day <= until) add({ ...news, day, at: groups.at, text }, 0)
  }
  if (after) {
    const { at, wording: text, offer, withinDays, channel = 'advisor-task' } = after
    const day = addDays(until, after.days)
    add({ part: 'after', day, at, channel, tiers, text, hasOffer: offer !== undefined }, withinDays)
  }
  return planned.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}
const keyOf = ({ day, at, part }: PlannedPart): string => `${day} ${at} ${String(partNames.indexOf(part))}`

/** The day of its first word, at the latest the first of its days. */
export const firstHeard = (campaign: Campaign, span: Span): Day =>
  partsOf(campaign, span).reduce((first, { day }) => (day < first ? day : first), span.from)

export type RunningPhase = 'upcoming' | 'warming-up' | 'running' | 'following-up' | 'over'

export interface Running extends Span {
  readonly since: Day
  /** The last day on which something of it may still be said. */
  readonly lastDay: Day
  readonly parts: readonly PlannedPart[]
  readonly phase: RunningPhase
}

export function runningOf(campaign: Campaign, span: Span, today: Day): Running {
  const parts = partsOf(campaign, span)
  const since = firstHeard(campaign, span)
  const lastDay = parts.reduce((last, part) => (part.lastDay > last ? part.lastDay : last), span.until)
  const phase = (): RunningPhase => {
    if (today < since) return 'upcoming'
    if (today < span.from) return 'warming-up'
    if (today <= span.until) return 'running'
    return today <= lastDay ? 'following-up' : 'over'
  }
  return { ...span, since, lastDay, parts, phase: phase() }
}

/** Far enough for a quarter on either side of the present one. */
const monthsAround = 4

/** The last one that is over, the present ones, the next one; a campaign with days of its own has one. */
export function runningsOf(campaign: Campaign, today: Day): Running[] {
  const all = spansNear(campaign, today, monthsAround, monthsAround).map((span) =>
    runningOf(campaign, span, today),
  )
  return [
    ...all.filter(({ phase }) => phase === 'over').slice(-1),
    ...all.filter(({ phase }) => phase !== 'over' && phase !== 'upcoming'),
    ...all.filter(({ phase }) => phase === 'upcoming').slice(0, 1),
  ]
}

const urgency: readonly RunningPhase[] = ['running', 'warming-up', 'following-up', 'upcoming', 'over']

/** The one to look at first. */
export const focusOf = (runnings: readonly Running[]): Running | null =>
  [...runnings].sort((a, b) => urgency.indexOf(a.phase) - urgency.indexOf(b.phase))[0] ?? null
