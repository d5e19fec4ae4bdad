import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import type { KfAct } from '../records.ts'
import { staffOf, type KfAccount, type KfSession, type KfState } from '../state.ts'
import { xml } from '../xml.ts'
import { ensureCustomer } from './contacts.ts'

/** The windows of 微信客服 (WECOM.md §5). */
export const kfWindowMs = 48 * 3_600_000
const welcomeMs = 20_000
const tokenMs = 600_000
/** What a change of the session allows: one message, for so long. */
const poolCodeMs = 48 * 3_600_000
const endCodeMs = 20_000

function mustAccount(ctx: Context, openKfId: string): KfAccount {
  const account = ctx.state.kfAccounts.get(openKfId)
  if (!account) throw new WorldError(`there is no kf account ${openKfId}`)
  return account
}

export function sessionOf(ctx: Context, openKfId: string, externalUserId: string): KfSession {
  const key = `${openKfId} ${externalUserId}`
  const known = ctx.state.kfSessions.get(key)
  if (known) return known
  const session: KfSession = { state: 0, servicer: '', lastWroteAt: 0, answers: 0, lastAt: 0 }
  ctx.state.kfSessions.set(key, session)
  return session
}

/** Keeps what the statistics count. */
export function noteKf(ctx: Context, what: KfAct['what'], openKfId: string, externalUserId: string): void {
  const { servicer } = sessionOf(ctx, openKfId, externalUserId)
  ctx.state.kfActs.push({ at: ctx.clock.now(), what, openKfId, externalUserId, servicer })
}

/** Good for one message to this customer. */
function kfCode(ctx: Context, openKfId: string, externalUserId: string, lastsMs: number): string {
  const code = ctx.rng.text(43)
  const expiresAt = ctx.clock.now() + lastsMs
  ctx.state.kfCodes.set(code, { openKfId, externalUserId, expiresAt, used: false })
  return code
}

/** The session changes; answers the code for one more message. */
export function kfTurn(
  ctx: Context,
  openKfId: string,
  externalUserId: string,
  to: { readonly state: KfState; readonly servicer: string },
): string {
  const session = sessionOf(ctx, openKfId, externalUserId)
  session.state = to.state
  session.servicer = to.servicer
  if (to.state === 3) noteKf(ctx, 'assigned', openKfId, externalUserId)
  return kfCode(ctx, openKfId, externalUserId, to.state === 4 ? endCodeMs : poolCodeMs)
}

/** The callback carries no content, only a token to pull with; it has no FromUserName. */
function append(ctx: Context, account: KfAccount, body: Record<string, unknown>): void {
  account.messages.push({ at: ctx.clock.now(), afterRow: ctx.ledger.size(), body })
  const token = ctx.rng.text(40)
  ctx.state.kfTokens.set(token, ctx.clock.now() + tokenMs)
  const inner = xml({
    ToUserName: ctx.credentials.corpId,
    CreateTime: seconds(ctx.clock.now()),
    MsgType: 'event',
    Event: 'kf_msg_or_event',
    Token: token,
    OpenKfId: account.openKfId,
  })
  ctx.callbacks.send(inner)
}

/** What the API accepted and the customer never got (fail_type of WECOM.md §5: 4 too late, 10 she refuses, …). */
export function kfFailed(ctx: Context, openKfId: string, externalUserId: string, msgid: string): boolean {
  const failType = ctx.state.kfFailing.get(`${openKfId} ${externalUserId}`)
  if (failType === undefined) return false
  event(ctx, mustAccount(ctx, openKfId), {
    event_type: 'msg_send_fail',
    external_userid: externalUserId,
    fail_msgid: msgid,
    fail_type: failType,
  })
  return true
}

export function kfEnter(
  ctx: Context,
  openKfId: string,
  id: string,
  sceneParam?: string,
): { welcomeCode: string | null } {
  const account = mustAccount(ctx, openKfId)
  const customer = ensureCustomer(ctx, id)
  const session = sessionOf(ctx, openKfId, customer.externalUserId)
  const now = ctx.clock.now()
  const silent = session.lastAt === 0 || now - session.lastAt > kfWindowMs
  const welcomeCode = silent ? kfCode(ctx, openKfId, customer.externalUserId, welcomeMs) : null
  append(ctx, account, {
    msgid: ctx.rng.text(32),
    send_time: seconds(now),
    origin: 4,
    msgtype: 'event',
    event: {
      event_type: 'enter_session',
      open_kfid: openKfId,
      external_userid: customer.externalUserId,
      scene: '',
      ...(sceneParam === undefined ? {} : { scene_param: sceneParam }),
      ...(welcomeCode === null ? {} : { welcome_code: welcomeCode }),
    },
  })
  return { welcomeCode }
}

