import { arrived } from '../deeds/deliver.ts'
import { kfFailed, kfTurn, kfWindowMs, sessionOf } from '../deeds/kf.ts'
import { ApiError, invalid } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import {
  bytesOf,
  cursorOf,
  integer,
  limitedText,
  offsetOf,
  optionalInteger,
  optionalParts,
  optionalText,
  part,
  text,
  texts,
  type Body,
} from '../params.ts'
import { staffOf, type KfState } from '../state.ts'
import type { Api, Call } from './call.ts'
import { mustKf, servesKf } from './kf-accounts.ts'

const mostAnswers = 5
const retentionMs = 3 * 86_400_000
/** How often a page comes back empty although there is more, as the documentation warns. */
const emptyPageShare = 0.1

const syncMsg: Api = {
  path: 'kf/sync_msg',
  method: 'POST',
  run({ ctx, body }) {
    const account = mustKf(ctx, body)
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 1_000
    const cursor = optionalText(body, 'cursor')
    const token = optionalText(body, 'token')
    const now = ctx.clock.now()
    if (token && (ctx.state.kfTokens.get(token) ?? 0) < now) throw new ApiError(95007)
    // Positions never move, so that a cursor stays good; what is older than three days is left out.
    const list = `kf ${account.openKfId}`
    const from = cursor ? offsetOf(list, cursor) : 0
    const isEmptyPage = ctx.rng.next() < emptyPageShare && from < account.messages.length
    const to = isEmptyPage ? from : Math.min(from + limit, account.messages.length)
    const shown = account.messages.slice(from, to).filter((message) => message.at >= now - retentionMs)
    return {
      next_cursor: cursorOf(list, to),
      has_more: to < account.messages.length ? 1 : 0,
      msg_list: shown.map((message) => message.body),
    }
  },
}

function readKfContent(body: Body): { text: string; content: Body } {
  const msgtype = text(body, 'msgtype')
  const inner = part(body, msgtype)
  const content = { msgtype, [msgtype]: inner }
  switch (msgtype) {
    case 'text':
      if (bytesOf(text(inner, 'content')) > 2_048) throw new ApiError(45002)
      return { text: text(inner, 'content'), content }
    case 'link':
      limitedText(inner, 'url', 2_048)
      return { text: limitedText(inner, 'title', 128), content }
    case 'msgmenu': {
      const entries = optionalParts(inner, 'list', 50) ?? []
      const head = optionalText(inner, 'head_content') ?? ''
      const tail = optionalText(inner, 'tail_content') ?? ''
      if (bytesOf(head) > 1_024 || bytesOf(tail) > 1_024) throw invalid('head_content')
      if (entries.filter((entry) => entry['type'] !== 'text').length > 10) throw invalid('list')
      return { text: [head, tail].filter((words) => words !== '').join('\n'), content }
    }
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
    case 'miniprogram':
    case 'location':
    case 'ca_link':
      return { text: '', content }
    default:
      throw invalid('msgtype')
  }
}

/** Writes the row and rings the phone. */
function say(call: Call, openKfId: string, recipient: string): { msgid: string } {
  const { ctx, body } = call
  const own = optionalText(body, 'msgid')
  if (own !== undefined && !/^[0-9A-Za-z_-]{1,32}$/.test(own)) throw invalid('msgid')
  const content = readKfContent(body)
  const now = ctx.clock.now()
  const msgid = own ?? ctx.rng.text(32)
  const row = ctx.ledger.add({
    api: 'kf/send_msg',
    via: 'api',
    msgid,
    sender: openKfId,
    recipientKind: 'customer',
    recipient,
    text: content.text,
    links: linksIn(content.content),
    body: content.content,
    acceptedAt: now,
    status: 'sent',
    resultStatus: 1,
  })
  sessionOf(ctx, openKfId, recipient).lastAt = now
  if (kfFailed(ctx, openKfId, recipient, msgid)) ctx.ledger.settle(row, 'failed', now, 2)
  else arrived(ctx, row)
  return { msgid }
}

/** Five messages within 48 hours after the customer wrote, and only while no human is in charge. */
const sendMsg: Api = {
  path: 'kf/send_msg',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const { openKfId } = mustKf(ctx, body)
    const recipient = text(body, 'touser')
    const session = sessionOf(ctx, openKfId, recipient)
    if (session.lastWroteAt === 0 || ctx.clock.now() - session.lastWroteAt > kfWindowMs)
      throw new ApiError(95002)
    if (session.state > 1) throw new ApiError(95018)
    if (session.answers >= mostAnswers) throw new ApiError(95001)
    const sent = say(call, openKfId, recipient)
    session.answers++
    return sent
  },
}

const sendMsgOnEvent: Api = {
  path: 'kf/send_msg_on_event',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const code = ctx.state.kfCodes.get(text(body, 'code'))
    if (!code || code.used || ctx.clock.now() > code.expiresAt) throw invalid('code')
    if (!['text', 'msgmenu'].includes(text(body, 'msgtype'))) throw invalid('msgtype')
    const sent = say(call, code.openKfId, code.externalUserId)
    code.used = true
    return sent
  },
}

/** Which state may follow which; an ended conversation reopens only when the customer writes. */
const allowed: Readonly<Record<KfState, readonly number[]>> = {
  0: [1, 2, 3, 4],
  1: [2, 3, 4],
  2: [3, 4],
  3: [2, 3, 4],
  4: [],
}

const states: readonly Api[] = [
  {
    path: 'kf/service_state/get',
    method: 'POST',
    run({ ctx, body }) {
      const session = sessionOf(ctx, mustKf(ctx, body).openKfId, text(body, 'external_userid'))
      return {
        service_state: session.state,
        ...(session.servicer === '' ? {} : { servicer_userid: session.servicer }),
      }
    },
  },
  {
    path: 'kf/service_state/trans',
    method: 'POST',
    run({ ctx, body }) {
      const account = mustKf(ctx, body)
      const session = sessionOf(ctx, account.openKfId, text(body, 'external_userid'))
      const to = integer(body, 'service_state', 0, 4) as KfState
      if (!allowed[session.state].includes(to)) throw new ApiError(95016)
      const servicer = to === 3 ? text(body, 'servicer_userid') : ''
      const human = staffOf(ctx.state, servicer)?.userid ?? ''
      if (to === 3 && !servesKf(account, human)) throw new ApiError(40003)
      const turn = { state: to, servicer: human }
      return { msg_code: kfTurn(ctx, account.openKfId, text(body, 'external_userid'), turn) }
    },
  },
]

const batchGet: Api = {
  path: 'kf/customer/batchget',
  method: 'POST',
  run({ ctx, body }) {
    const ids = texts(body, 'external_userid_list', 100)
    const now = ctx.clock.now()
    const active = (id: string): boolean =>
      [...ctx.state.kfAccounts.keys()].some((kf) => {
        const session = ctx.state.kfSessions.get(`${kf} ${id}`)
        return session !== undefined && session.lastWroteAt > 0 && now - session.lastWroteAt <= kfWindowMs
      })
    return {
      customer_list: ids.filter(active).flatMap((id) => {
        const customer = ctx.state.customers.get(id)
        if (!customer) return []
        const { name: nickname, avatar, gender, unionid } = customer
        return [{ external_userid: id, nickname, avatar, gender, ...(unionid === '' ? {} : { unionid }) }]
      }),
      invalid_external_userid: ids.filter((id) => !active(id)),
    }
  },
}

export const kfApis: readonly Api[] = [syncMsg, sendMsg, sendMsgOnEvent, ...states, batchGet]
