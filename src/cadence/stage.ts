/**
 * Stages what might be said on one day. Whoever a touchpoint is due for gets a candidate, also when it is known already
 * that nobody can say it: the reason is the answer to "why did she not get it?". Deciding is the outbox's.
 */
import { daysBetween } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { dayView, filledBytes, plainWords } from '../content/index.ts'
import type { View } from '../content/index.ts'
import type { Candidate, ChannelName } from '../outbox/index.ts'
import type { Standing } from '../segment/index.ts'
import { memberOf, unreachable } from './audience.ts'
import type { People } from './audience.ts'
import type { Cadence, Touchpoint } from './config.ts'
import { maxBytes } from './fields.ts'
import { momentOf } from './touchpoint.ts'
import type { BoundCustomer, BoundGroup, Due, Group, Member, Moment, Reason, Said } from './touchpoint.ts'

/** A touchpoint for customers, with the narrower type of its rules. */
export interface CustomerTouchpoint extends Touchpoint {
  readonly rules: BoundCustomer
}
export const isForCustomers = (touchpoint: Touchpoint): touchpoint is CustomerTouchpoint =>
  touchpoint.rules.audience === 'customer'

export interface Scene {
  readonly cadence: Cadence
  readonly day: Day
  readonly people: People
  readonly standings: readonly Standing[]
  readonly woken: ReadonlyMap<string, readonly Day[]>
}

export function stageDay(scene: Scene): Candidate[] {
  return [...stageCustomers(scene), ...stageGroups(scene)]
}

// ---------------------------------------------------------------- customers

function stageCustomers({ cadence, day, people, standings, woken }: Scene): Candidate[] {
  const moment = momentOf(day)
  const touchpoints = cadence.touchpoints.filter(isForCustomers)
  const staged: Candidate[] = []
  for (const standing of standings) {
    const mine = touchpoints.filter(({ tiers }) => tiers === null || tiers.includes(standing.tier))
    if (mine.length === 0) continue
    const member = memberOf(standing, people, woken.get(standing.customer) ?? [])
    for (const touchpoint of mine) {
      const due = touchpoint.rules.due(moment, member)
      if (due) staged.push(customerCandidate(cadence, touchpoint, due, member, moment))
    }
  }
  return staged
}

const customerView = (cadence: Cadence, day: Day, member: Member): View => ({
  shop: cadence.shop,
  day: dayView(day),
  customer: {
    salutation: member.salutation,
    name: member.name,
    tier: member.tierTitle,
    daysSince: member.lastDay === null ? 0 : Math.max(0, daysBetween(member.lastDay, day)),
    purchases: member.purchases,
  },
  advisor: { name: member.advisor?.name ?? '' },
})
/** `moment`: of the day on which it is wanted, which for a trigger is not the day of its cause. */
export function customerCandidate(
  cadence: Cadence,
  touchpoint: CustomerTouchpoint,
  due: Due,
  member: Member,
  moment: Moment,
): Candidate {
  const { name, title, rules } = touchpoint
  const skip = unreachable(member) ?? due.skip
  const said = skip ? null : rules.compose(moment, member, customerView(cadence, moment.day, member))
  const tooLong = said && overLength(said, rules.channel)
  return {
    dedupeKey: `${name}:${member.customer}:${due.period}`,
    touchpoint: name,
    title,
    cadenceVersion: cadence.version,
    purpose: rules.purpose,
    personal: rules.personal,
    channel: rules.channel,
    subjectKind: 'customer',
    subject: member.external ?? member.customer,
    customer: member.customer,
    sender: member.advisor?.userid,
    day: moment.day,
    wantedAt: due.wantedAt,
    expiresAt: due.expiresAt,
    priority: rules.priority,
    content: contentOf(said),
    skip: skip ?? tooLong ?? undefined,
  }
}

