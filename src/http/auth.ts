/**
 * Signing in, always by WeCom: staff by `/api/auth`, players of the H5 pages by `/api/public`. Both go out with a state
 * that works once and only in the browser it began in, and come back to an own path.
 */
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import type { Env } from '../base/env.ts'
import { OutsideFailure, Refusal } from '../base/errors.ts'
import {
  closeState,
  endSession,
  keepAlive,
  newBrowserMark,
  openPlayer,
  openState,
  ownPath,
  playerMs,
  rolesGivenTo,
  rolesOf,
  sealPlayer,
  sessionMs,
  sessionOf,
  startSession,
} from '../access/index.ts'
import type { Member } from '../access/index.ts'
import { failureWords } from '../wecom/index.ts'
import type { Visitor, WecomApi } from '../wecom/index.ts'
import type { Me } from './contract.ts'
import { playerCookie, sessionCookie } from './guard.ts'
import type { Identities } from './guard.ts'
import type { Answer, Call, Route } from './route.ts'

export interface AuthParts {
  readonly env: Pick<Env, 'publicUrl' | 'admins' | 'masterKey' | 'simulated'> & {
    readonly wecom: Pick<Env['wecom'], 'oauthUrl' | 'loginUrl' | 'corpId' | 'agentId'>
  }
  readonly act: Act
  readonly reader: Reader
  readonly api: Pick<WecomApi, 'visitor'>
  /** What the mirror knows of this member; null when she is not in it. */
  memberOf(userid: string): Promise<Member | null>
  /** Asks WeCom about a member whom the mirror does not know yet, and remembers the answer. */
  learnMember(userid: string): Promise<Member | null>
  shop(): Promise<string>
}

const browserCookie = 'siyu_browser'
const browserMs = 30 * 86_400_000
const staffHome = '/admin/'
const playerHome = '/h5/'

// ------------------------------------------------------------------ who calls

/** For the server: what a cookie means now. Roles are looked up anew each time. */
export const createIdentities = (parts: Omit<AuthParts, 'api' | 'shop' | 'learnMember'>): Identities => ({
  async staff(secret, now) {
    const session = await sessionOf(parts.reader, secret, now)
    if (session === null) return null
    const member = await parts.memberOf(session.userid)
    const given = await rolesGivenTo(parts.reader, session.userid)
    const roles = rolesOf(session.userid, parts.env.admins, member, given)
    if (roles.length === 0) return null
    if (session.stale) await parts.act(system('session'), (ctx) => keepAlive(ctx, secret))
    return { userid: session.userid, name: member?.name ?? session.userid, roles }
  },
  player: (cookie, now) => openPlayer(parts.env.masterKey, cookie, now),
})

/** The cookie that makes a browser this player's. */
export const playerCookieFor = (
  masterKey: Buffer,
  external: string,
  now: Instant,
): { readonly name: string; readonly value: string; readonly maxAgeMs: number } => ({
  name: playerCookie,
  value: sealPlayer(masterKey, external, now),
  maxAgeMs: playerMs,
})

// ------------------------------------------------------------------ routes

export const authRoutes = (parts: AuthParts): Route[] => {
  const open = { kind: 'open' } as const
  return [
    { method: 'GET', path: '/api/auth/login', access: open, handle: (call) => staffLogin(parts, call) },
    { method: 'GET', path: '/api/auth/callback', access: open, handle: (call) => staffCallback(parts, call) },
    { method: 'POST', path: '/api/auth/logout', access: open, handle: (call) => logout(parts, call) },
    { method: 'GET', path: '/api/public/login', access: open, handle: (call) => playerLogin(parts, call) },
    {
      method: 'GET',
      path: '/api/public/callback',
      access: open,
      handle: (call) => playerCallback(parts, call),
    },
    {
      method: 'GET',
      path: '/api/admin/me',
      access: { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] },
      handle: (call) => me(parts, call),
    },
    {
      method: 'GET',
      path: '/api/sidebar/me',
      access: { kind: 'staff' },
      handle: (call) => me(parts, call),
    },
  ]
}

async function me(parts: AuthParts, call: Call): Promise<Answer> {
  if (call.staff === null) throw new Error('A staff route was called without staff.')
  const json: Me = {
    ...call.staff,
    simulated: parts.env.simulated,
    shop: await parts.shop(),
    now: isoOf(call.now),
  }
  return { json }
}

async function staffLogin(parts: AuthParts, call: Call): Promise<Answer> {
  const to = ownPath(call.query['to'], staffHome)
  // A phone or the desktop client signs in without a word; a plain browser shows the code to scan.
  return /wxwork|MicroMessenger/i.test(call.userAgent)
    ? begin(parts, call, to, (state) => oauthUrl(parts, '/api/auth/callback', state))
    : begin(parts, call, to, (state) => scanUrl(parts, '/api/auth/callback', state))
}

