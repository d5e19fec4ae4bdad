import type { Context } from '../context.ts'
import { newResponseCode } from '../deeds/chat.ts'
import { arrivedAtStaff } from '../deeds/deliver.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { integer, isBody, optionalInteger, optionalText, optionalTexts, text, type Body } from '../params.ts'
import { staffOf, type AppMessage } from '../state.ts'
import type { StaffMessage } from '../types.ts'
import type { Api, Call } from './call.ts'
import { readCard } from './cards.ts'
import { readMessage, type MessageContent } from './message-types.ts'

const mostUsers = 1_000
const mostIntervalSeconds = 14_400
const minuteMs = 60_000
const hourMs = 3_600_000
const recallMs = 86_400_000

interface Recipients {
  readonly valid: string[]
  readonly invaliduser: string
  readonly invalidparty: string
  readonly invalidtag: string
}

function mustAgent(call: Call): number {
  const agentId = integer(call.body, 'agentid', 0, Number.MAX_SAFE_INTEGER)
  if (!call.ctx.apps.some((app) => app.agentId === agentId)) throw new ApiError(40056)
  if (agentId !== call.agentId) throw new ApiError(301002)
  return agentId
}

const split = (list: string | undefined): string[] => (list ?? '').split('|').filter((one) => one !== '')

/** Department 1 holds everybody; no tags exist. Invalid ids come back in lower case. */
function readRecipients(ctx: Context, body: Body): Recipients {
  const users = split(optionalText(body, 'touser'))
  const parties = split(optionalText(body, 'toparty'))
  const tags = split(optionalText(body, 'totag'))
  if (users.length + parties.length + tags.length === 0) throw new ApiError(82001)
  if (users.length > mostUsers) throw invalid('touser')
  const all = users.includes('@all') || parties.includes('1')
  const known = users.flatMap((id) => staffOf(ctx.state, id)?.userid ?? [])
  const valid = all ? [...ctx.state.staff.values()].map((staff) => staff.userid) : [...new Set(known)]
  const unknown = users.filter((id) => id !== '@all' && !staffOf(ctx.state, id)).map((id) => id.toLowerCase())
  if (valid.length === 0) throw new ApiError(81013)
  return {
    valid,
    invaliduser: unknown.join('|'),
    invalidparty: parties.filter((id) => id !== '1').join('|'),
    invalidtag: tags.join('|'),
  }
}

const send: Api = {
  path: 'message/send',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const agentId = mustAgent(call)
    const recipients = readRecipients(ctx, body)
    const { valid, ...rejected } = recipients
    const again = seenBefore(ctx, body)
    // The platform swallows the copy; the id of the first lets the sender adopt it.
    if (again) return { ...rejected, unlicenseduser: '', msgid: again }
    const content = readMessage(ctx, body)
    const card = content.msgtype === 'template_card' ? readCard(ctx, agentId, content.inner) : null
    const message: AppMessage = {
      msgid: ctx.rng.text(88),
      agentId,
      at: ctx.clock.now(),
      msgtype: content.msgtype,
      text: content.text,
      links: linksIn(content.inner),
      body: { msgtype: content.msgtype, agentid: agentId, [content.msgtype]: content.inner },
      recipients: valid.filter((userid) => underCeiling(ctx, agentId, userid)),
      recalled: false,
    }
    ctx.state.messages.set(message.msgid, message)
    if (card?.taskId) {
      const { taskId, cardType } = card
      const shown = {
        agentId,
        msgid: message.msgid,
        taskId,
        cardType,
        card: { ...content.inner },
        replaced: new Map(),
      }
      ctx.state.cards.set(`${agentId} ${taskId}`, shown)
    }
    remember(ctx, body, message.msgid)
    deliver(ctx, message, valid, content)
    const responseCode = card?.interactive ? { response_code: newResponseCode(ctx, message.msgid) } : {}
    return { ...rejected, unlicenseduser: '', msgid: message.msgid, ...responseCode }
  },
}

