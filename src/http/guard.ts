/** Who may call a route. The default is no: a route names its access, and nothing else lets a call through. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import type { Access, Call } from './route.ts'

/** How the server learns who calls; put together in `app.ts` from `access/` and the mirror of staff. */
export interface Identities {
  /** The member behind this session, with the roles she has now; null when signed out, expired or departed. */
  staff(session: string, now: Instant): Promise<Call['staff']>
  /** The player behind this sealed cookie, or null. */
  player(cookie: string, now: Instant): string | null
}

export interface Presented {
  readonly method: string
  readonly path: string
  readonly session: string | undefined
  readonly player: string | undefined
  readonly authorization: string | undefined
  readonly requestedWith: string | undefined
}

export const sessionCookie = 'siyu_session'
export const playerCookie = 'siyu_player'

/** `__Host-` ties a cookie to this very host; browsers accept it over https only. */
export const cookieName = (name: string, https: boolean): string => (https ? `__Host-${name}` : name)

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

export async function admit(
  access: Access,
  presented: Presented,
  identities: Identities,
  eventsKey: string | undefined,
  now: Instant,
): Promise<Pick<Call, 'staff' | 'player'>> {
  const staff =
    access.kind === 'staff' && presented.session !== undefined
      ? await identities.staff(presented.session, now)
      : null
  const player =
    (access.kind === 'player' || access.kind === 'open') && presented.player !== undefined
      ? identities.player(presented.player, now)
      : null
  switch (access.kind) {
    case 'open':
      break
    case 'staff':
      if (staff === null) throw signIn(presented.path)
      if (access.roles && !access.roles.some((role) => staff.roles.includes(role)))
        throw new Refusal('forbidden', '您没有权限进行这项操作', 403, { fix: '请联系管理员开通相应角色' })
      break
    case 'player':
      if (player === null) throw signIn(presented.path)
      break
    case 'key':
      if (!isKey(presented.authorization, eventsKey))
        throw new Refusal('bad-key', '缺少密钥或密钥不正确', 401, {
          fix: 'send Authorization: Bearer <SIYU_EVENTS_KEY>',
        })
  }
  refuseForged(access, presented)
  return { staff, player }
}

/** Browsers attach cookies to foreign forms, but never this header without asking us first. */
function refuseForged(access: Access, presented: Presented): void {
  if (safe.has(presented.method) || access.kind === 'key') return
  const byCookie = presented.session !== undefined || presented.player !== undefined
  if (byCookie && presented.requestedWith !== 'siyu')
    throw new Refusal('csrf', '请求缺少来源标记，已拒绝', 403, { fix: 'send X-Requested-With: siyu' })
}

/** `fix` carries the address where signing in begins. */
const signIn = (path: string): Refusal => {
  if (path.startsWith('/api/public/') || path.startsWith('/h5/'))
    return new Refusal('sign-in', '请先登录', 401, { fix: '/api/public/login?to=/h5/' })
  const home = path.startsWith('/api/sidebar/') ? '/sidebar/' : '/admin/'
  return new Refusal('sign-in', '请先登录', 401, { fix: `/api/auth/login?to=${home}` })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Digests have one length, so the comparison takes the same time whatever was sent. */
export function isKey(authorization: string | undefined, key: string | undefined): boolean {
  const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')
  return timingSafeEqual(digest(match?.[1] ?? ''), digest(key ?? '')) && key !== undefined && match !== null
}