export function kfSays(ctx: Context, openKfId: string, id: string, text: string, menuId?: string): string {
  const account = mustAccount(ctx, openKfId)
  const customer = ensureCustomer(ctx, id)
  const session = sessionOf(ctx, openKfId, customer.externalUserId)
  const now = ctx.clock.now()
  if (session.state === 4 || session.lastWroteAt === 0 || now - session.lastWroteAt > kfWindowMs)
    noteKf(ctx, 'begun', openKfId, customer.externalUserId)
  // Writing opens the window anew, and a finished conversation with it.
  if (session.state === 4) session.state = 0
  session.lastWroteAt = now
  session.lastAt = now
  session.answers = 0
  noteKf(ctx, 'wrote', openKfId, customer.externalUserId)
  const msgid = ctx.rng.text(32)
  append(ctx, account, {
    msgid,
    open_kfid: openKfId,
    external_userid: customer.externalUserId,
    send_time: seconds(now),
    origin: 3,
    msgtype: 'text',
    text: { content: text, ...(menuId === undefined ? {} : { menu_id: menuId }) },
  })
  return msgid
}

/** The human in charge answers in her client: sync_msg shows it, the five messages of the API are not touched. */
export function kfAnswers(ctx: Context, openKfId: string, id: string, userid: string, text: string): string {
  const account = mustAccount(ctx, openKfId)
  const session = sessionOf(ctx, openKfId, id)
  const servicer = staffOf(ctx.state, userid)?.userid ?? ''
  if (session.state !== 3 || session.servicer !== servicer)
    throw new WorldError(`${userid} is not in charge of ${id}`)
  const msgid = ctx.rng.text(32)
  session.lastAt = ctx.clock.now()
  noteKf(ctx, 'answered', openKfId, id)
  append(ctx, account, {
    msgid,
    open_kfid: openKfId,
    external_userid: id,
    send_time: seconds(ctx.clock.now()),
    origin: 5,
    servicer_userid: servicer,
    msgtype: 'text',
    text: { content: text },
  })
  return msgid
}

const event = (ctx: Context, account: KfAccount, body: Record<string, unknown>): void =>
  append(ctx, account, {
    msgid: ctx.rng.text(32),
    send_time: seconds(ctx.clock.now()),
    origin: 4,
    msgtype: 'event',
    event: { open_kfid: account.openKfId, ...body },
  })

/** A human takes the customer out of the pool, or from a colleague. */
export function kfTakes(ctx: Context, openKfId: string, id: string, userid: string): void {
  const account = mustAccount(ctx, openKfId)
  const session = sessionOf(ctx, openKfId, id)
  const servicer = staffOf(ctx.state, userid)?.userid ?? ''
  if (session.state !== 2 && session.state !== 3) throw new WorldError(`${id} waits for nobody`)
  if (servicer === '') throw new WorldError(`there is no ${userid}`)
  const from = session.servicer
  event(ctx, account, {
    event_type: 'session_status_change',
    external_userid: id,
    change_type: from === '' ? 1 : 2,
    old_servicer_userid: from,
    new_servicer_userid: servicer,
    msg_code: kfTurn(ctx, openKfId, id, { state: 3, servicer }),
  })
}

/** The human closes the conversation. */
export function kfEnds(ctx: Context, openKfId: string, id: string): void {
  const account = mustAccount(ctx, openKfId)
  const from = sessionOf(ctx, openKfId, id).servicer
  event(ctx, account, {
    event_type: 'session_status_change',
    external_userid: id,
    change_type: 3,
    old_servicer_userid: from,
    msg_code: kfTurn(ctx, openKfId, id, { state: 4, servicer: '' }),
  })
}

/** She takes back what she wrote. */
export function kfRecalls(ctx: Context, openKfId: string, id: string, msgid: string): void {
  event(ctx, mustAccount(ctx, openKfId), {
    event_type: 'user_recall_msg',
    external_userid: id,
    recall_msgid: msgid,
  })
}

/** What was accepted did not reach her after all (fail_type of msg_send_fail). */
export function kfFails(ctx: Context, msgid: string, failType: number): void {
  const row = ctx.ledger.rows().find((one) => one.api === 'kf/send_msg' && one.msgid === msgid)
  if (!row) throw new WorldError(`nothing was sent as ${msgid}`)
  ctx.ledger.settle(row, 'failed', ctx.clock.now())
  event(ctx, mustAccount(ctx, row.sender), {
    event_type: 'msg_send_fail',
    external_userid: row.recipient,
    fail_msgid: msgid,
    fail_type: failType,
  })
}

/** Anything as sync_msg would hand it out. */
export function kfMessage(ctx: Context, openKfId: string, body: Record<string, unknown>): void {
  append(ctx, mustAccount(ctx, openKfId), body)
}
