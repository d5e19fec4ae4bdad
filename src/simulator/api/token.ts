import type { Context } from '../context.ts'
import { ApiError, missing } from '../errors.ts'
import type { Token } from '../state.ts'
import type { Api, Call } from './call.ts'

const lifeMs = 7_200_000
const hourMs = 3_600_000
/** So many wrong secrets in an hour close the door for that address for an hour (WECOM.md §1). */
const wrongSecretsPerHour = 2_000

const getToken: Api = {
  path: 'gettoken',
  method: 'any',
  open: true,
  run(call) {
    const { ctx, query } = call
    const corpId = query.get('corpid')
    const secret = query.get('corpsecret')
    if (!corpId) throw missing('corpid')
    if (!secret) throw missing('corpsecret')
    const now = ctx.clock.now()
    const ban = `wrong secrets ${call.ip}`
    if (now < (ctx.state.penalties.get(ban) ?? 0)) throw new ApiError(45009, 'too many wrong secrets')
    if (corpId !== ctx.credentials.corpId) throw new ApiError(40013)
    const app = ctx.apps.find((one) => one.secret === secret)
    if (!app) {
      const before = (ctx.state.wrongSecrets.get(call.ip) ?? []).filter((at) => at > now - hourMs)
      ctx.state.wrongSecrets.set(call.ip, [...before, now])
      if (before.length + 1 >= wrongSecretsPerHour) ctx.state.penalties.set(ban, now + hourMs)
      throw new ApiError(40001)
    }
    const token =
      (ctx.settings.rotateTokens ? null : currentToken(ctx, app.agentId)) ?? newToken(ctx, app.agentId)
    return { access_token: token.value, expires_in: Math.max(1, Math.floor((token.expiresAt - now) / 1000)) }
  },
}

/** Inside the validity the same token is answered again, with what remains of its life. */
function currentToken(ctx: Context, agentId: number): Token | null {
  const token = ctx.state.tokens.get(ctx.state.currentToken.get(agentId) ?? '')
  return token && !token.dead && token.expiresAt > ctx.clock.now() ? token : null
}

function newToken(ctx: Context, agentId: number): Token {
  const before = ctx.state.tokens.get(ctx.state.currentToken.get(agentId) ?? '')
  if (before && ctx.settings.rotateTokens) before.dead ??= 'invalid'
  const token: Token = { value: ctx.rng.text(214), agentId, expiresAt: ctx.clock.now() + lifeMs, dead: null }
  ctx.state.tokens.set(token.value, token)
  ctx.state.currentToken.set(agentId, token.value)
  return token
}

/** The app behind the token of a call, or the error the platform answers. */
export function appOfToken(ctx: Context, query: URLSearchParams): number {
  const value = query.get('access_token')
  if (!value) throw new ApiError(41001)
  const token = ctx.state.tokens.get(value)
  if (!token || token.dead === 'invalid') throw new ApiError(40014)
  if (token.dead === 'expired' || token.expiresAt <= ctx.clock.now()) throw new ApiError(42001)
  return token.agentId
}

/** Kills all living tokens early, as the platform may at any time. */
export function killTokens(ctx: Context, how: 'invalid' | 'expired'): void {
  for (const token of ctx.state.tokens.values()) token.dead ??= how
}

const addresses = ['127.0.0.1']

export const tokenApis: readonly Api[] = [
  getToken,
  { path: 'getcallbackip', method: 'any', run: (_call: Call) => ({ ip_list: addresses }) },
  { path: 'get_api_domain_ip', method: 'any', run: (_call: Call) => ({ ip_list: addresses }) },
]
