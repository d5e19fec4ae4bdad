import { createBotState, type BotState } from './aibot-state.ts'
import type {
  AcquisitionLink,
  AcquisitionLot,
  AlbumProduct,
  AppChat,
  ArchiveEdition,
  ChatKey,
  Consent,
  GroupAct,
  GroupEnd,
  GroupTransfer,
  InterceptRule,
  JoinWay,
  KfAct,
  KfUpgrade,
  Moment,
  MomentJob,
  Resigned,
  Robot,
  Spoken,
  StaffAct,
  Strategy,
  StrategyTagGroup,
  TempChat,
  Traversal,
  Unassigned,
  UnfitCode,
  UploadJob,
  WelcomeTemplate,
} from './records.ts'
import type {
  Customer,
  Follow,
  Group,
  GroupMember,
  LedgerRow,
  SeededShop,
  StaffMember,
  TagGroup,
} from './types.ts'

export interface Token {
  readonly value: string
  readonly agentId: number
  readonly expiresAt: number
  /** Set by a fault: 40014 although still in its time, or 42001 ahead of time. */
  dead: 'invalid' | 'expired' | null
}

export interface Ticket {
  readonly value: string
  readonly expiresAt: number
}

/** Who is behind an OAuth code. */
export interface Visitor {
  readonly userid: string | null
  readonly openid: string | null
}

export interface OauthCode extends Visitor {
  readonly expiresAt: number
  readonly privateInfo: boolean
  used: boolean
}

export interface Welcome {
  readonly userid: string
  readonly externalUserId: string
  readonly expiresAt: number
  used: boolean
}

/** The part of a group send that one staff member has to confirm. */
export interface StaffTask {
  readonly userid: string
  readonly rows: LedgerRow[]
  status: 0 | 2
  sentAt: number
  /** The planned confirmation on the agenda. */
  due: number | null
}

export interface Broadcast {
  readonly msgid: string
  readonly agentId: number
  readonly chatType: 'single' | 'group'
  readonly createdAt: number
  readonly text: string
  readonly content: Record<string, unknown>
  readonly tasks: Map<string, StaffTask>
  readonly remindedAt: number[]
  cancelled: boolean
}

export interface AppMessage {
  readonly msgid: string
  readonly agentId: number
  readonly at: number
  readonly msgtype: string
  readonly text: string
  readonly links: readonly string[]
  body: Record<string, unknown>
  readonly recipients: readonly string[]
  recalled: boolean
}

export interface Card {
  readonly agentId: number
  readonly msgid: string
  readonly taskId: string
  readonly cardType: string
  /** What the card shows now, after updates. */
  card: Record<string, unknown>
  readonly replaced: Map<string, string>
}

export interface ResponseCode {
  readonly msgid: string
  readonly expiresAt: number
  used: boolean
}

export interface Media {
  readonly id: string
  readonly type: string
  readonly filename: string
  readonly bytes: Buffer
  readonly createdAt: number
  /** Of upload_attachment: 1 moments, 2 product album; null for the other uploads. */
  readonly attachmentType: 1 | 2 | null
  /** The key of the robot it was uploaded for, and which alone may use it. */
  readonly robot: string | null
}

export interface ContactWay {
  readonly configId: string
  readonly createdAt: number
  fields: Record<string, unknown>
}

export interface KfMessage {
  readonly at: number
  /** How many ledger rows there were. */
  readonly afterRow: number
  readonly body: Record<string, unknown>
}

export interface KfAccount {
  readonly openKfId: string
  name: string
  avatar: string
  readonly servicers: Set<string>
  readonly departments: Set<number>
  /** What sync_msg hands out; messages sent through the API are not in it. */
  readonly messages: KfMessage[]
}

/** 0 new, 1 smart assistant, 2 waiting pool, 3 human, 4 ended (WECOM.md §5). */
export type KfState = 0 | 1 | 2 | 3 | 4

export interface KfSession {
  state: KfState
  servicer: string
  /** 0: never wrote. */
  lastWroteAt: number
  /** Our messages since the customer last wrote. */
  answers: number
  /** The last time anything was said, by either side. */
  lastAt: number
}

export interface KfCode {
  readonly openKfId: string
  readonly externalUserId: string
  readonly expiresAt: number
  used: boolean
}

export interface Transfer {
  readonly from: string
  readonly to: string
  readonly externalUserId: string
  /** The former advisor has left the corp. */
  readonly resigned: boolean
  /** 1 done, 2 waiting, 3 refused, 4 the new advisor has too many customers. */
  status: 1 | 2 | 3 | 4
  at: number
}

