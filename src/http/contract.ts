/**
 * What travels between the server and its pages: request schemas (zod) and response shapes (types).
 * Pages import types only, so that zod never reaches a phone. Instants are ISO 8601 with offset, days are
 * `YYYY-MM-DD` in the shop's zone, money is integer fen.
 */
import { z } from 'zod'

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day looks like 2026-05-20')
const count = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback)

// ---------------------------------------------------------------- common

/** RFC 9457 problem document: every error the API answers with. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** Stable, never renamed: `not-found`, `sign-in`, `forbidden`, `invalid`, `stale-version`… */
  readonly code: string
  /** Chinese, for the person's eyes. */
  readonly message: string
  /** What to do about it, Chinese. */
  readonly fix?: string
  readonly requestId: string
  readonly problems?: readonly ConfigProblem[]
  /** With `stale-version`: what each side changed. */
  readonly threeWay?: ThreeWay
}

export interface Paged<T> {
  readonly total: number
  readonly items: readonly T[]
}

export type TierName = string
export type Decision = 'queued' | 'later' | 'declined'
export type PromiseState =
  | 'queued'
  | 'claimed'
  | 'intent'
  | 'waiting'
  | 'sent'
  | 'refused'
  | 'expired'
  | 'cancelled'
  | 'unknown'
  | 'held'

/** A code and the words for it: `{ code: 'opted-out', words: '已退订营销消息' }`. */
export interface Reason {
  readonly code: string
  readonly words: string
}

export type Role = 'admin' | 'operator' | 'approver' | 'analyst' | 'advisor'

/** `GET /api/admin/me`, `GET /api/sidebar/me`; 401 `sign-in` carries where to go in `fix`. */
export interface Me {
  readonly userid: string
  readonly name: string
  readonly roles: readonly Role[]
  /** True when the server talks to the simulator: every page shows a mark. */
  readonly simulated: boolean
  readonly shop: string
  /** The server's business time (virtual in the demo). */
  readonly now: string
}

// ---------------------------------------------------------------- admin

/** `GET /api/admin/overview` */
export interface Overview {
  readonly customers: number
  readonly tiers: readonly { readonly tier: TierName; readonly title: string; readonly count: number }[]
  readonly last7Days: {
    readonly sent: number
    readonly waiting: number
    readonly declined: number
    readonly votes: number
    readonly finds: number
    readonly orders: number
    readonly orderFen: number
    readonly tierMoves: number
    readonly optOuts: number
  }
  /** Everything. */
  readonly paused: boolean
  /** Also what is paused only in part. */
  readonly pauses: readonly PauseShown[]
  /** The quota rule in force is stricter than the one written down, since results speak against that one. */
  readonly quotaDoubted: boolean
  /** Present while a database that came from a backup waits for a person: nothing is sent, no job runs. */
  readonly restored?: {
    readonly since: string
    readonly backupAt?: string
    readonly cause: 'restored' | 'older-copy' | 'other-place'
  }
  readonly cadenceVersion: number
}

/**
 * `GET /api/admin/first-buyers`: of those whose first purchase lies in these days, how many were reached in a chat of their
 * own within `withinDays` of that order. `missed`: why the others were not, the most frequent first.
 */
export interface FirstBuyers {
  readonly from: string
  readonly until: string
  readonly withinDays: number
  readonly goalPercent: number
  readonly buyers: number
  readonly reached: number
  readonly days: readonly { readonly day: string; readonly buyers: number; readonly reached: number }[]
  readonly weeks: readonly { readonly monday: string; readonly buyers: number; readonly reached: number }[]
  readonly missed: readonly (Reason & { readonly count: number })[]
}

export const calendarQuery = z.object({ from: day.optional(), days: count(7, 31) })

/** One touchpoint on one day: what happened (past), or what the dry run says (`planned: true`). */
export interface CalendarEntry {
  readonly touchpoint: string
  readonly title: string
  readonly channel: string
  readonly channelTitle: string
  /** Local time of day of the earliest promise, `HH:mm`. */
  readonly at: string
  readonly planned: boolean
  readonly queued: number
  readonly later: number
  readonly declined: number
  readonly sent: number
  readonly waiting: number
  readonly reasons: readonly (Reason & { readonly count: number })[]
}

export interface CalendarDay {
  readonly day: string
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number
  readonly isToday: boolean
  /** Festivals of that day, Chinese, if any: `中秋节 · 国庆节`. */
  readonly festival?: string
  /** The state holiday that the day is part of, or that it is worked for, Chinese. */
  readonly holiday?: string
  /** 休 or 班: a state holiday, or a weekend day worked for one. */
  readonly mark?: 'rest' | 'work'
  readonly entries: readonly CalendarEntry[]
}

/** `GET /api/admin/calendar` */
export interface Calendar {
  readonly from: string
  readonly days: readonly CalendarDay[]
  readonly cadenceVersion: number
  /** Years whose state holidays nobody has entered although these days, or today, need them. */
  readonly missingHolidayYears: readonly number[]
}

export const calendarEntriesQuery = z.object({
  day,
  touchpoint: z.string().max(64),
  decision: z.enum(['queued', 'later', 'declined']).optional(),
  reason: z.string().max(64).optional(),
  page: count(1, 100_000),
  size: count(50, 200),
})

/** `GET /api/admin/calendar/entries`: each customer or group of one cell, with its why. */
export interface CalendarEntries extends Paged<CalendarSubject> {
  /** Of groups: the customers in them who are spoken to; whoever is in several is counted once. */
  readonly people?: number
}

export interface CalendarSubject {
  readonly subject: string
  readonly name: string
  readonly tier?: TierName
  readonly advisor?: string
  readonly at: string
  readonly decision: Decision
  readonly reason: Reason
  readonly state?: PromiseState
  readonly text?: string
  /** Titles of the test and the arm whose words these are. */
  readonly arm?: { readonly experiment: string; readonly arm: string }
}

export interface ConfigProblem {
  /** 1-based. */
  readonly line: number
  readonly column: number
  readonly path: string
  /** What is wrong, Chinese for the console. */
  readonly message: string
  readonly fix: string
}

/** `GET /api/admin/cadence` */
export interface CadenceDocument {
  readonly version: number
  readonly yaml: string
  readonly publishedAt: string
  readonly publishedBy: string
  readonly note: string
  /** True with CADENCE_SOURCE=file. */
  readonly readOnly: boolean
  /** Must somebody else approve before anything is published? `people`: because there is somebody who could. */
  readonly approval: {
    readonly required: boolean
    readonly because: 'written' | 'people'
    readonly approvers: number
  }
  /** The file on the disk cannot be used, and this version stays in force. */
  readonly fileTrouble?: { readonly since: string; readonly problems: readonly ConfigProblem[] }
}

/** `GET /api/admin/cadence/versions` : Paged<CadenceVersion> */
export interface CadenceVersion {
  readonly version: number
  readonly publishedAt: string
  readonly publishedBy: string
  readonly note: string
  /** The older version whose text it is. */
  readonly rolledBackTo?: number
  readonly approvedBy?: string
}

