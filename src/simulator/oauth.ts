import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from './context.ts'
import { choosePage, errorPage } from './oauth-pages.ts'
import { staffOf, type Visitor } from './state.ts'
import { cookiesOf, sendJson } from './wire.ts'

/** A code lives five minutes and once (WECOM.md §6). */
const codeMs = 300_000

/**
 * The two doors a browser knows: `/connect/oauth2/authorize` inside WeChat or WeCom, `/wwlogin/sso/login` on a
 * desktop. Who stands there is said by `as=` (a userid, external_userid or openid) or the `sim_as` cookie;
 * otherwise a page asks.
 */
export function answerOauth(
  ctx: Context,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url.pathname === '/connect/oauth2/authorize') authorize(ctx, url, request, response, 'anybody')
  else if (url.pathname === '/wwlogin/sso/login') authorize(ctx, url, request, response, 'staff')
  else if (url.pathname === '/') sendJson(response, 200, { simulator: 'wecom', control: '/sim/state' })
  else sendJson(response, 404, { error: `nothing at ${url.pathname}` })
  return Promise.resolve()
}

function authorize(
  ctx: Context,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  door: 'anybody' | 'staff',
): void {
  const query = url.searchParams
  const target = query.get('redirect_uri') ?? ''
  const problem = checkRequest(ctx, query, target, door)
  if (problem) return sendPage(response, 400, errorPage(problem))
  const named = query.get('as') ?? cookiesOf(request).get('sim_as') ?? ''
  const visitor = named === '' ? null : whoIs(ctx, named, door)
  if (!visitor) return sendPage(response, 200, choosePage(ctx, url, door, query.get('as') ?? ''))
  const code = ctx.rng.text(43)
  const privateInfo = query.get('scope') === 'snsapi_privateinfo'
  ctx.state.codes.set(code, { ...visitor, expiresAt: ctx.clock.now() + codeMs, privateInfo, used: false })
  const to = new URL(target)
  to.searchParams.set('code', code)
  to.searchParams.set('state', query.get('state') ?? '')
  if (door === 'staff') to.searchParams.set('appid', ctx.credentials.corpId)
  response.writeHead(302, {
    location: to.toString(),
    // Without SameSite=None, so that it stays with this simulator; the next visit asks nobody.
    'set-cookie': `sim_as=${encodeURIComponent(named)}; Path=/; HttpOnly; SameSite=Lax`,
  })
  response.end()
}

function checkRequest(
  ctx: Context,
  query: URLSearchParams,
  target: string,
  door: 'anybody' | 'staff',
): string | null {
  if (query.get('appid') !== ctx.credentials.corpId) return 'appid 参数错误：不是本企业的 CorpID'
  if (!URL.canParse(target) || !/^https?:$/.test(new URL(target).protocol)) return 'redirect_uri 参数错误'
  const trusted = ctx.settings.trustedHosts
  if (trusted && !trusted.includes(new URL(target).host)) return 'redirect_uri 需使用应用可信域名（50001）'
  if (!/^[A-Za-z0-9]{0,128}$/.test(query.get('state') ?? ''))
    return 'state 只能包含字母和数字，且不超过 128 字节'
  if (door === 'anybody' && query.get('response_type') !== 'code')
    return 'response_type 参数错误：只能是 code'
  if (door === 'anybody' && !['snsapi_base', 'snsapi_privateinfo'].includes(query.get('scope') ?? '')) {
    return 'scope 参数错误'
  }
  const agentId = query.get('agentid')
  if (door === 'staff' && agentId === null) return '缺少 agentid 参数'
  if (agentId !== null && !ctx.apps.some((app) => String(app.agentId) === agentId)) return 'agentid 参数错误'
  return null
}

function whoIs(ctx: Context, named: string, door: 'anybody' | 'staff'): Visitor | null {
  const staff = staffOf(ctx.state, named)
  if (staff) return { userid: staff.userid, openid: null }
  if (door === 'staff') return null
  const customer = ctx.state.customers.get(named)
  if (customer) return { userid: null, openid: customer.openid }
  // Any other openid is a stranger who opened the link in WeChat.
  return /^o[A-Za-z0-9_-]{5,63}$/.test(named) ? { userid: null, openid: named } : null
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
  response.end(html)
}
