/** A campaign taken apart into touchpoints: one for each thing that is said, under the campaign's name. */
import { addDays, daysBetween, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { render } from '../../content/index.ts'
import { attachmentsPart } from '../attachments.ts'
import type { AttachmentsWritten } from '../attachments.ts'
import { audienceOf } from '../audience-rule.ts'
import type { Touchpoint } from '../config.ts'
import { noteDue, noteFields, noteText } from '../note.ts'
import { giftPart, withOffer } from '../offer.ts'
import type { BoundCustomer, BoundPiece, Due, GamePlan, Moment } from '../touchpoint.ts'
import { rsvpId, spanNear } from './campaign.ts'
import type { Campaign, Span } from './campaign.ts'
import { firstHeard, newsHead, partTitles, touchpointOf } from './timeline.ts'
import type { Named, PartName } from './timeline.ts'

/** The campaign whose invitation this game is. */
export const campaignOfRsvp = (game: string): string | null =>
  /^(.+)-rsvp-\d{4}-\d{2}-\d{2}$/.exec(game)?.[1] ?? null
/** What the answer "she comes" is called. */
export const comes = 'come'

export function campaignTouchpoints(named: Named): Touchpoint[] {
  const { name, campaign } = named
  const parts: (readonly [PartName, BoundCustomer | BoundPiece | null, readonly string[] | undefined])[] = [
    ['early', early(named), campaign.before?.early?.tiers],
    ['before', teaser(named), campaign.tiers],
    ['invitation', invitation(named), campaign.tiers],
    ['reminder', reminder(named), undefined],
    ['start', opening(named), campaign.tiers],
    ['live', live(named), undefined],
    ['after', followUp(named), campaign.tiers],
  ]
  return parts.flatMap(([part, rules, tiers]) =>
    rules === null
      ? []
      : [
          {
            name: touchpointOf(name, part),
            title: `${campaign.title}·${partTitles[part]}`,
            tiers: tiers ?? null,
            rules,
            topic: campaign.topic ?? null,
            campaign: name,
            // She asked for the reminder by saying that she comes.
            onOverCap: part === 'reminder' ? 'skip' : campaign.onOverCap,
            // News in a group's message belong to their day.
            days: rules.audience === 'customer' ? campaign.days : 'all',
            audience: rules.audience === 'customer' ? audienceOf(campaign.audience) : null,
            settings: campaign,
          },
        ],
  )
}

// ---------------------------------------------------------------- the days

const daysOf = 30

/** The running that begins so many days after this one. */
function beginning(campaign: Campaign, day: Day, inDays: number): Span | null {
  const span = spanNear(campaign, day, daysOf, 0)
  return span && addDays(span.from, -inDays) === day ? span : null
}

interface BroadcastPart {
  readonly kind: string
  readonly title: string
  readonly at: string
  readonly withinDays: number
  readonly wording: string
  readonly attachments?: AttachmentsWritten
  readonly offer?: NonNullable<Campaign['start']>['offer']
  /** The running that this part of the campaign speaks of on that day. */
  spanOn(day: Day): Span | null
}

/** Something said to many in the same words. */
function broadcastPart({ campaign }: Named, part: BroadcastPart): BoundCustomer {
  return {
    kind: part.kind,
    title: part.title,
    audience: 'customer',
    channel: 'broadcast',
    purpose: 'marketing',
    personal: false,
    priority: campaign.priority,
    ...attachmentsPart(part),
    looksFor: ({ day }) => (part.spanOn(day) ? { find: 'everybody' } : null),
    due(moment) {
      const span = part.spanOn(moment.day)
      return span && dueAt(moment, part.at, part.withinDays, span)
    },
    compose: (_moment, _member, view) => ({
      text: render(part.wording, withOffer(view, part.offer)),
      why: `活动：${campaign.title}`,
      target: 'me',
      ...giftPart(part.offer, 'campaign'),
    }),
  }
}

const dueAt = (moment: Moment, at: string, withinDays: number, { from }: Span): Due => ({
  period: from,
  wantedAt: moment.at(at),
  expiresAt: moment.evening(withinDays),
  run: { period: from },
})

// ---------------------------------------------------------------- before

function teaser(named: Named): BoundCustomer | null {
  const { campaign } = named
  const { before } = campaign
  if (!before) return null
  return broadcastPart(named, {
    ...before,
    kind: 'campaign-before',
    title: '活动预告',
    withinDays: Math.max(0, before.days - 1),
    spanOn: (day) => beginning(campaign, day, before.days),
  })
}

function early(named: Named): BoundCustomer | null {
  const { campaign } = named
  const { before } = campaign
  const wanted = before?.early
  if (!before || !wanted) return null
  return broadcastPart(named, {
    kind: 'campaign-early',
    title: '活动抢先通知',
    at: wanted.at ?? before.at,
    withinDays: 1,
    wording: wanted.wording,
    attachments: wanted.attachments,
    spanOn: (day) => beginning(campaign, day, wanted.days),
  })
}

// ---------------------------------------------------------------- invitation

function rsvpOn({ name, campaign }: Named, day: Day): GamePlan | null {
  const { invitation } = campaign
  const span = invitation && spanNear(campaign, day, invitation.daysBefore, 0)
  if (!span || !invitation) return null
  return {
    id: rsvpId(name, span.from),
    kind: 'poll',
    title: invitation.question,
    settings: {
      intro: campaign.title,
      options: [
        { id: comes, label: '参加' },
        { id: 'maybe', label: '看时间' },
        { id: 'not', label: '这次不来' },
      ],
      most: 1,
      points: 0,
    },
    opensAt: instantOf(addDays(span.from, -invitation.daysBefore)),
    closesAt: instantOf(addDays(span.from, 1)),
    touchpoint: `${name}-invitation`,
  }
}

function invitation(named: Named): BoundCustomer | null {
  const { name, campaign } = named
  const wanted = campaign.invitation
  if (!wanted) return null
  const spanOn = (day: Day): Span | null => beginning(campaign, day, wanted.daysBefore)
  return {
    ...broadcastPart(named, {
      ...wanted,
      kind: 'campaign-invitation',
      title: '活动邀请',
      withinDays: Math.max(0, wanted.daysBefore - 1),
      spanOn,
    }),
    games: ({ day }) => [rsvpOn(named, day)].filter((game) => game !== null),
    compose(moment, _member, view) {
      const span = spanOn(moment.day)
      const id = rsvpId(name, span?.from ?? moment.day)
      return {
        text: `${render(wanted.wording, view)}\n参加还是不来，点一下：[[link:game/${id}]]`,
        why: `活动邀请：${campaign.title}`,
        games: [id],
        target: `game/${id}`,
      }
    },
  }
}

function reminder(named: Named): BoundCustomer | null {
  const { name, campaign } = named
  const wanted = campaign.invitation?.reminder
  if (!wanted) return null
  const part = broadcastPart(named, {
    ...wanted,
    kind: 'campaign-reminder',
    title: '到场提醒',
    withinDays: 0,
    spanOn: (day) => beginning(campaign, day, 0),
  })
  return {
    ...part,
    // She asked for it by saying that she comes.
    purpose: 'service',
    looksFor: ({ day }) =>
      beginning(campaign, day, 0)
        ? { find: 'answered', question: rsvpId(name, day), choices: [comes] }
        : null,
  }
}

// ---------------------------------------------------------------- during

function opening(named: Named): BoundCustomer | null {
  const { campaign } = named
  const wanted = campaign.start
  if (!wanted) return null
  return broadcastPart(named, {
    ...wanted,
    kind: 'campaign-start',
    title: '活动开始',
    withinDays: 0,
    spanOn: (day) => beginning(campaign, day, 0),
  })
}

function live({ campaign }: Named): BoundPiece | null {
  const { groups } = campaign
  if (!groups) return null
  return {
    kind: 'campaign-live',
    title: '活动播报',
    audience: 'group-piece',
    priority: campaign.priority,
    wantedAt: (moment) => moment.at(groups.at),
    piece({ day }) {
      const span = spanNear(campaign, day, 0, 0)
      const update = span && groups.updates.find((one) => one.day === daysBetween(span.from, day) + 1)
      return update ? { text: `${newsHead(campaign)}${update.text}`, games: [] } : null
    },
    games: () => [],
  }
}

// ---------------------------------------------------------------- after

function followUp({ name, campaign }: Named): BoundCustomer | null {
  const { after } = campaign
  if (!after) return null
  const spanOn = (day: Day): Span | null => {
    const span = spanNear(campaign, day, 0, after.days)
    return span && addDays(span.until, after.days) === day ? span : null
  }
  const ending = noteFields.ending.parse(undefined)
  return {
    kind: 'campaign-after',
    title: '会后跟进',
    audience: 'customer',
    channel: after.channel ?? 'advisor-task',
    purpose: 'marketing',
    personal: true,
    priority: campaign.priority + 2,
    looksFor({ day }) {
      const span = spanOn(day)
      return span && { find: 'took-part', campaign: name, since: firstHeard(campaign, span), ...span }
    },
    due(moment) {
      const span = spanOn(moment.day)
      return span && { ...noteDue({ ...after, ending }, moment, span.from), run: { period: span.from } }
    },
    endedBy: ['order-placed'],
    ends: () => ({ code: 'bought-meanwhile', words: '已下单，不再跟进' }),
    compose: (_moment, _member, view) => ({
      text: noteText({ ending }, after.wording, withOffer(view, after.offer)),
      why: `参加了${campaign.title}，还没有下单`,
      ...giftPart(after.offer, 'campaign'),
    }),
  }
}
