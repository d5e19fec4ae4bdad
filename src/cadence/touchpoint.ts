/**
 * What a touchpoint is: settings with a schema, and pure rules that say who is due on a day and in which words. It sees
 * neither clock nor database; the planner asks, and only the outbox decides whether now is a good moment.
 */
import type { z } from 'zod'
import { addDays, daysBetween, instantOf, weekOf, weekdayOf } from '../base/calendar.ts'
import type { Day, TimeOfDay } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Attachment, View } from '../content/index.ts'
import type { Kind } from '../interaction/index.ts'
import { defaultManners } from '../outbox/index.ts'
import type { ChannelName, Gift, OverCap, Purpose, Run } from '../outbox/index.ts'
import { attachmentsPart } from './attachments.ts'
import type { AttachmentsWritten } from './attachments.ts'
import type { DayChoice } from './day-kinds.ts'
import type { Occasion, ProductSeen, Query } from './occasion.ts'
import type { Tip } from './tips/rotation.ts'

/** A calendar day with what touchpoints ask of it. */
export interface Moment {
  readonly day: Day
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number
  /** `2026-W47` */
  readonly week: string
  /** `2026-11` */
  readonly month: string
  /** `2026-Q4` */
  readonly quarter: string
  /** The instant of a local time on this day, or some days later. Asked for every customer, so it is remembered. */
  at(time: TimeOfDay, daysLater?: number): Instant
  /** When the last words of this day may be said: its quiet hours begin. The same some days later. */
  evening(daysLater?: number): Instant
}

/** Quiet hours as the manners write them: `21:30-08:30`. */
export function momentOf(day: Day, quietHours: string = defaultManners.quietHours): Moment {
  const [quiet = ''] = quietHours.split('-')
  const lastTime = quiet > '12:00' ? quiet : '23:59'
  const instants = new Map<string, Instant>()
  const at: Moment['at'] = (time, daysLater = 0) => {
    const key = `${time} ${String(daysLater)}`
    const known = instants.get(key)
    if (known !== undefined) return known
    const instant = instantOf(addDays(day, daysLater), time)
    instants.set(key, instant)
    return instant
  }
  return {
    day,
    weekday: weekdayOf(day),
    week: weekOf(day),
    month: day.slice(0, 7),
    quarter: quarterOf(day),
    at,
    evening: (daysLater) => at(lastTime, daysLater),
  }
}

export const quarterOf = (day: Day): string =>
  `${day.slice(0, 4)}-Q${String(Math.ceil(Number(day.slice(5, 7)) / 3))}`

/** A customer as the planner sees her on that day. */
export interface Member {
  readonly customer: string
  readonly tier: string
  readonly tierTitle: string
  readonly tierReason: string
  readonly dormancy: 'short' | 'medium' | 'long' | null
  readonly firstDay: Day | null
  readonly lastDay: Day | null
  readonly purchases: number
  readonly spentFen: number
  readonly name: string
  readonly salutation: string
  readonly external: string | null
  readonly advisor: { readonly userid: string; readonly name: string } | null
  /** What she is expected to spend in the coming year, in fen; 0 while no model says anything. */
  readonly worthFen: number
  readonly points: number
  /** Null in a shop without levels. */
  readonly level: LevelSeen | null
}

export interface LevelSeen {
  readonly name: string
  readonly title: string
  /** Until when she keeps it; null for the lowest. */
  readonly keepUntil: Day | null
  /** What she still has to spend to keep it, in fen; 0 when she has. */
  readonly missingFen: number
}

export interface Group {
  readonly chat: string
  readonly name: string
  readonly owner: string
  readonly interest: string | null
}

/** A member of the staff who may speak with customers. */
export interface Colleague {
  readonly userid: string
  readonly name: string
}

export interface Reason {
  readonly code: string
  readonly words: string
}

/** Due: which promise it is (same touchpoint + subject + period = never twice), when, and until when. */
export interface Due {
  readonly period: string
  readonly wantedAt: Instant
  readonly expiresAt: Instant
  /** Due, but it is known already that it will not be said. */
  readonly skip?: Reason
  /** The run that it is a step of; the calendar month when absent. It matters where a full cap ends a run. */
  readonly run?: Run
  /** What made it due, for the words. */
  readonly occasion?: Occasion
}