/** Everything that `/sim/reset` throws away. */
export interface State {
  shop: SeededShop | null
  /** Keyed in lower case: a userid is case-insensitive (WECOM.md §0.1). */
  readonly staff: Map<string, StaffMember>
  readonly customers: Map<string, Customer>
  /** Staff userid to the customers on the API's list, in order of adding. */
  readonly servedBy: Map<string, Set<string>>
  readonly byOpenid: Map<string, string>
  readonly groups: Map<string, Group>
  readonly tagGroups: Map<string, TagGroup>
  readonly tokens: Map<string, Token>
  readonly currentToken: Map<number, string>
  readonly tickets: Map<string, Ticket>
  /** By address: the wrong secrets of the last hour. */
  readonly wrongSecrets: Map<string, number[]>
  readonly codes: Map<string, OauthCode>
  readonly userTickets: Map<string, { userid: string; expiresAt: number }>
  readonly welcomes: Map<string, Welcome>
  readonly broadcasts: Map<string, Broadcast>
  readonly messages: Map<string, AppMessage>
  readonly cards: Map<string, Card>
  readonly responseCodes: Map<string, ResponseCode>
  /** Fingerprint of a checked message to its msgid and the end of its interval. */
  readonly duplicates: Map<string, { msgid: string; until: number }>
  /** Sends that counted, by recipient and quota period. */
  readonly quota: Map<string, number>
  /** Recent uses by name: app messages per member, ticket calls. */
  readonly recent: Map<string, number[]>
  /** By the same names: until when 45009 is answered whatever is asked. */
  readonly penalties: Map<string, number>
  readonly media: Map<string, Media>
  readonly momentJobs: Map<string, MomentJob>
  readonly moments: Map<string, Moment>
  readonly contactWays: Map<string, ContactWay>
  /** Keyed by staff and customer. */
  readonly tempChats: Map<string, TempChat>
  readonly joinWays: Map<string, JoinWay>
  /** What a mini program knows a group by, to the chat id. */
  readonly openGids: Map<string, string>
  readonly welcomeTemplates: Map<string, WelcomeTemplate>
  /** Chat id to the template its owner chose. */
  readonly groupWelcomes: Map<string, string>
  readonly transfers: Transfer[]
  readonly groupTransfers: GroupTransfer[]
  /** Keyed in lower case, like the staff. */
  readonly resigned: Map<string, Resigned>
  readonly unassigned: Unassigned[]
  /** Staff userid to why she can take over nobody. */
  readonly unfit: Map<string, UnfitCode>
  /** What the statistics are counted from. */
  readonly staffActs: StaffAct[]
  readonly groupActs: GroupAct[]
  readonly groupEnds: GroupEnd[]
  readonly spoken: Spoken[]
  readonly strategies: Map<number, Strategy>
  readonly strategyTagGroups: Map<string, StrategyTagGroup>
  /** How many rule groups there ever were: ids are not used twice. */
  strategyCount: number
  readonly archiveSeats: Map<string, ArchiveEdition>
  /** Keyed by staff member (in lower case) or group, and customer. */
  readonly consents: Map<string, Consent>
  readonly archiveRobots: Map<string, { readonly name: string; readonly creator: string }>
  readonly archiveNotice: { lastAt: number; dueAt: number }
  readonly acquisitionLinks: Map<string, AcquisitionLink>
  readonly acquisitionLots: AcquisitionLot[]
  readonly chatKeys: Map<string, ChatKey>
  readonly interceptRules: Map<string, InterceptRule>
  readonly album: Map<string, AlbumProduct>
  readonly appChats: Map<string, AppChat>
  readonly robots: Map<string, Robot>
  readonly uploadJobs: Map<string, UploadJob>
  readonly kfAccounts: Map<string, KfAccount>
  /** Keyed by account and customer. */
  readonly kfSessions: Map<string, KfSession>
  readonly kfCodes: Map<string, KfCode>
  /** Keyed like the sessions: why messages to this customer fail after they were accepted. */
  readonly kfFailing: Map<string, number>
  readonly kfActs: KfAct[]
  /** Keyed like the sessions. */
  readonly kfUpgrades: Map<string, KfUpgrade>
  /** Whom and what the console allows servicers to offer. */
  readonly kfUpgradeRange: { readonly userids: Set<string>; readonly chatIds: Set<string> }
  readonly traversals: Map<string, Traversal>
  /** External userid to the id of a person who is no customer yet. */
  readonly pendingIds: Map<string, string>
  /** Tokens of kf_msg_or_event to the end of their ten minutes. */
  readonly kfTokens: Map<string, number>
  readonly bot: BotState
}