/** `GET /api/admin/cadence/versions/:version` */
export interface CadenceVersionText extends CadenceVersion {
  readonly yaml: string
}

/** Body of `POST /api/admin/cadence/versions/:version/rollback` : answers CadenceWished. */
export const cadenceRollback = z.object({ note: z.string().max(200).default('') })

/** Live at once, or waiting for whoever approves. */
export interface CadenceWished {
  readonly published?: CadenceDocument
  readonly submitted?: CadenceDraftItem
}

export type DraftState = 'open' | 'submitted' | 'approved' | 'rejected' | 'published' | 'withdrawn'

/** `GET /api/admin/cadence/drafts` : Paged<CadenceDraftItem> */
export interface CadenceDraftItem {
  readonly id: string
  readonly state: DraftState
  readonly note: string
  readonly author: string
  /** Hers who asks: only the author edits, only somebody else approves. */
  readonly mine: boolean
  readonly baseVersion: number
  readonly rollsBackTo?: number
  readonly decidedBy?: string
  readonly decidedAt?: string
  readonly words: string
  readonly publishedVersion?: number
  readonly epoch: number
  readonly hash: string
  readonly changedAt: string
  /** How many mistakes it has. */
  readonly mistakes: number
}

/** `GET /api/admin/cadence/drafts/:id` */
export interface CadenceDraftDetail extends CadenceDraftItem {
  readonly yaml: string
  readonly problems: readonly ConfigProblem[]
}

export interface ThreeWay {
  readonly base: number
  readonly newest: number
  readonly yours: readonly { readonly path: string; readonly words: string }[]
  readonly theirs: readonly { readonly path: string; readonly words: string }[]
  readonly both: readonly { readonly path: string; readonly yours: string; readonly theirs: string }[]
}

/** Body of `POST /api/admin/cadence/drafts`; without `id` a new one. */
export const cadenceDraftSave = z.object({
  id: z.string().max(64).optional(),
  epoch: z.number().int().default(0),
  yaml: z.string().max(262_144),
  note: z.string().max(200).default(''),
  baseVersion: z.number().int().min(0),
})
/** Body of `…/submit`, `…/withdraw`, `…/rebase`, `…/publish`: what the caller saw last. */
export const cadenceDraftSeen = z.object({ epoch: z.number().int() })
/** Body of `…/approve` and `…/reject`: `hash` is that of the text which was read. */
export const cadenceDraftDecision = cadenceDraftSeen.extend({
  hash: z.string().length(64),
  words: z.string().max(500).default(''),
})

export const auditQuery = z.object({
  what: z.string().max(40).optional(),
  who: z.string().max(64).optional(),
  from: day.optional(),
  to: day.optional(),
  page: count(1, 100_000),
  size: count(50, 200),
})

/** Body of `POST /api/admin/media`; `data` is the file in base64. */
export const mediaBody = z.object({
  /** The name of the file without its ending, when absent. */
  name: z.string().max(60).optional(),
  filename: z.string().min(1).max(255),
  /** What it looks like, when absent. */
  type: z.enum(['image', 'video', 'file', 'voice']).optional(),
  data: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64'),
})

/** `GET /api/admin/media` : Paged<MediaItem>; its picture lies at `…/:name/picture`. */
export interface MediaItem {
  readonly name: string
  readonly type: 'image' | 'video' | 'file' | 'voice'
  /** Chinese. */
  readonly typeTitle: string
  readonly filename: string
  readonly bytes: number
  readonly addedBy: string
  readonly addedAt: string
  /** Where it is named; while it is, it cannot be removed. */
  readonly places: readonly {
    readonly touchpoint: string
    readonly title: string
    /** Else a draft names it. */
    readonly inForce: boolean
  }[]
}

const ids = (most: number) => z.array(z.string().min(1).max(64)).max(most).default([])
const wayFields = {
  name: z.string().min(1).max(60),
  /** Userids; of a code for groups none. */
  staff: ids(500),
  /** Chats; only of a code for groups, in the order in which they fill. */
  chats: ids(5),
  /** Whoever adds an advisor is a contact at once. */
  skipVerify: z.boolean().default(true),
  remark: z.string().max(60).default(''),
  /** Corp tags for whoever comes by it. */
  tags: z.array(z.string().max(60)).max(20).default([]),
}
/** Body of `PUT /api/admin/ways/:id`: replaces all of it. */
export const wayChange = z.object(wayFields)
/** Body of `POST /api/admin/ways`; `mark` is made up when absent and never changes. */
export const wayBody = z.object({
  kind: z.enum(['contact', 'join', 'link']),
  mark: z.string().min(1).max(30).optional(),
  ...wayFields,
})
/** Body of `POST /api/admin/ways/adopt`. */
export const wayAdoption = z.object({
  kind: z.enum(['contact', 'join', 'link']),
  remoteId: z.string().min(1).max(128),
  name: z.string().min(1).max(60),
})

export interface WayFigures {
  readonly added: number
  /** Still contacts, or in the group. */
  readonly friends: number
  /** Bought after they came. */
  readonly bought: number
  readonly revenueFen: number
}

/** An entrance: a code that adds an advisor (contact), one that leads into a group (join), a link of 获客助手. */
export interface WayItem {
  readonly id: string
  readonly kind: 'contact' | 'join' | 'link'
  readonly name: string
  /** The `state` WeCom gives back; the key of its welcome in the cadence. */
  readonly mark: string
  /** new, asked: being made. unsure, refused, lost: a person has to look. */
  readonly state: 'new' | 'asked' | 'unsure' | 'refused' | 'live' | 'lost' | 'ended'
  readonly ending: boolean
  /** WeCom has not been told of the last change yet. */
  readonly pending: boolean
  /** Chinese; empty when all is well. */
  readonly why: string
  /** Its code lies at `…/:id/picture`. */
  readonly picture: boolean
  readonly link?: string
  readonly staff: readonly { readonly userid: string; readonly name: string }[]
  readonly groups: readonly { readonly chat: string; readonly name: string }[]
  readonly skipVerify: boolean
  readonly remark: string
  readonly tags: readonly string[]
  readonly createdBy: string
  readonly createdAt: string
  readonly endedAt?: string
  readonly figures: { readonly days7: WayFigures; readonly days30: WayFigures; readonly all: WayFigures }
}

/** `GET /api/admin/ways` */
export interface WayList {
  readonly items: readonly WayItem[]
  /** Uses of 获客助手 that are left. */
  readonly quota?: { readonly total: number; readonly balance: number; readonly at: string }
  /** Chinese. */
  readonly warnings: readonly string[]
  /** Who may be chosen. */
  readonly staff: readonly { readonly userid: string; readonly name: string }[]
  readonly groups: readonly { readonly chat: string; readonly name: string }[]
}

