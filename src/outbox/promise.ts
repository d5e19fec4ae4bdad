/** What we owe, and the words for it. */
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Attachment } from '../content/index.ts'

export const channelTitles = {
  welcome: '欢迎语',
  'advisor-task': '顾问任务',
  'phone-task': '电话任务',
  broadcast: '客户群发',
  'group-broadcast': '社群群发',
  kf: '微信客服',
  'app-message': '应用消息',
  moments: '朋友圈',
  robot: '群机器人',
  sms: '短信',
  email: '邮件',
} as const
export type ChannelName = keyof typeof channelTitles
export const isChannelName = (text: string): text is ChannelName => Object.hasOwn(channelTitles, text)

const automatic: readonly ChannelName[] = ['welcome', 'kf', 'app-message', 'robot', 'sms', 'email']
/** A person must press before the words leave: such a promise can wait for days. */
export const needsHuman = (channel: ChannelName): boolean => !automatic.includes(channel)

/** Things an advisor does from her list: a message from the sidebar, a call. They have no remote task to ask about. */
export const taskChannels: readonly ChannelName[] = ['advisor-task', 'phone-task']
export const isTask = (channel: ChannelName): boolean => taskChannels.includes(channel)

/** Somebody of the staff must be there: to press, or to read. */
export const needsStaff = (channel: ChannelName): boolean => needsHuman(channel) || channel === 'app-message'

/** One call asks many advisors, each of whom publishes for herself. */
export const asksMany = (channel: ChannelName): boolean => channel === 'moments'

/** Counted by WeCom, together with what the staff send alone. */
export const isBroadcast = (channel: ChannelName): boolean =>
  channel === 'broadcast' || channel === 'group-broadcast'

export type Purpose = 'marketing' | 'service'
/**
 * `staff`: words for a member of staff, or that she publishes to whoever follows her. `robot`: words into an internal
 * group of the staff, by the name of its robot.
 */
export type SubjectKind = 'customer' | 'group' | 'staff' | 'robot'
export const overCaps = ['skip', 'hold', 'abort'] as const
export type OverCap = (typeof overCaps)[number]

/**
 * What of a series belongs together for one customer, for `abort`: what its touchpoint (or campaign) has said to her
 * since a day, or under one period of its dedupe keys.
 */
export type Run = { readonly since: Day } | { readonly period: string }
export type Decision = 'queued' | 'later' | 'declined'

export interface Content {
  /** With links still written as `[[link:…]]`. */
  readonly text: string
  /** Why write today: one sentence for the advisor. */
  readonly why?: string
  readonly target?: string
  /** What goes along with the words; files by their names. */
  readonly attachments?: readonly Attachment[]
  /** Ids of the games the words speak of. */
  readonly games?: readonly string[]
  /** Only for the channel `welcome`. */
  readonly welcomeCode?: string
  /** Only for the channel `kf`. */
  readonly kf?: KfPlace
  /** Only for the channel `kf`: what she may press below the words; it comes back as if she had written it. */
  readonly menu?: readonly string[]
  /** Given when the words were really sent, once per promise. */
  readonly gift?: Gift
}

/** Where in 微信客服. */
export interface KfPlace {
  /** open_kfid: her window is open at the account she wrote to, and at no other. */
  readonly account: string
  /** Of the event that is answered: it stands for itself, whatever the window says (WECOM.md §5). */
  readonly code?: string
}

/** A coupon that goes with the words. */
export interface Gift {
  readonly title: string
  /** From the moment the words went out. */
  readonly validHours: number
  /** Kind of coupon, for "one of these a year": `wake-up`. */
  readonly family?: string
  /** What the till reads; absent where the title says it all. */
  readonly terms?: GiftTerms
}

/** As coupons know them: percent off, an amount in fen, a thing; `minFen` 0 = on any order. */
export type GiftTerms =
  | { readonly kind: 'percent'; readonly percentOff: number; readonly minFen: number }
  | { readonly kind: 'amount'; readonly offFen: number; readonly minFen: number }
  | { readonly kind: 'gift'; readonly words: string }

/** Something that might be said, staged by the cadence or a trigger; `enqueue` decides. */
export interface Candidate {
  /** In words, forever: `birthday-care:c42:2026`. */
  readonly dedupeKey: string
  readonly touchpoint: string
  readonly title: string
  readonly cadenceVersion: number
  readonly purpose: Purpose
  /** True: never as a broadcast, since the words are meant for one person. */
  readonly personal: boolean
  readonly channel: ChannelName
  readonly subjectKind: SubjectKind
  /** external_userid of a customer, chat id of a group, userid of a member of staff, name of a robot. */
  readonly subject: string
  readonly customer?: string | undefined
  /** The advisor who speaks; absent when nobody can. */
  readonly sender?: string | undefined
  readonly day: Day
  readonly wantedAt: Instant
  /** Said by then, or not at all. */
  readonly expiresAt: Instant
  /** Days before the expiry on which it is not said, and why. */
  readonly notOn?: { readonly days: readonly Day[]; readonly words: string } | undefined
  /** The customer waits for it (a complaint was made): quiet hours and other tasks do not keep it back. */
  readonly awaited?: boolean | undefined
  /** Higher first; the bands stand at the top of judge.ts. */
  readonly priority: number
  /**
   * Where a cap or quota is full: `hold` = to the first moment with room before the expiry, `skip` = not at all,
   * `abort` = not at all, nor what would follow in the same run.
   */
  readonly overCap?: OverCap | undefined
  /** With `abort`: the run it is a step of. */
  readonly run?: Run | undefined
  /** What the customer is expected to be worth in a year, in fen: who comes first where an advisor's day is full. */
  readonly worthFen?: number | undefined
  /** The campaign it is a part of; it can be stopped by itself. */
  readonly campaign?: string | undefined
  /** A topic one can opt out of: `baby`. */
  readonly topic?: string | undefined
  /** What of a list that is turned through it carries. */
  readonly piece?: string | undefined
  /** The arm of the test whose words these are. */
  readonly variant?: { readonly experiment: string; readonly arm: string } | undefined
  readonly content: Content
  /**
   * The version of the cadence since which its rules are what they are: whom an older one declined is decided again, and
   * only what is not declined any more is written.
   */
  readonly rulesSince?: number | undefined
  /** A reason to decline that is known already, for example no advisor. */
  readonly skip?: { readonly code: string; readonly words: string } | undefined
}

export type Decided = Candidate & {
  readonly decision: Decision
  readonly dueAt: Instant
  readonly reasonCode: string
  readonly reasonWords: string
  /** True when the dedupe key was promised before: then this is what was decided then. */
  readonly known: boolean
  /** The day it was promised for, where it is written; null where it was decided earlier in this sitting. */
  readonly knownDay: Day | null
  /** An older cadence had declined it. */
  readonly reopened: boolean
}