export function createState(): State {
  return {
    shop: null,
    staff: new Map(),
    customers: new Map(),
    servedBy: new Map(),
    byOpenid: new Map(),
    groups: new Map(),
    tagGroups: new Map(),
    tokens: new Map(),
    currentToken: new Map(),
    tickets: new Map(),
    wrongSecrets: new Map(),
    codes: new Map(),
    userTickets: new Map(),
    welcomes: new Map(),
    broadcasts: new Map(),
    messages: new Map(),
    cards: new Map(),
    responseCodes: new Map(),
    duplicates: new Map(),
    quota: new Map(),
    recent: new Map(),
    penalties: new Map(),
    media: new Map(),
    momentJobs: new Map(),
    moments: new Map(),
    contactWays: new Map(),
    tempChats: new Map(),
    joinWays: new Map(),
    openGids: new Map(),
    welcomeTemplates: new Map(),
    groupWelcomes: new Map(),
    transfers: [],
    groupTransfers: [],
    resigned: new Map(),
    unassigned: [],
    unfit: new Map(),
    staffActs: [],
    groupActs: [],
    groupEnds: [],
    spoken: [],
    strategies: new Map(),
    strategyTagGroups: new Map(),
    strategyCount: 0,
    archiveSeats: new Map(),
    consents: new Map(),
    archiveRobots: new Map(),
    archiveNotice: { lastAt: 0, dueAt: 0 },
    acquisitionLinks: new Map(),
    acquisitionLots: [],
    chatKeys: new Map(),
    interceptRules: new Map(),
    album: new Map(),
    appChats: new Map(),
    robots: new Map(),
    uploadJobs: new Map(),
    kfAccounts: new Map(),
    kfSessions: new Map(),
    kfCodes: new Map(),
    kfFailing: new Map(),
    kfActs: [],
    kfUpgrades: new Map(),
    kfUpgradeRange: { userids: new Set(), chatIds: new Set() },
    traversals: new Map(),
    pendingIds: new Map(),
    kfTokens: new Map(),
    bot: createBotState(),
  }
}

export const staffOf = (state: State, userid: string): StaffMember | undefined =>
  state.staff.get(userid.toLowerCase())

/** The relation as the API sees it; absent once the staff member deleted the customer. */
export function followOf(state: State, userid: string, externalUserId: string): Follow | undefined {
  const staff = staffOf(state, userid)
  return staff && state.customers.get(externalUserId)?.follows.get(staff.userid)
}

/** Whether a message from one to the other arrives. */
export function areFriends(state: State, userid: string, externalUserId: string): boolean {
  const follow = followOf(state, userid, externalUserId)
  return follow !== undefined && !follow.deletedByCustomer
}

export function putFollow(state: State, customer: Customer, follow: Follow): void {
  customer.follows.set(follow.userid, follow)
  const served = state.servedBy.get(follow.userid) ?? new Set<string>()
  served.add(customer.externalUserId)
  state.servedBy.set(follow.userid, served)
}

export function dropFollow(state: State, customer: Customer, userid: string): void {
  customer.follows.delete(userid)
  state.servedBy.get(userid)?.delete(customer.externalUserId)
}

export function putCustomer(state: State, customer: Customer): void {
  state.customers.set(customer.externalUserId, customer)
  state.byOpenid.set(customer.openid, customer.externalUserId)
}

/** How long a welcome code may be used, on the simulator's clock (WECOM.md §3.5). */
const welcomeMs = 20_000

export const newWelcome = (userid: string, externalUserId: string, now: number): Welcome => ({
  userid,
  externalUserId,
  expiresAt: now + welcomeMs,
  used: false,
})

export function newFollow(userid: string, createtime: number): Follow {
  return {
    userid,
    createtime,
    remark: '',
    description: '',
    remarkCorpName: '',
    remarkMobiles: [],
    state: '',
    addWay: 1,
    tagIds: new Set(),
    deletedByCustomer: false,
    lastChatAt: 0,
  }
}

/** Changes with every change of the member list, and only then. */
export function nextMemberVersion(group: Pick<Group, 'chatId' | 'memberVersion'>): string {
  const count = Number.parseInt(group.memberVersion.split('-')[1] ?? '0', 10) + 1
  return `${group.chatId.slice(-8)}-${count}`
}

export const customersIn = (members: Iterable<GroupMember>): string[] =>
  [...members].filter((member) => member.type === 2).map((member) => member.id)
