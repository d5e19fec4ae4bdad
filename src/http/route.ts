/**
 * A route is data: what it answers to, who may call it, and the deed. A route without an access rule does not compile,
 * and the authorization matrix is made from this list. Handlers never see Koa.
 */
import type { Instant } from '../base/clock.ts'
import type { Role } from './contract.ts'

/** `open`: anyone. `staff`: signed in, with one of the roles if given. `player`: an H5 player. `key`: bearer key. */
export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'staff'; readonly roles?: readonly Role[] }
  | { readonly kind: 'player' }
  | { readonly kind: 'key' }

export interface Call {
  readonly params: Readonly<Record<string, string>>
  /** Raw; parse it with the schema of contract.ts by `parse`. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: unknown
  /** Present on `staff` routes. */
  readonly staff: { readonly userid: string; readonly name: string; readonly roles: readonly Role[] } | null
  /** Present on `player` routes (and on open ones when known): external_userid, or `openid:…` of someone we do not serve yet. */
  readonly player: string | null
  readonly cookies: { readonly get: (name: string) => string | undefined }
  readonly requestId: string
  readonly ip: string
  readonly userAgent: string
  readonly now: Instant
}

export interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly html?: string
  /** As it is, to be shown and not to be run. */
  readonly file?: { readonly bytes: Buffer; readonly type: string }
  readonly redirect?: string
  /** `null` clears it. Always HttpOnly, SameSite=Lax, Secure on https. */
  readonly cookies?: readonly {
    readonly name: string
    readonly value: string | null
    readonly maxAgeMs?: number
  }[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** @koa/router path, for example `/api/admin/customers/:id`. */
  readonly path: string
  readonly access: Access
  handle(call: Call): Promise<Answer>
}