const playerLogin = (parts: AuthParts, call: Call): Promise<Answer> =>
  begin(parts, call, playerPath(call.query['to']), (state) => oauthUrl(parts, '/api/public/callback', state))

const playerPath = (to: unknown): string => {
  const path = ownPath(to, playerHome)
  return path.startsWith('/h5/') ? path : playerHome
}

async function begin(
  parts: AuthParts,
  call: Call,
  to: string,
  address: (state: string) => string,
): Promise<Answer> {
  const browser = newBrowserMark(call.cookies.get(browserCookie))
  const state = await parts.act(system('sign-in'), (ctx) => openState(ctx, to, browser))
  return {
    redirect: address(state),
    cookies: [{ name: browserCookie, value: browser, maxAgeMs: browserMs }],
  }
}

const withQuery = (url: string, query: Readonly<Record<string, string>>): string =>
  `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`

function oauthUrl({ env }: AuthParts, back: string, state: string): string {
  const address = withQuery(env.wecom.oauthUrl, {
    appid: env.wecom.corpId,
    redirect_uri: `${env.publicUrl}${back}`,
    response_type: 'code',
    scope: 'snsapi_base',
    state,
    agentid: env.wecom.agentId,
  })
  return `${address}#wechat_redirect`
}

const scanUrl = ({ env }: AuthParts, back: string, state: string): string =>
  withQuery(env.wecom.loginUrl, {
    login_type: 'CorpApp',
    appid: env.wecom.corpId,
    agentid: env.wecom.agentId,
    redirect_uri: `${env.publicUrl}${back}`,
    state,
  })

// ------------------------------------------------------------------ the way back

interface Returned {
  readonly to: string
  readonly visitor: Visitor
}

async function returned(parts: AuthParts, call: Call, again: string): Promise<Returned> {
  const { code, state } = call.query
  const expired = new Refusal('sign-in-expired', '登录已失效，请重新进入', 400, { fix: again })
  if (typeof state !== 'string' || typeof code !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(code))
    throw expired
  // The state is spent before the code is: a second tab with the same address gets no further than this.
  const to = await parts.act(system('sign-in'), (ctx) =>
    closeState(ctx, state, call.cookies.get(browserCookie)),
  )
  if (to === null) throw expired
  const seen = await parts.api.visitor(code)
  if (seen.kind === 'ok') return { to, visitor: seen.value }
  if (seen.kind === 'error' && seen.reaction === 'again') throw expired
  throw new OutsideFailure(`WeCom did not say who is signing in: ${failureWords(seen)}`)
}

async function staffCallback(parts: AuthParts, call: Call): Promise<Answer> {
  const { to, visitor } = await returned(parts, call, `/api/auth/login?to=${staffHome}`)
  const { userid } = visitor
  const noAccess = new Refusal('forbidden', '您没有使用本系统的权限', 403, {
    fix: '请联系管理员：在后台“人员权限”里给您角色，或为您开通“客户联系”并加入应用可见范围',
  })
  if (userid === undefined) throw noAccess
  const member = (await parts.memberOf(userid)) ?? (await parts.learnMember(userid))
  const given = await rolesGivenTo(parts.reader, userid)
  if (rolesOf(userid, parts.env.admins, member, given).length === 0) throw noAccess
  // A new secret at each sign-in; whatever session the browser had before ends.
  const before = call.cookies.get(sessionCookie)
  const secret = await parts.act({ kind: 'staff', userid }, async (ctx) => {
    if (before !== undefined) await endSession(ctx, before)
    return startSession(ctx, userid)
  })
  return { redirect: to, cookies: [{ name: sessionCookie, value: secret, maxAgeMs: sessionMs }] }
}

async function playerCallback(parts: AuthParts, call: Call): Promise<Answer> {
  const { to, visitor } = await returned(parts, call, `/api/public/login?to=${playerHome}`)
  const external = playerOf(visitor)
  if (external === null) throw new OutsideFailure('WeCom named nobody who is signing in.')
  return {
    redirect: playerPath(to),
    cookies: [playerCookieFor(parts.env.masterKey, external, call.now)],
  }
}

/** A customer by her external_userid; anyone else as a stranger, colleagues who look at the pages included. */
function playerOf({ external, openid, userid }: Visitor): string | null {
  if (external) return external
  if (openid) return `openid:${openid}`
  return userid ? `openid:staff.${userid}` : null
}

async function logout(parts: AuthParts, call: Call): Promise<Answer> {
  const secret = call.cookies.get(sessionCookie)
  if (secret !== undefined) await parts.act(system('sign-out'), (ctx) => endSession(ctx, secret))
  return { json: { ok: true }, cookies: [{ name: sessionCookie, value: null }] }
}
