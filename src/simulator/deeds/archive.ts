import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import type { ArchiveEdition, Consent } from '../records.ts'
import { areFriends, newWelcome } from '../state.ts'
import { xml } from '../xml.ts'
import { mustCustomer, mustStaff } from './contacts.ts'
import { emitEvent } from './emit.ts'
import { mustGroup } from './groups.ts'

/** The archive is an app of its own, and tells of new words at most once in fifteen seconds (WECOM.md §2.8). */
const archiveAgentId = 2_000_004
const noticeMs = 15_000

const notAsked: Consent = { status: 'Disagree', at: 0 }
const key = (place: string, externalUserId: string): string => `${place} ${externalUserId}`

export const consentOf = (ctx: Context, userid: string, externalUserId: string): Consent =>
  ctx.state.consents.get(key(userid.toLowerCase(), externalUserId)) ?? notAsked

export const consentToRoom = (ctx: Context, chatId: string, externalUserId: string): Consent =>
  ctx.state.consents.get(key(chatId, externalUserId)) ?? notAsked

/** With a seat, what she and a customer say is kept, if the customer agrees. */
export function giveSeats(ctx: Context, userids: readonly string[], edition: ArchiveEdition): void {
  for (const id of userids) ctx.state.archiveSeats.set(mustStaff(ctx, id).userid, edition)
}

export const takeSeats = (ctx: Context, userids: readonly string[]): void => {
  for (const id of userids) ctx.state.archiveSeats.delete(mustStaff(ctx, id).userid)
}

/** Whoever has a seat may greet only those who agreed (41053). */
export const mayGreet = (ctx: Context, userid: string, externalUserId: string): boolean =>
  !ctx.state.archiveSeats.has(userid) || consentOf(ctx, userid, externalUserId).status !== 'Disagree'

/** Agreeing is told with a welcome code, since the one of the first meeting could not be used. */
export function answerArchiving(
  ctx: Context,
  userid: string,
  externalUserId: string,
  status: Consent['status'],
): { welcomeCode: string | null } {
  const staff = mustStaff(ctx, userid)
  mustCustomer(ctx, externalUserId)
  if (!areFriends(ctx.state, staff.userid, externalUserId))
    throw new WorldError(`${externalUserId} has no chat with ${staff.userid}`)
  const now = ctx.clock.now()
  ctx.state.consents.set(key(staff.userid.toLowerCase(), externalUserId), { status, at: now })
  if (status !== 'Agree') return { welcomeCode: null }
  const welcomeCode = `CALLBACK_${ctx.rng.text(32)}`
  ctx.state.welcomes.set(welcomeCode, newWelcome(staff.userid, externalUserId, now))
  emitEvent(ctx, 'change_external_contact', 'msg_audit_approved', {
    UserID: staff.userid,
    ExternalUserID: externalUserId,
    WelcomeCode: welcomeCode,
  })
  return { welcomeCode }
}

/** No event tells of it. */
export function answerInRoom(
  ctx: Context,
  chatId: string,
  externalUserId: string,
  status: Consent['status'],
): void {
  if (!mustGroup(ctx, chatId).members.has(externalUserId))
    throw new WorldError(`${externalUserId} is not in ${chatId}`)
  ctx.state.consents.set(key(chatId, externalUserId), { status, at: ctx.clock.now() })
}

/** There are new words to fetch. Within fifteen seconds of the last notice it waits, and many become one. */
export function noticeArchive(ctx: Context): void {
  const { archiveNotice } = ctx.state
  const now = ctx.clock.now()
  if (archiveNotice.dueAt > now) return
  const next = archiveNotice.lastAt + noticeMs
  if (now >= next) return sendNotice(ctx)
  archiveNotice.dueAt = next
  ctx.clock.plan(next, { deed: 'notice-archive' })
}

export function sendNotice(ctx: Context): void {
  const now = ctx.clock.now()
  ctx.state.archiveNotice.lastAt = now
  const body = xml({
    ToUserName: ctx.credentials.corpId,
    FromUserName: 'sys',
    CreateTime: seconds(now),
    MsgType: 'event',
    AgentID: archiveAgentId,
    Event: 'msgaudit_notify',
  })
  ctx.callbacks.send(body, archiveAgentId)
}