const contentOf = (said: Said | null): Candidate['content'] => ({
  text: said?.text ?? '',
  ...(said?.why === undefined ? {} : { why: said.why }),
  ...(said?.target === undefined ? {} : { target: said.target }),
  ...(said?.games === undefined || said.games.length === 0 ? {} : { games: said.games }),
})

/** Names can make a wording longer than it was when it was checked. */
function overLength(said: Said, channel: ChannelName): Reason | null {
  const most = channel === 'advisor-task' ? maxBytes.chat : maxBytes.broadcast
  const bytes = filledBytes(said.text)
  return bytes <= most
    ? null
    : { code: 'too-long', words: `话术 ${String(bytes)} 字节，超过 ${String(most)} 字节` }
}

// ---------------------------------------------------------------- groups

interface GroupMessage {
  readonly touchpoint: Touchpoint
  readonly due: Due
  readonly said: Said
}

/** One message a group and day: the first touchpoint that is due carries the pieces of the others. */
function stageGroups({ cadence, day, people }: Scene): Candidate[] {
  const moment = momentOf(day)
  return people.groups.flatMap((group) => {
    const message = groupMessage(cadence, moment, group)
    return message ? [groupCandidate(cadence, message, group, moment)] : []
  })
}

function groupMessage(cadence: Cadence, moment: Moment, group: Group): GroupMessage | null {
  const view: View = {
    shop: cadence.shop,
    day: dayView(moment.day),
    group: { name: plainWords(group.name), interest: plainWords(group.interest ?? '') },
  }
  const pieces = piecesOf(cadence, moment, group)
  for (const touchpoint of cadence.touchpoints) {
    const { rules } = touchpoint
    if (rules.audience !== 'group') continue
    const due = carriedDue(rules, moment, group, pieces.length > 0)
    if (due)
      return {
        touchpoint,
        due,
        said: rules.compose(
          moment,
          group,
          pieces.map(({ piece }) => piece),
          view,
        ),
      }
  }
  const [first] = pieces
  if (!first) return null
  return {
    touchpoint: first.touchpoint,
    due: { period: moment.day, wantedAt: first.wantedAt, expiresAt: moment.at('21:30') },
    said: {
      text: [...pieces.map(({ piece }) => piece.text), '订阅设置：[[link:subscription]]'].join('\n\n'),
      games: pieces.flatMap(({ piece }) => piece.games),
    },
  }
}

/** A group without a tip of its own still gets the poll and the clue. */
function carriedDue(rules: BoundGroup, moment: Moment, group: Group, hasPieces: boolean): Due | null {
  const due = rules.due(moment, group)
  if (!due?.skip || !hasPieces) return due
  return { period: due.period, wantedAt: due.wantedAt, expiresAt: due.expiresAt }
}

function piecesOf(
  cadence: Cadence,
  moment: Moment,
  group: Group,
): { touchpoint: Touchpoint; wantedAt: Instant; piece: { text: string; games: readonly string[] } }[] {
  return cadence.touchpoints.flatMap((touchpoint) => {
    const { rules, name } = touchpoint
    const piece = rules.audience === 'group-piece' ? rules.piece(moment, group, name) : null
    return piece && rules.audience === 'group-piece'
      ? [{ touchpoint, wantedAt: rules.wantedAt(moment), piece }]
      : []
  })
}

function groupCandidate(cadence: Cadence, message: GroupMessage, group: Group, { day }: Moment): Candidate {
  const { touchpoint, due, said } = message
  return {
    dedupeKey: `${touchpoint.name}:${group.chat}:${due.period}`,
    touchpoint: touchpoint.name,
    title: touchpoint.title,
    cadenceVersion: cadence.version,
    purpose: 'marketing',
    personal: false,
    channel: 'group-broadcast',
    subjectKind: 'group',
    subject: group.chat,
    sender: group.owner,
    day,
    wantedAt: due.wantedAt,
    expiresAt: due.expiresAt,
    priority: touchpoint.rules.priority,
    content: contentOf(due.skip ? null : said),
    skip: due.skip ?? overLength(said, 'group-broadcast') ?? undefined,
  }
}