/** `POST /api/admin/ways/compare` */
export interface WayComparison {
  readonly at: string
  /** In WeCom and not here. */
  readonly unknown: readonly {
    readonly kind: WayItem['kind']
    readonly remoteId: string
    /** Its remark or name in WeCom; may be empty. */
    readonly name: string
    readonly mark: string
    /** The way of ours whose mark it carries: a second one; empty for others. */
    readonly twinOf: string
  }[]
  /** Further ones that were not looked at. */
  readonly more: number
  /** Names of those that WeCom has no longer. */
  readonly lost: readonly string[]
}

/** `GET /api/admin/audit` : Paged<AuditItem> */
export interface AuditItem {
  readonly seq: number
  readonly at: string
  /** `staff:zhang`, `cli:cadence apply`. */
  readonly who: string
  /** Her name where WeCom knows it. */
  readonly name: string
  readonly what: string
  /** Chinese. */
  readonly title: string
  readonly about: string
  /** Note, reason or words of the deed. */
  readonly words: string
  readonly hash: string
}

/** `GET /api/admin/audit/verify` */
export interface AuditCheck {
  readonly ok: boolean
  readonly entries: number
  readonly head: string
  readonly broken: { readonly seq: number; readonly kind: string; readonly why: string } | null
}

/** `GET /api/admin/staff` : Paged<StaffRoles> */
export interface StaffRoles {
  readonly userid: string
  readonly name: string
  readonly active: boolean
  /** Named in SIYU_ADMINS: an administrator whatever is given here. */
  readonly fixed: boolean
  readonly given: readonly Role[]
  readonly advisor: boolean
}

/** Body of `PUT /api/admin/staff/:userid/roles` */
export const staffRoles = z.object({
  roles: z.array(z.enum(['admin', 'operator', 'approver', 'analyst'])).max(4),
})

/** Body of `POST /api/admin/cadence/validate` and `/diff`. */
export const cadenceDraft = z.object({ yaml: z.string().max(262_144) })

export interface CadenceCheck {
  readonly ok: boolean
  readonly problems: readonly ConfigProblem[]
  /** It may be published, and something in it will not go as somebody expects. */
  readonly warnings: readonly ConfigProblem[]
}

/** `POST /api/admin/cadence/diff`: 422 with `problems` when the draft does not validate. */
export interface CadenceDiff {
  readonly baseVersion: number
  readonly before: string
  readonly changes: readonly {
    readonly path: string
    readonly before: string
    readonly after: string
    readonly words: string
  }[]
  /** What the edit does to the next 7 days, by the dry run before and after. Only cells that differ. */
  readonly effect: readonly {
    readonly day: string
    readonly touchpoint: string
    readonly title: string
    readonly before: { readonly queued: number; readonly declined: number }
    readonly after: { readonly queued: number; readonly declined: number }
  }[]
}

/** Body of `POST /api/admin/cadence/publish` : answers CadenceDocument; 409 `stale-version` if someone published in between. */
export const cadencePublish = z.object({
  yaml: z.string().max(262_144),
  note: z.string().max(200),
  baseVersion: z.number().int(),
})

export const customersQuery = z.object({
  query: z.string().max(64).optional(),
  tier: z.string().max(32).optional(),
  page: count(1, 100_000),
  size: count(30, 200),
})

/** `GET /api/admin/customers` : Paged<CustomerRow> */
export interface CustomerRow {
  readonly id: string
  readonly name: string
  readonly tier: TierName
  readonly tierTitle: string
  readonly tierReason: string
  readonly advisor?: string
  /** The name of the advisor who is hers by name. */
  readonly namedAdvisor?: string
  readonly purchases: number
  readonly spentFen: number
  readonly lastPurchaseDay?: string
  readonly optedOut: boolean
}

/** `GET /api/admin/customers/:id`, and (inside SidebarCustomer) what an advisor sees of her own customer. */
export interface CustomerCard extends Omit<CustomerRow, 'namedAdvisor'> {
  readonly namedAdvisor?: NamedAdvisor
  /** A person wants nobody named for her. */
  readonly noNamedAdvisor?: boolean
  /** Those who have added her and may write to her, the oldest first. */
  readonly advisors: readonly { readonly userid: string; readonly name: string }[]
  readonly externalUserId?: string
  readonly avatar?: string
  readonly remark?: string
  readonly addedAt?: string
  readonly dormancy?: string
  readonly stage?: string
  readonly averageFen?: number
  readonly points: number
  readonly tags: readonly string[]
  readonly coupons: readonly Coupon[]
  readonly level?: MemberLevel
  readonly orders: readonly {
    readonly at: string
    readonly amountFen: number
    readonly items: readonly string[]
  }[]
  readonly timeline: readonly { readonly at: string; readonly kind: string; readonly words: string }[]
  /** The newest ten; all of them under `…/moves`. */
  readonly tierMoves: readonly TierMove[]
  /** Past and open promises with their why, newest first; what the dry run foresees is under `…/touchpoints`. */
  readonly touchpoints: readonly CalendarSubject[]
  readonly identities: {
    readonly externals: readonly string[]
    readonly shopIds: readonly string[]
    /** Masked. */
    readonly phones: readonly string[]
  }
  readonly dynamicTags: readonly {
    readonly name: string
    readonly title: string
    readonly reason: string
    readonly since: string
    readonly expires?: string
  }[]
  /** The next 52 weeks; absent until a model was fitted. */
  readonly clv?: {
    readonly model: string
    readonly asOf: string
    readonly alivePercent: number
    readonly expectedPurchases: number
    readonly valueFen: number
    readonly lowFen: number
    readonly highFen: number
  }
  /** Absent without a rhythm of her own. As of the last look. */
  readonly churn?: {
    readonly warning: boolean
    readonly riskPercent: number
    readonly reason: string
    readonly since?: string
    readonly alarm?: string
    readonly expectedNext?: string
  }
  /** Of a sleeping customer. */
  readonly likelyCause?: {
    readonly title: string
    readonly reason: string
    readonly actions: readonly string[]
  }
  readonly radar: Radar
  /** Absent for whoever bought nothing. */
  readonly value?: ValueOfCustomer
  readonly attributes: readonly { readonly name: string; readonly title: string; readonly value: string }[]
  readonly groups: readonly { readonly name: string; readonly interest?: string }[]
  readonly satisfaction?: {
    readonly lastScore?: number
    readonly at?: string
    readonly low: number
    readonly answers: number
  }
  readonly openComplaintAt?: string
  readonly budget: ContactBudget
  readonly recommendations: readonly Recommendation[]
}

/** 专属顾问. `clv`: for her expected value; `person`: somebody said so. */
export interface NamedAdvisor {
  readonly userid: string
  readonly name: string
  readonly since: string
  readonly by: 'clv' | 'person'
  /** Her place by expected value when it was done, of how many. */
  readonly rank?: number
  readonly among?: number
  /** The share that gets one. */
  readonly percent?: number
  /** Who said so; `cli` for the shell. */
  readonly person?: string
}

