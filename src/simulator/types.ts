/**
 * The public words of the simulator: what starts it, what it reports, and what a seeded shop and a population
 * of customers may say to it. Instants are epoch milliseconds of the simulator's clock, except where a field
 * carries WeCom's own name (`createtime`, `join_time`): those are epoch seconds, as in the protocol.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Confirm, SeededShop, SeededStaff } from './shop-types.ts'

export type * from './shop-types.ts'

export type ClockMode = 'wall' | 'virtual'
/** The three rules an administrator can choose from (WECOM.md §3.6). */
export type QuotaMode = 'month-days' | '7-per-week' | '1-per-day'

// ---------------------------------------------------------------- the ledger

export type LedgerApi =
  | 'add_msg_template'
  | 'message/send'
  | 'send_welcome_msg'
  | 'sendChatMessage'
  | 'kf/send_msg'
  | 'add_moment_task'
  | 'group_welcome_template'
  | 'appchat/send'
  | 'webhook/send'
  | 'aibot_respond_msg'
  | 'aibot_respond_welcome_msg'
  | 'aibot_send_msg'
export type LedgerStatus = 'accepted' | 'sent' | 'failed' | 'cancelled'

/** One row per recipient of everything accepted. Rows are never removed; status fields move. */
export interface LedgerRow {
  readonly seq: number
  readonly id: string
  readonly api: LedgerApi
  readonly via: 'api' | 'sidebar'
  readonly msgid: string
  /** The staff userid who speaks; for message/send the agent id as text, for kf the open_kfid. */
  readonly sender: string
  readonly recipientKind: 'customer' | 'group' | 'staff'
  readonly recipient: string
  readonly text: string
  readonly links: readonly string[]
  /** The accepted request without its recipient lists (they would repeat 10,000 ids in 10,000 rows). */
  readonly body: unknown
  readonly acceptedAt: number
  status: LedgerStatus
  statusAt: number
  /** As in get_groupmsg_send_result: 0 unsent, 1 sent, 2 not a friend (or dropped), 3 quota used up. */
  resultStatus: 0 | 1 | 2 | 3
}

// ---------------------------------------------------------------- faults

export type FaultKind =
  | 'refuse'
  | 'reset-before'
  | 'reset-after'
  | 'timeout-after'
  | 'errcode'
  | 'http-502-html'
  | 'slow'
  | 'truncate'
  | 'bad-json'
  | 'missing-errcode'
  | 'invalidate-token'
  | 'expire-token'
  | 'duplicate'

export interface FaultRequest {
  /** `message/send`, `add_msg_template`, …; `callback` for our own POSTs; absent: every API. */
  readonly api?: string
  readonly kind: FaultKind
  /** For `errcode`. */
  readonly errcode?: number
  /** How often it strikes; absent: until cleared. `refuse` with `ms` and no API closes the port that long. */
  readonly times?: number
  /** 0..1, drawn from the seeded generator; absent: 1. */
  readonly probability?: number
  /** `slow`: the delay; `timeout-after`: how long the socket stays open; `errcode`: length of the window. */
  readonly ms?: number
}

export interface Fault extends FaultRequest {
  readonly id: string
  /** How often it struck so far. */
  struck: number
  /** End of an `errcode` window on the simulator's clock. */
  readonly untilAt: number | null
}

/** One API call as the simulator saw it, for counting calls and probes. */
export interface CallRow {
  readonly seq: number
  readonly api: string
  /** The simulator's clock. */
  readonly at: number
  /** The errcode answered, null when no JSON answer left the house. */
  readonly errcode: number | null
  readonly fault: FaultKind | null
  readonly agentId: number | null
}

// ---------------------------------------------------------------- start options

export interface SimulatorCredentials {
  readonly corpId: string
  readonly agentId: number
  readonly agentSecret: string
  readonly callbackToken: string
  readonly callbackAesKey: string
}

export interface RateLimits {
  readonly perMinute: number
  readonly perHour: number
}

/** The smart bot of the corp (WECOM.md §4.4). */
export interface SimulatorBot {
  readonly botId: string
  readonly botSecret: string
  /** Where its long connection is opened. */
  readonly botUrl: string
}