function deliver(ctx: Context, message: AppMessage, all: readonly string[], content: MessageContent): void {
  for (const userid of all) {
    const reached = message.recipients.includes(userid)
    ctx.ledger.add({
      api: 'message/send',
      via: 'api',
      msgid: message.msgid,
      sender: String(message.agentId),
      recipientKind: 'staff',
      recipient: userid,
      text: message.text,
      links: message.links,
      body: message.body,
      acceptedAt: message.at,
      status: reached ? 'sent' : 'failed',
      resultStatus: reached ? 1 : 2,
    })
  }
  const { msgid, at, text: words, links, body } = message
  for (const userid of message.recipients) {
    arrivedAtStaff(ctx, { userid, kind: kindOf(content.msgtype), msgid, at, text: words, links, body })
  }
}

export function kindOf(msgtype: string): StaffMessage['kind'] {
  switch (msgtype) {
    case 'text':
    case 'textcard':
    case 'template_card':
    case 'markdown':
      return msgtype
    default:
      return 'other'
  }
}

/** Beyond its ceiling a member's message is dropped while the answer says ok (WECOM.md §1.1). */
function underCeiling(ctx: Context, agentId: number, userid: string): boolean {
  const limits = ctx.settings.memberLimits
  if (!limits) return true
  const key = `member ${agentId} ${userid}`
  const now = ctx.clock.now()
  const lastHour = (ctx.state.recent.get(key) ?? []).filter((at) => at > now - hourMs)
  const lastMinute = lastHour.filter((at) => at > now - minuteMs)
  if (lastHour.length >= limits.perHour || lastMinute.length >= limits.perMinute) return false
  ctx.state.recent.set(key, [...lastHour, now])
  return true
}

function seenBefore(ctx: Context, body: Body): string | null {
  if (body['enable_duplicate_check'] !== 1) return null
  const known = ctx.state.duplicates.get(JSON.stringify(body))
  return known && ctx.clock.now() < known.until ? known.msgid : null
}

function remember(ctx: Context, body: Body, msgid: string): void {
  if (body['enable_duplicate_check'] !== 1) return
  const interval = optionalInteger(body, 'duplicate_check_interval', 0, mostIntervalSeconds) ?? 1_800
  ctx.state.duplicates.set(JSON.stringify(body), { msgid, until: ctx.clock.now() + interval * 1000 })
}

const recall: Api = {
  path: 'message/recall',
  method: 'POST',
  run({ ctx, body }) {
    const message = ctx.state.messages.get(text(body, 'msgid'))
    if (!message) throw new ApiError(41047)
    if (ctx.clock.now() - message.at > recallMs) throw new ApiError(42052)
    message.recalled = true
    return {}
  },
}

const updateTemplateCard: Api = {
  path: 'message/update_template_card',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const agentId = mustAgent(call)
    const code = ctx.state.responseCodes.get(text(body, 'response_code'))
    if (!code || code.used || ctx.clock.now() > code.expiresAt) throw invalid('response_code')
    const card = [...ctx.state.cards.values()].find(
      (one) => one.msgid === code.msgid && one.agentId === agentId,
    )
    const message = ctx.state.messages.get(code.msgid)
    if (!card || !message) throw new ApiError(42016)
    const everybody = body['atall'] === 1 || body['atall'] === true
    const userids = everybody ? message.recipients : (optionalTexts(body, 'userids', 1_000) ?? [])
    if (userids.length === 0) throw missing('userids')
    const button = body['button']
    const template = body['template_card']
    if (isBody(button)) for (const userid of userids) card.replaced.set(userid, text(button, 'replace_name'))
    else if (isBody(template)) {
      card.card = { ...template }
      message.body = { ...message.body, template_card: template }
    } else throw missing('button')
    code.used = true
    const invaliduser = userids.filter((id) => !message.recipients.includes(id)).map((id) => id.toLowerCase())
    return { invaliduser }
  },
}

export const messageApis: readonly Api[] = [send, recall, updateTemplateCard]
