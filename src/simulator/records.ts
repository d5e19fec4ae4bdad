import type { Follow, Group, LedgerRow, TagGroup } from './types.ts'

/** A like or a comment: an external_userid, or the userid of a staff member. */
export interface MomentReaction {
  readonly by: string
  readonly at: number
}

/** The part of a moment that one staff member has to publish (WECOM.md §3.7). */
export interface MomentTask {
  readonly userid: string
  /** The customers who are to see it. */
  readonly audience: readonly string[]
  /** One row per customer of the audience; none for a moment the staff member made alone. */
  readonly rows: readonly LedgerRow[]
  publishedAt: number | null
  /** Who really sees it. */
  readonly seenBy: Set<string>
  readonly likes: MomentReaction[]
  readonly comments: MomentReaction[]
  /** The planned confirmation on the agenda. */
  due: number | null
}

export interface Moment {
  readonly momentId: string
  readonly createdAt: number
  /** Null: made through the API. */
  readonly creator: string | null
  /** 0 part of the customers, 1 public. */
  readonly visibleType: 0 | 1
  readonly text: string
  readonly content: Record<string, unknown>
  readonly tasks: Map<string, MomentTask>
  cancelled: boolean
}

/** Null: everybody. */
export interface MomentRange {
  readonly senders: readonly string[] | null
  readonly tags: readonly string[] | null
}

export interface MomentJob {
  readonly jobid: string
  readonly createdAt: number
  readonly invalidUsers: readonly string[]
  readonly invalidDepartments: readonly number[]
  readonly invalidTags: readonly string[]
  done: boolean
  /** Null while under way, and for good when nobody could publish it. */
  moment: Moment | null
}

/** A contact by a temporary way: ends by itself or by close_temp_chat (WECOM.md §3.2). */
export interface TempChat {
  /** The relation's `createtime`: one that began anew is not ended. */
  readonly since: number
  /** The planned end on the agenda. */
  readonly due: number
}

/** A code that leads into one of some groups (WECOM.md §3.3). */
export interface JoinWay {
  readonly configId: string
  fields: JoinWayFields
  /** The number of the next group made by itself. */
  nextRoomId: number
}

export interface JoinWayFields {
  readonly scene: number
  readonly remark: string
  readonly auto_create_room: number
  readonly room_base_name: string
  readonly room_base_id: number
  readonly chat_id_list: string[]
  readonly state: string
  readonly mark_source: boolean
}

export interface WelcomeTemplate {
  readonly templateId: string
  text: string
  /** The request's `text` and the one attachment that counts. */
  content: Record<string, unknown>
}

/** Who left the corp, and when (WECOM.md §3.8). */
export interface Resigned {
  readonly userid: string
  readonly at: number
}

/** Not real-name, banned, or not logged in for a year. */
export type UnfitCode = 40098 | 40143 | 40205

/** A customer somebody left behind. */
export interface Unassigned {
  readonly userid: string
  readonly externalUserId: string
  readonly at: number
  /** The relation as it was. */
  readonly follow: Follow
}

export interface GroupTransfer {
  readonly chatId: string
  readonly to: string
  readonly at: number
  /** The owner had left the corp. */
  readonly resigned: boolean
  done: boolean
}

/** A rule group, with people, privileges and tags of its own (WECOM.md §3.4). */
export interface Strategy {
  readonly strategyId: number
  /** 0: none above it. */
  readonly parentId: number
  readonly createTime: number
  name: string
  admins: readonly string[]
  privilege: Readonly<Record<string, boolean>>
  range: readonly StrategyRange[]
}

export type StrategyRange =
  { readonly type: 1; readonly userid: string } | { readonly type: 2; readonly partyid: number }

/** Office, service, enterprise (WECOM.md §7). */
export type ArchiveEdition = 1 | 2 | 3

/** What a customer said to being archived; nobody asked: disagreed at 0. */
export interface Consent {
  readonly status: 'Agree' | 'Disagree' | 'Default_Agree'
  readonly at: number
}

export interface StrategyTagGroup extends TagGroup {
  readonly strategyId: number
}