/** What may also be changed at run time (`POST /sim/settings`). */
export interface SimulatorSettings {
  /** Added to every API answer, on the wall clock. */
  latencyMs: number
  quotaMode: QuotaMode
  /** A repeated gettoken answers a new token and kills the old one; both behaviours are told of (WECOM.md §11). */
  rotateTokens: boolean
  /** How long after its creation a group send answers 41063 (a moment 41079), on the simulator's clock. */
  dispatchMs: number
  /** Calls of one API per corp (45009); null switches the ceiling off. */
  rateLimits: RateLimits | null
  /** App messages per member, excess dropped silently; null switches it off. */
  memberLimits: RateLimits | null
  /** Corp moments not yet published by everybody (41078); null: the platform's own number is not known. */
  mostRunningMoments: number | null
  /** Contact ways and join ways together. */
  mostWays: number
  mostTempWaysPerDay: number
  /** A group with so many is full: whoever scans its join way comes into the next. */
  mostGroupMembers: number
  /** Whom somebody may still take over (40099, status 4); null: the platform's own number is not known. */
  mostCustomersPerStaff: number | null
  /** Acquisition links of the corp (41095); null: the platform's own number is not known. */
  mostAcquisitionLinks: number | null
  /** Person-times of appchat/send per corp (45009); null switches it off. */
  appchatLimits: RateLimits | null
  mostKfAccounts: number
  callbackDeadlineMs: number
  callbackTries: number
  /** Pause between the tries of one event, on the wall clock. */
  callbackRetryMs: number
  /** Both wordings exist (WECOM.md §2.2): is an answer other than 200 tried again? */
  callbackRetryNon200: boolean
  /** Which of the two forms of MemChangeList group events carry (WECOM.md §2.6). */
  memChangeList: 'cdata' | 'items' | 'none'
  /** Hosts OAuth may redirect to; null: any (50001 otherwise). */
  trustedHosts: readonly string[] | null
}

/** How callbacks travel. */
export interface Poster {
  send(
    method: 'GET' | 'POST',
    url: string,
    body: string,
    deadlineMs: number,
  ): Promise<{ readonly status: number; readonly body: string }>
  close(): void
}

export interface SimulatorOptions {
  /** In this process only: no port is opened, requests come by `answer`, callbacks leave by this. */
  readonly poster?: Poster
  readonly port?: number
  readonly host?: string
  readonly seed?: number
  /** Start without the seeded shop. */
  readonly empty?: boolean
  readonly callback?: { readonly url: string }
  readonly startAt?: number
  readonly clock?: ClockMode
  readonly shop?: SeededShop
  readonly credentials?: Partial<SimulatorCredentials>
  /** Further self-built apps of the same corp, each with its own tokens. */
  readonly apps?: readonly { readonly agentId: number; readonly secret: string }[]
  readonly latencyMs?: number
  readonly quotaMode?: QuotaMode
  readonly settings?: Partial<SimulatorSettings>
}

// ---------------------------------------------------------------- the world

export interface Tag {
  readonly id: string
  name: string
  order: number
  readonly createTime: number
}

export interface TagGroup {
  readonly id: string
  name: string
  order: number
  readonly createTime: number
  /** The app that made it; null: the console, read-only to apps. */
  readonly madeBy: number | null
  tags: Tag[]
}

export interface Follow {
  readonly userid: string
  createtime: number
  remark: string
  description: string
  remarkCorpName: string
  remarkMobiles: string[]
  state: string
  addWay: number
  /** Corp tag ids this staff member put on this customer. */
  readonly tagIds: Set<string>
  /** The customer deleted the staff member: the API still shows the relation, messages fail. */
  deletedByCustomer: boolean
  /** Simulator time of the last chat between the two, 0 for none. */
  lastChatAt: number
}

export interface Customer {
  readonly externalUserId: string
  name: string
  avatar: string
  gender: 0 | 1 | 2
  unionid: string
  readonly openid: string
  shopId: string | null
  readonly follows: Map<string, Follow>
}

export interface StaffMember {
  readonly userid: string
  name: string
  alias: string
  confirm: Confirm
  /** False: has no customer contact (84074). */
  serves: boolean
}

export interface GroupMember {
  readonly id: string
  readonly type: 1 | 2
  readonly joinTime: number
  readonly joinScene: 1 | 2 | 3
  readonly state: string
}

export interface Group {
  readonly chatId: string
  name: string
  owner: string
  notice: string
  readonly createTime: number
  readonly members: Map<string, GroupMember>
  readonly admins: Set<string>
  memberVersion: string
}