export interface Said {
  readonly text: string
  /** Why write today, one sentence for the advisor. */
  readonly why?: string
  readonly target?: string
  readonly games?: readonly string[]
  /** What goes along this time, in place of what the touchpoint always carries. */
  readonly attachments?: readonly Attachment[]
  /** A coupon that is given when the words were really sent. */
  readonly gift?: Gift
  /** Only in 微信客服: what she may press below the words. */
  readonly menu?: readonly string[]
}

/** How long the same customer does not hear any touchpoint of this kind again. */
export interface Rests {
  readonly days: number
  /** A coupon of this family counts like having heard it, also when another touchpoint gave it. */
  readonly family?: string
  /** The refusal; `said` is the day she heard it last. */
  refusal(said: Day): Reason
}

/** Something that happened to a customer, for touchpoints that answer at once. */
export interface Happened {
  readonly kind: Kind
  readonly at: Instant
  readonly staff: string | null
  readonly detail: Readonly<Record<string, unknown>>
  /** Purchase days up to now, this one included. */
  readonly purchases: number
  /** What it was about, where the catalogue knows it. */
  readonly product?: ProductSeen
  /** What she had asked in 微信客服 before a person took her over. */
  readonly asked?: string
}

/** What may end a promise: the row as it was recorded. */
export type Ending = Pick<Happened, 'kind' | 'at' | 'detail'>

/** What the game folder needs to open a game; settings in the shape of its kind. */
export interface GamePlan {
  readonly id: string
  readonly kind: 'poll' | 'hunt'
  readonly title: string
  readonly settings: unknown
  readonly opensAt: Instant
  readonly closesAt: Instant
  readonly touchpoint: string
}

export type StoredTips = ReadonlyMap<string, readonly Tip[]>

export interface TipList {
  readonly interest: string
  readonly tips: readonly Tip[]
}

/** What a group message is made of. */
export interface Told {
  readonly interest: string
  readonly tip: Tip | null
  readonly pieces: readonly Piece[]
}

/** A piece of the day's one group message. */
export interface Piece {
  readonly text: string
  readonly games: readonly string[]
}

interface Common<S> {
  /** In the config, in dedupe keys and reports: never changes once released. */
  readonly kind: string
  readonly title: string
  readonly settings: z.ZodType<S>
}

export interface CustomerRules<S> extends Common<S> {
  readonly audience: 'customer'
  readonly channel: ChannelName
  readonly purpose: Purpose
  /** Written for one person: never made a broadcast of. */
  readonly personal: boolean
  /** The customer waits for it: neither quiet hours nor other tasks keep it back. */
  readonly awaited?: boolean
  /** Higher first, when only one of two may be said. */
  readonly priority: number
  /** Whom the database shall look for on this day; null = nobody. Absent: the calendar never makes it due. */
  looksFor?(settings: S, moment: Moment): Query | null
  /** Is she due? Tiers are checked by the planner. */
  due(settings: S, moment: Moment, member: Member, occasion: Occasion): Due | null
  rests?(settings: S): Rests | null
  /** An occasion to show the words by, where any would not do: a test send without a real one. */
  sample?(settings: S): Occasion
  /** The kinds of happening it answers, and whether this one makes it due. */
  readonly answers?: readonly Kind[]
  onHappening?(settings: S, happened: Happened, member: Member): Due | null
  /**
   * Happenings that may end what is still queued for her, and in which words: she has bought, so nobody reminds her.
   * `period` is that of the promise.
   */
  readonly endedBy?: readonly Kind[]
  ends?(settings: S, happened: Ending, period: string): Reason | null
  /** The games its words lead to, open on that day. */
  games?(settings: S, moment: Moment, name: string): readonly GamePlan[]
  /** What it may carry beside, or in place of, its `attachments`: its files are kept uploaded as well. */
  mayCarry?(settings: S): readonly Attachment[]
  /** `name` is the touchpoint's own, which ids of games carry. */
  compose(settings: S, moment: Moment, member: Member, view: View, occasion: Occasion, name: string): Said
}