/** One thing that happened between a staff member and a customer, for the statistics (WECOM.md §3.9). */
export interface StaffAct {
  readonly at: number
  readonly what: 'applied' | 'met' | 'said' | 'heard' | 'lost'
  readonly userid: string
  readonly externalUserId: string
}

export interface GroupAct {
  readonly at: number
  readonly what: 'said' | 'left'
  readonly chatId: string
  readonly member: string
  /** Of who left: when she came, epoch seconds. */
  readonly joinTime: number
}

export interface GroupEnd {
  readonly group: Group
  readonly at: number
}

/** A link of 获客助手 (WECOM.md §3.10). */
export interface AcquisitionLink {
  readonly linkId: string
  readonly url: string
  readonly createdAt: number
  fields: AcquisitionFields
  readonly clicks: { readonly at: number; readonly externalUserId: string }[]
  readonly customers: AcquiredCustomer[]
}

export interface AcquisitionFields {
  readonly link_name: string
  readonly skip_verify: boolean
  readonly mark_source: boolean
  readonly range: { readonly user_list: readonly string[]; readonly department_list: readonly number[] }
}

export interface AcquiredCustomer {
  readonly externalUserId: string
  readonly userid: string
  /** The customer_channel of the address that was opened. */
  readonly state: string
  readonly at: number
  /** What the customer wrote since. */
  messages: number
}

/** A bought number of uses; what is not used in time is lost. */
export interface AcquisitionLot {
  readonly total: number
  readonly expiresAt: number
  balance: number
}

export interface ChatKey {
  readonly linkId: string
  readonly customer: AcquiredCustomer
  readonly expiresAt: number
}

/** A rule about what staff may not write to customers (WECOM.md §3.11). */
export interface InterceptRule {
  readonly ruleId: string
  readonly createdAt: number
  name: string
  words: string[]
  /** 1 phone numbers, 2 mail addresses, 3 red packets. */
  semantics: number[]
  /** 1 block, 2 warn. */
  interceptType: number
  readonly users: Set<string>
  readonly departments: Set<number>
}

export interface AlbumProduct {
  readonly productId: string
  readonly createdAt: number
  description: string
  price: number
  productSn: string
  attachments: readonly unknown[]
}

/** An internal group chat made by an app (WECOM.md §4.2). */
export interface AppChat {
  readonly chatId: string
  readonly agentId: number
  name: string
  owner: string
  readonly createdAt: number
  /** Userid to when she joined. */
  readonly members: Map<string, number>
}

/** A message robot of an internal group (WECOM.md §4.3). */
export interface Robot {
  readonly key: string
  readonly members: readonly string[]
  disabled: boolean
}

/** A download the platform does for somebody (WECOM.md §8). */
export interface UploadJob {
  readonly jobid: string
  /** 1 under way, 2 done, 3 failed. */
  status: 1 | 2 | 3
  errcode: number
  mediaId: string
  doneAt: number
}

/** What happened in 微信客服, for its statistics (WECOM.md §5). */
export interface KfAct {
  readonly at: number
  /** A conversation began, was given to a human, the customer wrote, the human answered, service was upgraded. */
  readonly what: 'begun' | 'assigned' | 'wrote' | 'answered' | 'upgraded'
  readonly openKfId: string
  readonly externalUserId: string
  /** The human in charge, empty while there is none. */
  readonly servicer: string
}

/** A human servicer offers to go on elsewhere: a staff member's card, or a group's code. */
export interface KfUpgrade {
  readonly userid: string | null
  readonly chatId: string | null
  readonly wording: string
}

/** One reading of contact_list: the people as they were when it began (WECOM.md §3.1). */
export interface Traversal {
  readonly beganAt: number
  readonly people: readonly Record<string, unknown>[]
}

/** Words that no API tells of: what a customer says in an advisor's chat, or anybody in a group. */
export interface Spoken {
  readonly at: number
  /** `USERID EXTERNAL_USERID`, or a chat id. */
  readonly place: string
  readonly by: string
  readonly text: string
  /** How many ledger rows there were: what was said first while time stood still. */
  readonly afterRow: number
}