/** What appears in a staff member's own client. */
export interface StaffMessage {
  readonly userid: string
  readonly kind: 'task' | 'text' | 'textcard' | 'template_card' | 'markdown' | 'other'
  readonly msgid: string
  readonly at: number
  readonly text: string
  readonly links: readonly string[]
  readonly body: unknown
}

export interface AddContact {
  readonly userid: string
  readonly external_userid?: string
  readonly name?: string
  readonly gender?: 0 | 1 | 2
  readonly unionid?: string
  readonly state?: string
  readonly addWay?: number
  /** False: as when the console has its own welcome, the event carries no WelcomeCode. Default true. */
  readonly welcome?: boolean
  /** True: before the story began; no event. */
  readonly silent?: boolean
}

export interface ChatMessage {
  readonly userid: string
  /** One of the two. */
  readonly external_userid?: string
  readonly chat_id?: string
  readonly msgtype: string
  readonly [content: string]: unknown
}

export interface CardClick {
  readonly userid: string
  /** The card's task_id, or the msgid of the message that carried it. */
  readonly taskId?: string
  readonly msgid?: string
  /** Button key, or the key of the submit button. */
  readonly key: string
  readonly selected?: Readonly<Record<string, readonly string[]>>
}

export interface JoinOptions {
  readonly scene?: 1 | 2 | 3
  readonly state?: string
}

export interface BotSays {
  readonly userid: string
  readonly text: string
  /** An internal group in which the bot was named. */
  readonly chatid?: string
}

/** Everything people (not the API) can do. Each deed sends the callback the real platform would send. */
export interface World {
  now(): number
  /** The seeded generator, uniform in [0, 1). */
  random(): number
  /** Runs `fn` at that instant (at once if past due), in order of time, then of scheduling. Returns the undo. */
  schedule(atMs: number, fn: () => void | Promise<void>): () => void

  staff(): readonly StaffMember[]
  customers(): readonly Customer[]
  groups(): readonly Group[]
  customer(externalUserId: string): Customer | undefined
  group(chatId: string): Group | undefined
  tagGroups(): readonly TagGroup[]
  /** The shop that was loaded, null for an empty simulator. */
  shop(): SeededShop | null

  newExternalUserId(): string
  newChatId(): string
  newOpenId(): string

  /** A customer, or the owner for a group, received a message (welcome, broadcast, sidebar). Returns the undo. */
  onDelivered(listener: (row: LedgerRow) => void): () => void
  /** A task, card or text arrived in a staff member's client. Returns the undo. */
  onStaffMessage(listener: (message: StaffMessage) => void): () => void

  addStaff(staff: SeededStaff): StaffMember
  setConfirm(userid: string, confirm: Confirm): void
  /** Leaves the corp: change_contact delete_user; the API no longer shows the relations. */
  removeStaff(userid: string): void
  addContact(contact: AddContact): { external_userid: string; welcomeCode: string | null }
  /** `staff`: del_external_contact, the relation is gone; `customer`: del_follow_user, the API still shows it. */
  removeContact(userid: string, externalUserId: string, by: 'staff' | 'customer'): void
  createGroup(group: { owner: string; name: string; members?: readonly string[]; chat_id?: string }): Group
  joinGroup(chatId: string, members: readonly string[], options?: JoinOptions): void
  leaveGroup(chatId: string, members: readonly string[], removed?: boolean): void
  /** A member writes in the group: only the statistics notice. */
  groupSays(chatId: string, member: string, text?: string): void
  changeGroup(chatId: string, change: { name?: string; owner?: string; notice?: string }): void
  dismissGroup(chatId: string): void
  /** A person in the console makes, renames or deletes corp tags, or puts them on a customer by hand. */
  createTag(groupName: string, name: string): Tag
  renameTag(id: string, name: string): void
  deleteTag(id: string): void
  markByHand(
    userid: string,
    externalUserId: string,
    change: { add?: string[]; remove?: string[]; remark?: string },
  ): void