export interface GroupRules<S> extends Common<S> {
  readonly audience: 'group'
  readonly priority: number
  due(settings: S, moment: Moment, group: Group): Due | null
  /** The list this group is told from, a tip a day; `stored` are those of spreadsheets. Null: nothing fits it. */
  tips(settings: S, group: Group, stored: StoredTips): TipList | null
  /** The one message of the day; `pieces` of other touchpoints go into it. */
  compose(settings: S, moment: Moment, group: Group, told: Told, view: View): Said
}

/** Never sends by itself: its piece goes into the day's group message. */
export interface PieceRules<S> extends Common<S> {
  readonly audience: 'group-piece'
  readonly priority: number
  /** When the message is wanted, should no other touchpoint carry the piece. */
  wantedAt(settings: S, moment: Moment): Instant
  piece(settings: S, moment: Moment, group: Group, name: string): Piece | null
  /** The games open on that day. */
  games(settings: S, moment: Moment, name: string): readonly GamePlan[]
}

/** For those who speak with customers: a note to them, or something that they publish. */
export interface StaffRules<S> extends Common<S> {
  readonly audience: 'staff'
  readonly channel: 'moments' | 'app-message'
  readonly purpose: Purpose
  readonly priority: number
  due(settings: S, moment: Moment, colleague: Colleague): Due | null
  compose(settings: S, moment: Moment, colleague: Colleague, view: View): Said
}

/** Words of the shop into internal groups of its staff. */
export interface RobotRules<S> extends Common<S> {
  readonly audience: 'robot'
  readonly channel: 'robot'
  readonly purpose: Purpose
  readonly priority: number
  /** By name. */
  robots(settings: S): readonly string[]
  due(settings: S, moment: Moment): Due | null
  compose(settings: S, moment: Moment, view: View): Said
}

export type Rules<S> = CustomerRules<S> | GroupRules<S> | PieceRules<S> | StaffRules<S> | RobotRules<S>

// ------------------------------------------------------------------ settings bound to rules

type Unbound<R> = R extends (settings: never, ...rest: infer A) => infer T ? (...rest: A) => T : R
type BoundOf<R> = { readonly [K in keyof Omit<R, 'settings'>]: Unbound<Omit<R, 'settings'>[K]> } & {
  /** What goes along with the words. */
  readonly attachments?: readonly Attachment[]
}
export type BoundCustomer = BoundOf<CustomerRules<never>>
export type BoundGroup = BoundOf<GroupRules<never>>
export type BoundPiece = BoundOf<PieceRules<never>>
export type BoundStaff = BoundOf<StaffRules<never>>
export type BoundRobot = BoundOf<RobotRules<never>>
export type Bound = BoundCustomer | BoundGroup | BoundPiece | BoundStaff | BoundRobot

/** What every touchpoint's settings hold; each kind's schema contains it. */
export interface CommonSettings {
  readonly kind?: string | undefined
  readonly enabled: boolean
  readonly title?: string | undefined
  readonly tiers?: readonly string[] | undefined
  readonly priority?: number | undefined
  readonly topic?: string | undefined
  readonly channel?: ChannelName | undefined
  readonly onOverCap?: OverCap | undefined
  readonly days?: DayChoice | undefined
  readonly audience?: unknown
  readonly attachments?: AttachmentsWritten
}

/** A kind with its settings' type closed in, so that kinds can stand in one list. */
export interface TouchpointKind {
  readonly kind: string
  readonly title: string
  readonly audience: Rules<never>['audience']
  readonly settings: z.ZodType<CommonSettings>
  /** The kinds of happening it follows. */
  readonly answers: readonly Kind[]
  readonly endedBy: readonly Kind[]
  /** The rules with these settings filled in. Settings that do not fit are a bug: the config was validated before. */
  bind(settings: unknown): Bound
}

export function defineTouchpoint<S extends CommonSettings>(rules: Rules<S>): TouchpointKind {
  return {
    kind: rules.kind,
    title: rules.title,
    audience: rules.audience,
    settings: rules.settings,
    answers: rules.audience === 'customer' ? (rules.answers ?? []) : [],
    endedBy: rules.audience === 'customer' ? (rules.endedBy ?? []) : [],
    bind(raw) {
      const settings = rules.settings.parse(raw)
      switch (rules.audience) {
        case 'customer':
          return bindCustomer(rules, settings)
        case 'group':
          return bindGroup(rules, settings)
        case 'group-piece':
          return bindPiece(rules, settings)
        case 'staff':
          return bindStaff(rules, settings)
        case 'robot':
          return bindRobot(rules, settings)
      }
    },
  }
}