/** Body of `PUT /api/admin/customers/:id/named-advisor`; `staff` null: she is nobody's by name until a person says so. */
export const namedAdvisorBody = z.strictObject({
  staff: z.string().min(1).max(64).nullable(),
  why: z.string().max(200).default(''),
})
/** Its answer. */
export interface NamedAdvisorSet {
  readonly staff: string | null
}

/** `GET /api/admin/named-advisors`: how far the share at the top has somebody by name, and who of it has nobody. */
export interface NamedAdvisors {
  readonly percent: number
  /** How many have an estimate; 0 until a model was fitted. */
  readonly of: number
  /** How many of them are in the share. */
  readonly places: number
  readonly named: number
  readonly byPerson: number
  /** In order of rank; the first 200. `next-run`: the next night names somebody. */
  readonly nobody: Paged<{
    readonly id: string
    readonly name: string
    readonly rank: number
    readonly why: 'no-contact' | 'may-not-speak' | 'taken-back' | 'next-run'
  }>
}

export interface TierMove {
  readonly at: string
  /** The shop's day it counts for. */
  readonly day: string
  readonly from: TierName
  readonly fromTitle: string
  readonly to: TierName
  readonly toTitle: string
  readonly cause: string
  readonly causeTitle: string
  readonly reason: string
}

export const pageQuery = z.object({ page: count(1, 100_000), size: count(30, 200) })
/** `GET /api/admin/customers/:id/touchpoints` : Paged<CalendarSubject>: promises, and 14 days of the dry run. */
/** `GET /api/admin/customers/:id/moves` : Paged<TierMove>, newest first. */

export const movesQuery = z.object({ from: day.optional(), to: day.optional() })
/** `GET /api/admin/tier-moves`: customers by where they stood at the end of two days; default: the last 30 days. */
export interface TierFlows {
  readonly from: string
  readonly to: string
  readonly tiers: readonly {
    readonly tier: TierName
    readonly title: string
    readonly before: number
    readonly after: number
  }[]
  /** Those who stayed included. */
  readonly flows: readonly { readonly from: TierName; readonly to: TierName; readonly count: number }[]
  readonly moved: number
}

/** Six axes of 0-100. `average` is that of her tier, absent before the first night. */
export interface Radar {
  readonly asOf: string
  readonly tierTitle: string
  readonly axes: readonly {
    readonly axis: string
    readonly title: string
    readonly score: number
    readonly average?: number
    readonly words: string
  }[]
}

/** RFM: scores of the shop's own scale (`of` is the highest), the type of eight, the class of four, what to do. */
export interface ValueOfCustomer {
  readonly r: number
  readonly f: number
  readonly m: number
  readonly of: { readonly r: number; readonly f: number; readonly m: number }
  readonly type: string
  readonly valueClass: string
  readonly segment: string
  readonly actions: readonly string[]
}

/** What may still be said by the machine. */
export interface ContactBudget {
  readonly today: number
  readonly week: number
  readonly month: number
  readonly perDay: number
  readonly perWeek: number
  readonly perMonth: number
  readonly gapUntil?: string
  readonly broadcast: {
    readonly left: number
    readonly of: number
    readonly period: 'month' | 'week' | 'day'
  }
}

export interface Recommendation {
  readonly sku: string
  readonly name: string
  readonly kind: 'replenish' | 'together' | 'popular'
  readonly reason: string
  readonly priceFen?: number
  readonly stock?: number
  readonly url?: string
}

// ---------------------------------------------------------------- audiences

/**
 * A rule: `{combinator: 'and'|'or', not?, rules: [{field, operator, value, with?} | group]}`, the form of React Query
 * Builder. Its fields are those of `GET /api/admin/audience/fields`; the server names every mistake with its place.
 */
export const audiencePreviewBody = z.strictObject({
  rule: z.unknown(),
  sample: z.number().int().min(0).max(200).default(20),
})
export const audienceExplainBody = z.strictObject({ rule: z.unknown(), customer: z.string().min(1).max(64) })
export const audienceDraft = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, '名称用小写英文、数字和连字符，例如 quiet-vip'),
  title: z.string().min(1).max(40),
  rule: z.unknown(),
  baseVersion: z.number().int().min(0),
})

/** `GET /api/admin/audience/fields` : what a rule may ask. `settings`: takes `with`, for example `{days: 90}`. */
export interface AudienceField {
  readonly name: string
  readonly title: string
  readonly group: string
  readonly kind: 'number' | 'money' | 'text' | 'choice' | 'set' | 'flag'
  readonly unit?: string
  readonly operators: readonly string[]
  readonly choices?: readonly { readonly value: string; readonly title: string }[]
  readonly settings: boolean
}

/** `POST /api/admin/audience/preview` : how many are in it now, of how many, and some of them. */
export interface AudiencePreview {
  readonly count: number
  readonly of: number
  readonly sample: readonly CustomerRow[]
}

export interface AudienceConditionWhy {
  readonly wanted: string
  readonly actual: string
  readonly met: boolean
}
export interface AudienceGroupWhy {
  readonly combinator: 'and' | 'or'
  readonly not: boolean
  readonly met: boolean
  readonly parts: readonly (AudienceConditionWhy | AudienceGroupWhy)[]
}

/** `POST /api/admin/audience/explain` : why she is in, or not. */
export interface AudienceWhy {
  readonly in: boolean
  readonly words: string
  readonly tree: AudienceGroupWhy
}

/** `GET /api/admin/audiences`, `GET|PUT /api/admin/audiences/:name`; 409 `stale-version` when somebody saved in between. */
export interface SavedAudienceRow {
  readonly name: string
  readonly title: string
  readonly rule: unknown
  readonly version: number
  readonly updatedAt: string
  readonly updatedBy: string
}

export const deliveriesQuery = z.object({
  state: z.string().max(16).optional(),
  touchpoint: z.string().max(64).optional(),
  decision: z.enum(['queued', 'later', 'declined']).optional(),
  /** First day of one running of a campaign; with a touchpoint of it, what its timeline counts. */
  running: day.optional(),
  query: z.string().max(64).optional(),
  page: count(1, 100_000),
  size: count(30, 200),
})

/** `GET /api/admin/deliveries` : Paged<Delivery> */
export interface Delivery {
  readonly id: string
  readonly touchpoint: string
  readonly title: string
  readonly channel: string
  readonly channelTitle: string
  readonly subject: string
  readonly name: string
  readonly sender?: string
  readonly at: string
  readonly decision: Decision
  readonly state?: PromiseState
  readonly reason: Reason
  readonly text?: string
  readonly settledAt?: string
  /** While it waits for a person: how often she was reminded, and when she will be again (quiet hours apart). */
  readonly reminders?: { readonly count: number; readonly nextAt: string }
}