  /** The staff member writes to the app: a text callback with MsgId. */
  staffSays(userid: string, text: string): string
  /** The customer writes in the advisor's own chat: no API or callback sees it, only the last-chat time moves. */
  customerSays(externalUserId: string, userid: string, text?: string): void
  clickCard(click: CardClick): string
  /** The staff member presses "send" on a task, or "publish" on a moment. */
  confirm(userid: string, msgid: string): void
  /** A customer who sees the moment of that staff member (or the staff member) likes it or comments on it. */
  reactToMoment(kind: 'like' | 'comment', momentId: string, userid: string, by: string): void
  /** A broadcast the staff member made alone: counts against the quota, makes no ledger row. */
  staffBroadcast(userid: string, externalUserIds: readonly string[]): void
  /** The customer opens a 微信客服 chat: enter_session, with a welcome code if the two were silent for 48 h. */
  kfEnter(openKfId: string, externalUserId: string, sceneParam?: string): { welcomeCode: string | null }
  /** The customer writes there, or taps a menu entry. Answers the msgid. */
  kfSays(openKfId: string, externalUserId: string, text: string, menuId?: string): string
  /** A human takes her out of the pool or from a colleague; closes the conversation. */
  kfTakes(openKfId: string, externalUserId: string, userid: string): void
  kfEnds(openKfId: string, externalUserId: string): void
  /** The human in charge answers in her client. Answers the msgid. */
  kfAnswers(openKfId: string, externalUserId: string, userid: string, text: string): string
  /** She takes back what she wrote. */
  kfRecalls(openKfId: string, externalUserId: string, msgid: string): void
  /** What was accepted did not reach her after all: msg_send_fail with this fail_type. */
  kfFails(msgid: string, failType: number): void
  /** Anything as sync_msg would hand it out. */
  kfMessage(openKfId: string, body: Record<string, unknown>): void
  /** The chat client's sendChatMessage. */
  sendChatMessage(message: ChatMessage): { ok: boolean; msgid: string; reason?: string }
  /** A member writes to the smart bot, alone or in an internal group. Undelivered while no bot is connected. */
  botSays(says: BotSays): { msgid: string; delivered: boolean }
  /** Any inner XML as an encrypted callback. */
  callback(xml: string): void
}

/** A crowd that acts by itself: it schedules deeds and listens to what arrives. */
export interface Population {
  start(world: World): void
}

export interface CallbackVerification {
  readonly ok: boolean
  readonly status: number | null
  readonly tookMs: number
  readonly reason: string | null
}

export interface SnapshotInfo {
  readonly id: string
  readonly name: string
  /** The simulator's clock. */
  readonly takenAt: number
}

/** A whole world as JSON, for a file. */
export interface SnapshotDocument extends SnapshotInfo {
  readonly format: string
  readonly version: number
  /** Only a simulator of the same corp (the same seed) loads it. */
  readonly corpId: string
  readonly world: unknown
}

/**
 * Worlds put aside and brought back: state, ledger, calls, callback rows, clock, agenda, generators, faults, limits and
 * settings. Not part of them: the callback address, connections, calls under way and listeners of `World`.
 */
export interface Snapshots {
  /** Waits for callbacks under way. Refused while time moves or functions wait on the agenda. */
  take(name?: string): Promise<SnapshotInfo>
  /** The same acts afterwards have the same consequences, ids included. */
  restore(id: string): Promise<void>
  list(): SnapshotInfo[]
  drop(id: string): void
  document(id: string): SnapshotDocument
  /** Keeps a document under a new id; `restore` makes it the world. */
  load(document: unknown): SnapshotInfo
}

export interface Simulator {
  readonly url: string
  readonly credentials: SimulatorCredentials
  readonly bot: SimulatorBot
  readonly settings: SimulatorSettings
  readonly world: World
  now(): number
  mode(): ClockMode
  /**
   * Runs everything due until then, in order, and resolves when it is finished, callbacks included.
   * `settle` is awaited after each event, so that whoever listens can catch up before time moves on.
   */
  advanceTo(ms: number, settle?: (now: number) => Promise<void>): Promise<void>
  /** From now on the clock follows the wall (a demo that goes live), starting where it stands or at `at`. */
  useWallClock(at?: number): void
  nextEventAt(): number | null
  busy(): boolean
  /** Resolves when no callback is under way. */
  idle(): Promise<void>
  ledger(): LedgerRow[]
  calls(): CallRow[]
  addFault(fault: FaultRequest): Fault
  clearFaults(): void
  /** With `verify` the GET handshake must succeed, as in the console. */
  setCallback(url: string | null, verify?: boolean): Promise<CallbackVerification | null>
  readonly snapshots: Snapshots
  reset(): void
  /** A request that came in by another way than the port. */
  answer(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}