function bindCustomer<S extends CommonSettings>(rules: CustomerRules<S>, settings: S): BoundCustomer {
  const { kind, title, audience, purpose, personal, awaited, answers, endedBy } = rules
  const { looksFor, sample, onHappening, rests, ends, games, mayCarry } = rules
  return {
    ...{ kind, title, audience, purpose, personal },
    ...(awaited === undefined ? {} : { awaited }),
    channel: settings.channel ?? rules.channel,
    priority: settings.priority ?? rules.priority,
    ...(answers === undefined ? {} : { answers }),
    ...(looksFor ? { looksFor: (moment) => looksFor(settings, moment) } : {}),
    ...(sample ? { sample: () => sample(settings) } : {}),
    ...(onHappening ? { onHappening: (happened, member) => onHappening(settings, happened, member) } : {}),
    ...(rests ? { rests: () => rests(settings) } : {}),
    ...(endedBy === undefined ? {} : { endedBy }),
    ...(ends ? { ends: (happened, period) => ends(settings, happened, period) } : {}),
    ...(games ? { games: (moment, name) => games(settings, moment, name) } : {}),
    ...(mayCarry ? { mayCarry: () => mayCarry(settings) } : {}),
    ...attachmentsPart(settings),
    due: (moment, member, occasion) => rules.due(settings, moment, member, occasion),
    compose: (moment, member, view, occasion, name) =>
      rules.compose(settings, moment, member, view, occasion, name),
  }
}

function bindGroup<S extends CommonSettings>(rules: GroupRules<S>, settings: S): BoundGroup {
  const { kind, title, audience } = rules
  return {
    ...{ kind, title, audience, priority: settings.priority ?? rules.priority },
    ...attachmentsPart(settings),
    due: (moment, group) => rules.due(settings, moment, group),
    tips: (group, stored) => rules.tips(settings, group, stored),
    compose: (moment, group, told, view) => rules.compose(settings, moment, group, told, view),
  }
}

function bindPiece<S extends CommonSettings>(rules: PieceRules<S>, settings: S): BoundPiece {
  const { kind, title, audience } = rules
  return {
    ...{ kind, title, audience, priority: settings.priority ?? rules.priority },
    wantedAt: (moment) => rules.wantedAt(settings, moment),
    piece: (moment, group, name) => rules.piece(settings, moment, group, name),
    games: (moment, name) => rules.games(settings, moment, name),
  }
}

function bindStaff<S extends CommonSettings>(rules: StaffRules<S>, settings: S): BoundStaff {
  const { kind, title, audience, channel, purpose } = rules
  return {
    ...{ kind, title, audience, channel, purpose, priority: settings.priority ?? rules.priority },
    ...attachmentsPart(settings),
    due: (moment, colleague) => rules.due(settings, moment, colleague),
    compose: (moment, colleague, view) => rules.compose(settings, moment, colleague, view),
  }
}

function bindRobot<S extends CommonSettings>(rules: RobotRules<S>, settings: S): BoundRobot {
  const { kind, title, audience, channel, purpose } = rules
  return {
    ...{ kind, title, audience, channel, purpose, priority: settings.priority ?? rules.priority },
    robots: () => rules.robots(settings),
    due: (moment) => rules.due(settings, moment),
    compose: (moment, view) => rules.compose(settings, moment, view),
  }
}

// ------------------------------------------------------------------ small helps for rules

/** Weeks since Monday 2024-01-01: what rotates by week counts with it, over every year's end. */
export const weekNumber = (day: Day): number => Math.floor(dayNumber(day) / 7)
/** Days since Monday 2024-01-01. */
export const dayNumber = (day: Day): number => daysBetween('2024-01-01', day)

/** Turns through a list, one entry a step; also for steps before the first. */
export function inTurn<T>(list: readonly T[], step: number): T {
  const found = list[((step % list.length) + list.length) % list.length]
  if (found === undefined) throw new Error('A list that is turned through is never empty.')
  return found
}