/**
 * `POST /api/admin/deliveries/:id/resolve`: what a person found out about one in state `held`. `again`: it was not
 * delivered, send it; `sent`: it was; `cancel`: it was not, leave it. 409 `not-held` when somebody was quicker.
 */
export const resolveBody = z.object({ verdict: z.enum(['sent', 'again', 'cancel']) })

/** `GET /api/admin/tags`: each dynamic tag of `config/tags.yaml`, in its order. */
export interface AdminTags {
  readonly tags: readonly {
    readonly tag: string
    readonly title: string
    /** What it is good for, Chinese. */
    readonly purpose: string
    /** The kind of its rule. */
    readonly rule: string
    /** The corp tag group it is written to; absent = it stays with us. */
    readonly group?: string
    /** How many carry it now. */
    readonly customers: number
    readonly nextExpiry?: string
    /** The newest, at most five. */
    readonly sample: readonly {
      readonly customer: string
      readonly name: string
      readonly since: string
      readonly expires?: string
      readonly reason: string
    }[]
  }[]
}

/** One test of a touchpoint. `GET /api/admin/experiments`: those of the cadence in force, and the universal holdout. */
export interface ExperimentRow {
  readonly name: string
  readonly title: string
  readonly touchpointTitle: string
  readonly whatTitle: string
  /** Groups are assigned whole, and count as one each. */
  readonly unit: 'customer' | 'group'
  readonly phase: 'planned' | 'running' | 'ended' | 'rolled-out' | 'stopped'
  readonly from: string
  readonly until?: string
  readonly metricTitle: string
  readonly windowDays: number
  readonly entered: number
  /** One sentence for the owner of the shop. */
  readonly words: string
}
export interface ExperimentList {
  readonly items: readonly ExperimentRow[]
  readonly holdout: HoldoutView
}

/** An absent bound is without limit. */
export interface EstimateView {
  readonly value: number
  readonly low?: number
  readonly high?: number
}
/** `absolute` in shares (0.02 = two points) or fen, `relative` as a share of the control's. */
export interface DifferenceView {
  readonly absolute: EstimateView
  readonly relative?: EstimateView
  readonly p: number
}
export interface HoldoutView {
  readonly since: string
  readonly windowDays: number
  readonly heldOut: number
  readonly treated: number
  readonly order?: DifferenceView
  /** Net fen per person. */
  readonly value?: DifferenceView
  readonly words: string
}

/** `GET /api/admin/experiments/:name` */
export interface ExperimentView extends ExperimentRow {
  readonly state: string
  readonly read: 'fixed' | 'always-valid'
  /** 95: what the intervals promise, all arms together. */
  readonly confidence: number
  readonly needed: number
  readonly waitDays?: number
  readonly smallRange?: {
    readonly percent: number
    readonly thenRollOut: boolean
    readonly optOutMax: number
  }
  readonly split: { readonly expected: readonly number[]; readonly p: number; readonly isBroken: boolean }
  readonly arms: readonly {
    readonly name: string
    readonly title: string
    readonly share: number
    /** What it changes, in words; none = the touchpoint as it is. */
    readonly sets: readonly string[]
    readonly entered: number
    /** Those whose window is over; the figures below are theirs. */
    readonly due: number
    readonly queued: number
    readonly sent: number
    readonly waiting: number
    readonly unreachable: number
    readonly metrics: readonly {
      readonly name: string
      readonly title: string
      readonly hits: number
      readonly rate: number
    }[]
    readonly fenEach: number
  }[]
  /** Against the first arm; none while nothing may be read. */
  readonly comparisons: readonly {
    readonly arm: string
    readonly title: string
    readonly isClear: boolean
    readonly assigned: DifferenceView
    readonly delivered?: DifferenceView
    /** On those who really got the message. */
    readonly complier?: EstimateView
    readonly value: DifferenceView
  }[]
  readonly warnings: readonly string[]
  readonly decided?: {
    readonly arm: string
    readonly how: 'rolled-out' | 'stopped'
    readonly by: string
    readonly at: string
  }
}

/** `POST /api/admin/experiments/:name/decide`: everybody hears this arm from the next planning on; `stopped` = the control. */
export const experimentDecide = z.object({
  how: z.enum(['rolled-out', 'stopped']),
  arm: z.string().max(32).optional(),
  why: z.string().trim().min(1, '写一句原因').max(200),
})

export const experimentDraftQuery = z.object({ arm: z.string().min(1).max(32) })
/** `GET /api/admin/experiments/:name/draft?arm=`: the arm written into the touchpoint, for the editor. */
export interface ExperimentDraft {
  readonly baseVersion: number
  readonly yaml: string
  readonly words: readonly string[]
}

/**
 * `upcoming`; `warming-up`: it is spoken of before it begins; `running`; `following-up`: its days are over and something
 * of it is still to be said; `over`; `stopped` by the kill switch; `disabled` in the cadence.
 */
export type CampaignRunningPhase = 'upcoming' | 'warming-up' | 'running' | 'following-up' | 'over'
export type CampaignPhase = CampaignRunningPhase | 'stopped' | 'disabled'

/** Promises by what became of them: all but `due` add up to `due`. */
export interface CampaignCounts {
  readonly due: number
  readonly queued: number
  /** Until a person presses. */
  readonly waiting: number
  readonly sent: number
  readonly failed: number
  readonly unknown: number
  /** Expired or cancelled. */
  readonly ended: number
  readonly declined: number
}

/** One running of a campaign: its first and last day. */
export interface CampaignSpan {
  readonly from: string
  readonly until: string
  /** The day of its first word. */
  readonly since: string
  readonly phase: CampaignRunningPhase
}

interface CampaignHead {
  readonly name: string
  readonly title: string
  /** Of the running to look at first: the present one, else the next, else the last. */
  readonly phase: CampaignPhase
  /** Comes back each month or quarter. */
  readonly repeats: boolean
  /** What stops all of it. */
  readonly pause?: PauseShown
}

/** `GET /api/admin/campaigns`: those of the cadence in force. */
export interface CampaignRow extends CampaignHead {
  readonly running?: CampaignSpan
  readonly counts: CampaignCounts
  readonly tookPart: number
}
export interface CampaignList {
  readonly items: readonly CampaignRow[]
}

/** One thing that a running says; of the news of groups there are several, and their counts are groups. */
export interface CampaignPartView {
  readonly part: 'early' | 'before' | 'invitation' | 'reminder' | 'start' | 'live' | 'after'
  readonly title: string
  readonly touchpoint: string
  readonly day: string
  readonly at: string
  /** The last day on which it may still be said. */
  readonly lastDay: string
  readonly channel: string
  readonly channelTitle: string
  readonly tiers?: readonly string[]
  /** As written in the cadence. */
  readonly text: string
  readonly hasOffer: boolean
  readonly stopped: boolean
  readonly counts: CampaignCounts
  readonly reasons: readonly {
    readonly how: 'declined' | 'ended' | 'failed' | 'unknown'
    readonly code: string
    readonly words: string
    readonly count: number
  }[]
}

