import { takeUse } from '../ceilings.ts'
import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import { text } from '../params.ts'
import type { Api, Call, Reply } from './call.ts'

const ticketMs = 7_200_000
const userTicketMs = 1_800_000
/** Ticket calls per hour: 400 for the corp's, 100 for an app's (WECOM.md §1.1). */
const ticketCalls = { corp: 400, app: 100 }

/** The older path answers the same with capitals, and names the device. */
const paths = {
  'auth/getuserinfo': { userid: 'userid', openid: 'openid', more: {} },
  'user/getuserinfo': { userid: 'UserId', openid: 'OpenId', more: { DeviceId: '' } },
} as const

const getUserInfo = (path: keyof typeof paths): Api => ({
  path,
  method: 'GET',
  run({ ctx, query }) {
    const value = query.get('code')
    if (!value) throw missing('code')
    const code = ctx.state.codes.get(value)
    if (!code) throw new ApiError(40029)
    if (code.used) throw new ApiError(42022)
    if (ctx.clock.now() > code.expiresAt) throw new ApiError(42003)
    code.used = true
    const names = paths[path]
    if (code.userid !== null) {
      const ticket = userTicket(ctx, code.userid, code.privateInfo)
      return { [names.userid]: code.userid, ...names.more, ...ticket }
    }
    const openid = code.openid ?? ''
    const externalUserId = ctx.state.byOpenid.get(openid)
    const customer = externalUserId === undefined ? undefined : ctx.state.customers.get(externalUserId)
    // Somebody's customer is named; any other visitor stays an openid.
    return {
      [names.openid]: openid,
      ...names.more,
      ...(customer && customer.follows.size > 0 ? { external_userid: customer.externalUserId } : {}),
    }
  },
})

function userTicket(ctx: Context, userid: string, privateInfo: boolean): Reply {
  if (!privateInfo) return {}
  const ticket = ctx.rng.text(64)
  ctx.state.userTickets.set(ticket, { userid, expiresAt: ctx.clock.now() + userTicketMs })
  return { user_ticket: ticket, expires_in: userTicketMs / 1000 }
}

const getUserDetail: Api = {
  path: 'auth/getuserdetail',
  method: 'POST',
  run({ ctx, body }) {
    const ticket = ctx.state.userTickets.get(text(body, 'user_ticket'))
    if (!ticket || ctx.clock.now() > ticket.expiresAt) throw invalid('user_ticket')
    return { userid: ticket.userid, gender: '0', avatar: '', mobile: '', email: '' }
  },
}

/** A ticket of its kind; inside the validity the same one, with what remains of its life. */
function ticket(ctx: Context, key: string, mostPerHour: number): Reply {
  takeUse(ctx, key, mostPerHour, 'hour')
  const now = ctx.clock.now()
  const known = ctx.state.tickets.get(key)
  const current =
    known && known.expiresAt > now ? known : { value: ctx.rng.text(86), expiresAt: now + ticketMs }
  ctx.state.tickets.set(key, current)
  return { ticket: current.value, expires_in: Math.floor((current.expiresAt - now) / 1000) }
}

const getJsapiTicket: Api = {
  path: 'get_jsapi_ticket',
  method: 'GET',
  run: ({ ctx }) => ticket(ctx, 'ticket corp', ticketCalls.corp),
}

const getAgentTicket: Api = {
  path: 'ticket/get',
  method: 'GET',
  run({ ctx, query, agentId }: Call) {
    if (query.get('type') !== 'agent_config') throw new ApiError(91040)
    return ticket(ctx, `ticket ${agentId}`, ticketCalls.app)
  },
}

export const identityApis: readonly Api[] = [
  getUserInfo('auth/getuserinfo'),
  getUserInfo('user/getuserinfo'),
  getUserDetail,
  getJsapiTicket,
  getAgentTicket,
]