export interface CampaignArmView {
  readonly people: number
  readonly ordered: number
  readonly fen: number
}

export interface CampaignRunningView extends CampaignSpan {
  readonly parts: readonly CampaignPartView[]
  /** Orders count from `from` to this day, `countedDays` after the last. */
  readonly countedUntil: string
  readonly countedDays: number
  /** False while orders may still come in. */
  readonly counted: boolean
  readonly told: number
  /** Of those told, from their first word on. */
  readonly optOuts: number
  readonly answers?: { readonly come: number; readonly maybe: number; readonly not: number }
  readonly tookPart: number
  readonly ordered: number
  readonly orders: number
  /** Net of refunds. */
  readonly fen: number
  readonly followUp?: {
    /** Took part and had not ordered when it was due. */
    readonly quiet: number
    readonly sent: number
    /** Ordered after it was sent. */
    readonly ordered: number
  }
  readonly coupons?: { readonly issued: number; readonly redeemed: number }
  readonly holdout: {
    readonly heldOut: CampaignArmView
    /** Due like them, and told. */
    readonly others: CampaignArmView
    readonly order?: DifferenceView
    readonly words: string
  }
}

export const campaignQuery = z.object({ from: day.optional() })
/** `GET /api/admin/campaigns/:name?from=`: one running whole, by its first day; else the one to look at first. */
export interface CampaignView extends CampaignHead {
  /** The last running that is over, the present ones, the next one. */
  readonly spans: readonly CampaignSpan[]
  /** Of the command line all of them. */
  readonly runnings: readonly CampaignRunningView[]
}

/** `GET /api/admin/games` : Paged<AdminGame> */
export interface AdminGame {
  readonly id: string
  readonly kind: string
  readonly kindTitle: string
  readonly title: string
  readonly state: 'planned' | 'open' | 'closed'
  readonly opensAt: string
  readonly closesAt: string
  readonly players: number
  readonly result: readonly { readonly label: string; readonly count: number }[]
}

/** `POST /api/admin/restore/confirm`: sending goes on; answers how many were `{ unknown, expired, asked }`. */
export const restoreConfirmBody = z.object({ reason: z.string().trim().min(1).max(200) })

/** `GET /api/admin/wecom`, and the answer of `POST /api/admin/wecom/compare`. */
export interface WecomStanding {
  readonly comparison: {
    /** held: very many are no longer seen in WeCom, and nobody is let go before a person agrees. */
    readonly state: 'never' | 'underway' | 'broken' | 'held' | 'done'
    readonly startedAt?: string
    readonly endedAt?: string
    /** Seen so far. */
    readonly contacts: number
    readonly groups: number
    /** Why it broke off. */
    readonly why?: string
    readonly lost?: { readonly contacts: number; readonly groups: number }
  }
}

/** `POST /api/admin/wecom/compare`; `agree`: whoever was held is gone. */
export const compareBody = z.object({ agree: z.boolean().default(false) })

/** `POST /api/admin/touchpoints/:name/try`: to the caller's own WeCom, never counted. */
export const tryBody = z.object({ customer: z.string().min(1).max(64).optional() })
export interface TouchpointTried {
  readonly touchpoint: string
  readonly title: string
  readonly to: string
  readonly toName: string
  readonly messages: readonly string[]
  readonly notes: readonly string[]
}

/** `POST /api/admin/pause` and `/resume`: the kill switch, of everything or of one campaign, channel or touchpoint. */
export const pauseBody = z
  .object({
    reason: z.string().min(1).max(200),
    scope: z.enum(['global', 'campaign', 'channel', 'touchpoint']).default('global'),
    name: z.string().max(64).default(''),
  })
  .refine(
    ({ scope, name }) => (scope === 'global') === (name === ''),
    '暂停全部时不写名字，暂停其中一个时要写',
  )

export type PauseScope = z.infer<typeof pauseBody>['scope']
export interface PauseShown {
  readonly scope: PauseScope
  /** Empty for everything. */
  readonly name: string
  /** As people call it. */
  readonly title: string
  readonly by: string
  readonly at: string
  readonly reason: string
}

/** `GET /api/admin/manners`: what holds back and why, for the legend, the switch and the list of who is away. */
export interface MannersView {
  readonly pauses: readonly PauseShown[]
  /** What can be paused by itself. */
  readonly handles: readonly { readonly scope: PauseScope; readonly name: string; readonly title: string }[]
  readonly reasons: readonly {
    readonly code: string
    readonly words: string
    readonly meaning: string
    readonly effects: readonly string[]
  }[]
  readonly leaves: readonly LeaveShown[]
  readonly staff: readonly { readonly userid: string; readonly name: string }[]
  readonly quota: {
    readonly written: string
    readonly inForce: string
    /** Since when results speak against the written rule. */
    readonly doubtedSince?: string
  }
}

export interface LeaveShown {
  readonly staff: string
  readonly name: string
  readonly from: string
  readonly to: string
  readonly deputy?: string
  readonly deputyName?: string
}

/** `POST /api/admin/leaves`; one that begins on the same day replaces the earlier one. */
export const leaveBody = z.object({
  staff: z.string().min(1).max(64),
  from: day,
  to: day,
  deputy: z.string().min(1).max(64).optional(),
})
/** `POST /api/admin/leaves/end`: she is back, or never went. */
export const leaveEndBody = z.object({ staff: z.string().min(1).max(64), from: day })
/** `POST /api/admin/quota/confirm`: the quota rule in the cadence is right after all. Answers `{ confirmed }`. */

// ---------------------------------------------------------------- sidebar

/** `GET /api/sidebar/jssdk?url=` : signatures for ww.register. `url` without its hash. */
export const jssdkQuery = z.object({ url: z.url().max(2048) })
export interface JssdkSignature {
  readonly timestamp: number
  readonly nonceStr: string
  readonly signature: string
}
export interface JssdkConfig {
  readonly corpId: string
  readonly agentId: string
  readonly config: JssdkSignature
  readonly agentConfig: JssdkSignature
}

/** One thing an advisor is asked to send today. */
export interface SidebarTask {
  readonly promiseId: string
  readonly externalUserId: string
  readonly name: string
  readonly tier: TierName
  readonly tierTitle: string
  readonly touchpoint: string
  readonly title: string
  /** Why write today, one sentence. */
  readonly why: string
  /** Ready to send, with the customer's own link. */
  readonly text: string
  readonly dueAt: string
  readonly expiresAt: string
  /** `intent`: an earlier send was begun and never settled: ask 上次是否已发送? and do not offer it by itself. */
  readonly state: 'waiting' | 'intent' | 'sent' | 'skipped'
  /** 刚聊过, 已退订, 有未解决的售后…: shown, never blocking. */
  readonly warnings: readonly string[]
  /** Present on 电话任务: she is called through WeCom, and `text` only says what about. `last`: how the last try went. */
  readonly call?: { readonly last?: { readonly words: string; readonly at: string } }
  /** What goes along with the words, one message each; absent when nothing does. */
  readonly attachments?: readonly TaskAttachment[]
}

/** For the eye; what the client is to send is asked for apart, since its ids live for some days only. */
export interface TaskAttachment {
  readonly kind: 'image' | 'video' | 'file' | 'link' | 'miniprogram'
  /** 图片“封面” */
  readonly words: string
  /** Address of its thumbnail. */
  readonly picture?: string
}

/** `GET /api/sidebar/promises/:id/messages` : what follows the words, in the shape of ww.sendChatMessage. */
export interface SidebarMessages {
  readonly items: readonly SidebarMessage[]
}
export interface SidebarMessage {
  readonly words: string
  /** Null when its file cannot be had now; `why` says so. */
  readonly message: ChatMessage | null
  readonly why?: string
}
/** `msgtype` names the one part that is there. */
export interface ChatMessage {
  readonly msgtype: 'image' | 'video' | 'file' | 'news' | 'miniprogram'
  readonly image?: { readonly mediaid: string }
  readonly video?: { readonly mediaid: string }
  readonly file?: { readonly mediaid: string }
  readonly news?: {
    readonly link: string
    readonly title: string
    readonly desc: string
    readonly imgUrl: string
  }
  readonly miniprogram?: {
    readonly appid: string
    readonly title: string
    readonly imgUrl: string
    readonly page: string
  }
}

/** `GET /api/sidebar/promises/:id/pictures/:name` : the thumbnail of a picture that goes along with it. */

/** `GET /api/sidebar/today` : Paged<SidebarTask>, by value and deadline. */

/** `GET /api/sidebar/customers/:externalUserId`; 404 when she is not this advisor's customer. */
export interface SidebarCustomer {
  readonly customer: CustomerCard
  readonly tasks: readonly SidebarTask[]
}

/** `POST /api/sidebar/promises/:id/intent` before ww.sendChatMessage; answers SidebarTask with state `intent`. */
export const intentBody = z.object({ text: z.string().min(1).max(2000) })
/** `POST /api/sidebar/promises/:id/settle` after it; answers SidebarTask. `not-sent` puts it back to waiting. */
export const settleBody = z.object({
  result: z.enum(['sent', 'not-sent']),
  error: z.string().max(500).optional(),
})
/** `POST /api/sidebar/promises/:id/call`: how a call went; answers SidebarTask. Reached and wrong-person end the task. */
export const callBody = z.object({
  outcome: z.enum(['reached', 'not-reached', 'call-back', 'wrong-person']),
  said: z.string().max(500).default(''),
})
/** `POST /api/sidebar/promises/:id/skip`; answers SidebarTask with state `skipped`. */
export const skipBody = z.object({ reason: z.string().min(1).max(200) })
/** `POST /api/sidebar/customers/:externalUserId/opt-out` and `/opt-in`; answers `{ optedOut }`. */
export const sidebarOptOutBody = z.object({ said: z.string().max(200).default('') })

/** `GET /api/sidebar/coupons/:code`: what she is shown before she redeems it. 404 `coupon-unknown`. */
export interface SidebarCoupon extends Coupon {
  readonly redeemedAt?: string
  /** Why it cannot be redeemed now; absent = it can. */
  readonly why?: string
  readonly fix?: string
  /** Her own customer's name in full, anybody else's masked. */
  readonly owner: string
  /** Only for a customer of hers. */
  readonly externalUserId?: string
}
/** `POST /api/sidebar/coupons/:code/redeem`; the same `key` again is the same redemption. Answers SidebarCoupon. */
export const redeemBody = z.object({ key: z.string().regex(/^[A-Za-z0-9-]{8,64}$/) })
/** `GET /api/sidebar/coupon-templates`: what may be handed out. */
export interface CouponTemplates {
  readonly templates: readonly {
    readonly name: string
    readonly title: string
    readonly terms: string
    readonly validDays: number
  }[]
}
/** `POST /api/sidebar/customers/:externalUserId/coupons`; the same `key` again answers the same coupon. */
export const issueBody = z.object({
  template: z.string().min(1).max(32),
  key: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
})
export interface IssuedCoupon {
  readonly coupon: Coupon
  /** Ready to send. */
  readonly text: string
}

// ---------------------------------------------------------------- H5 (public)

export interface Coupon {
  readonly code: string
  readonly title: string
  /** `locked`: held for an order right now. */
  readonly state: 'issued' | 'locked' | 'redeemed' | 'expired'
  readonly expiresAt: string
  /** What it is worth, in words. */
  readonly terms?: string
}

export interface MemberLevel {
  readonly name: string
  readonly title: string
  readonly benefits: readonly string[]
  /** The last day on which the level she earned is held. */
  readonly keepUntil?: string
  /** The last day of a level given above it. */
  readonly grantedUntil?: string
  /** For what it was given. */
  readonly grantedWhy?: string
  /** Absent at the top. */
  readonly nextTitle?: string
  readonly missingFen?: number
  /** To be spent by `keepUntil` to keep it; 0 = enough. */
  readonly keepMissingFen: number
}

/** `GET /api/public/referral`: her own link, and what came of it. */
export interface Referral {
  /** Off: nothing is given now, the link is not shown. */
  readonly on: boolean
  readonly link: string
  /** What each side is given, in words. */
  readonly mine: string
  readonly theirs: string
  readonly afterDays: number
  readonly joined: number
  readonly waiting: number
  readonly credited: number
}

/** `GET /api/public/me`; 401 `sign-in` with the address to open in `fix` when nobody is known yet. */
export interface Player {
  readonly name: string
  readonly level?: MemberLevel
  readonly points: number
  readonly coupons: readonly Coupon[]
  readonly games: readonly {
    readonly id: string
    readonly title: string
    readonly kind: string
    readonly state: string
  }[]
  readonly subscription: Subscription
  /** Absent in a shop without sign-in. */
  readonly signIn?: { readonly points: number; readonly done: boolean }
  /** Free deliveries of her level in this period; absent where it has none. */
  readonly shipping?: {
    readonly times: number
    readonly months: number
    readonly left: number
    readonly until: string
  }
  /** A good cause to give points to; absent in a shop that collects for none. */
  readonly donation?: Donations
  readonly simulated: boolean
  readonly shop: string
}

/** Points of hers and of everybody, with what the brand added. */
export interface Donations {
  readonly cause: string
  /** The brand adds so many points to each. */
  readonly match: number
  readonly least: number
  readonly mine: { readonly points: number; readonly matched: number }
  readonly all: { readonly points: number; readonly matched: number; readonly people: number }
}

/** `POST /api/public/sign-in`; 0 points when she has signed in today. */
export interface SignedIn {
  readonly points: number
}

const tapKey = z.string().regex(/^[A-Za-z0-9-]{8,64}$/)

/** `POST /api/public/free-shipping`, answers a Coupon; the same key is the same coupon. */
export const freeShippingBody = z.object({ key: tapKey })

/** `POST /api/public/donations`; the same key is the same donation. */
export const donationBody = z.object({ points: z.int().min(1).max(1_000_000), key: tapKey })
export interface Donated {
  readonly points: number
  readonly matched: number
}

/** `GET /api/public/subscription`, `PUT` with the same shape; works at once. */
export interface Subscription {
  /** Tips, offers and invitations. */
  readonly marketing: boolean
  /** Visits and reminders about what she bought. What she waits for (answers, complaints) always comes. */
  readonly service: boolean
  readonly topics: readonly { readonly name: string; readonly title: string; readonly on: boolean }[]
}
export const subscriptionBody = z.object({
  marketing: z.boolean(),
  /** Left out: as it is. */
  service: z.boolean().optional(),
  topics: z
    .array(z.object({ name: z.string().max(32), on: z.boolean() }))
    .max(20)
    .default([]),
})

export interface PollView {
  readonly kind: 'poll'
  readonly id: string
  readonly title: string
  readonly intro: string
  readonly state: 'planned' | 'open' | 'closed'
  readonly closesAt: string
  /** What a vote of this person brings today. */
  readonly points: number
  readonly most: number
  readonly options: readonly { readonly id: string; readonly label: string; readonly votes: number }[]
  readonly players: number
  /** The ids this person chose; empty before the vote. */
  readonly mine: readonly string[]
}

export interface HuntView {
  readonly kind: 'hunt'
  readonly id: string
  readonly title: string
  readonly intro: string
  readonly state: 'planned' | 'open' | 'closed'
  readonly closesAt: string
  readonly prize: string
  readonly prizesLeft: number
  readonly clues: readonly {
    readonly id: string
    readonly number: number
    /** Absent until it is released. */
    readonly riddle?: string
    readonly releasedAt: string
    readonly found: boolean
  }[]
  readonly found: number
  readonly finishers: number
  /** Masked names, best first. */
  readonly board: readonly { readonly name: string; readonly found: number }[]
}

/** `GET /api/public/games/:id` */
export type GameView = PollView | HuntView

/** `POST /api/public/games/:id/play`: a poll takes `choices`, a hunt `clue` and `answer`. Answers PlayResult. */
export const playBody = z.object({
  choices: z.array(z.string().max(64)).max(20).optional(),
  clue: z.string().max(64).optional(),
  answer: z.string().max(64).optional(),
})
export interface PlayResult {
  readonly game: GameView
  /** 投票成功, 找到了！, 答案不对, 再想想… */
  readonly words: string
  readonly accepted: boolean
  readonly points: number
  readonly coupon?: Coupon
}

// ---------------------------------------------------------------- events in

/** An id as a shop writes it: nothing that no id can hold. */
const shopText = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'holds a control character')

/** What a shop may tell, by the names of `files/shop-events.ts`; `customer` describes one by her attributes. */
export const eventNames = [
  ...(['order', 'refund', 'delivered', 'browse', 'click', 'campaign', 'attend', 'coupon', 'survey'] as const),
  ...(['satisfaction', 'complaint', 'chat', 'group', 'game', 'content', 'customer'] as const),
] as const

/**
 * `POST /api/v1/events`, bearer key: each event is recorded once by its `id`. A `phone` is hashed at the door and kept
 * nowhere in clear; `detail.text` is a person's own words and lies beside the log. `attributes` belong to the kind
 * `customer`: null clears one.
 */
export const eventsBody = z.object({
  events: z
    .array(
      z.object({
        id: shopText(128),
        kind: z.enum(eventNames),
        at: z.iso.datetime({ offset: true }),
        customer: z
          .object({
            external: shopText(64).optional(),
            unionid: shopText(64).optional(),
            shopId: shopText(64).optional(),
            phone: shopText(32).optional(),
            phoneHash: shopText(128).optional(),
          })
          .refine(
            (who) => Boolean(who.external ?? who.unionid ?? who.shopId ?? who.phone ?? who.phoneHash),
            'name the customer by external, unionid, shopId, phone or phoneHash',
          ),
        /** The group it happened in. */
        chat: shopText(64).optional(),
        orderId: shopText(64).optional(),
        amountFen: z.number().int().min(0).max(1_000_000_000).optional(),
        /** The code of the coupon an order was made with; it is redeemed by the order. */
        coupon: shopText(64).optional(),
        items: z
          .array(
            z.object({
              sku: shopText(64),
              quantity: z.number().int().min(1).max(10_000).default(1),
              amountFen: z.number().int().min(0).max(1_000_000_000).optional(),
            }),
          )
          .max(200)
          .default([]),
        detail: z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()])).default({}),
        attributes: z
          .record(
            z.string().max(40),
            z.union([z.string().max(500), z.number(), z.array(z.string().max(60)).max(50), z.null()]),
          )
          .default({}),
      }),
    )
    .min(1)
    .max(1000),
})
export interface EventsAnswer {
  readonly recorded: number
  readonly known: number
  /** What was recorded and is still worth a look: a coupon that could not be redeemed. Absent = nothing. */
  readonly warnings?: readonly {
    readonly id: string
    readonly code: string
    readonly message: string
    readonly fix: string
  }[]
}
/** `POST /api/v1/coupons/lock` and `/release`: the shop holds a coupon while its order is being paid. */
export const couponHoldBody = z.object({ code: shopText(64), orderId: shopText(64) })
export interface CouponHold {
  readonly code: string
  readonly title: string
  readonly terms: string
  readonly state: Coupon['state']
  readonly expiresAt: string
}

// ------------------------------------------------------------------ who is who

export const identityConflictsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

const reasonOfPerson = z.string().trim().min(1).max(200)
/** Body of `POST /api/admin/customers/:id/merge` and `…/keep-apart`. */
export const mergeBody = z.object({ other: z.string().min(1).max(64), reason: reasonOfPerson })
/** Body of `POST /api/admin/customers/:id/unmerge`; `:id` may be the id from before the merge. */
export const unmergeBody = z.object({ reason: reasonOfPerson })

export interface IdentitySide {
  readonly id: string
  readonly name: string
  readonly identities: readonly {
    readonly kind: 'external' | 'union' | 'shop' | 'phone'
    readonly value: string
  }[]
}

/** Answer of `GET /api/admin/identity-conflicts`, the oldest first. */
export interface IdentityConflictList {
  readonly total: number
  readonly items: readonly {
    readonly one: IdentitySide
    readonly two: IdentitySide
    /** The row of the log that named both. */
    readonly row: {
      readonly seq: number
      readonly at: string
      readonly kind: string
      readonly source: string
    }
  }[]
}

export interface MergeAnswer {
  readonly kept: string
  readonly other: string
}

export interface UnmergeAnswer {
  readonly from: string
  readonly to: string
  /** How many identities went back. */
  readonly identities: number
}
