/** Sessions of staff: 256 random bits, hashed at rest, 30 minutes idle, 12 hours at most. */
import type { Ctx } from '../base/act.ts'
import { hours, minutes } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { newSecret, sha256 } from '../base/ids.ts'
import {
  deleteExpired,
  deleteOldStates,
  deleteSession,
  deleteSessionsOf,
  findSession,
  insertSession,
  insertState,
  spendState,
  touchSession,
} from './access.store.ts'

export const idleMs = minutes(30)
export const sessionMs = hours(12)
/** WeCom's own code lives five minutes; a person may hesitate before that. */
const stateMs = minutes(10)
/** A session seen less than this ago is not written again: one write a minute, not one a click. */
const touchEveryMs = minutes(1)

const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

/** Answers the secret for the cookie; only its hash is kept. */
export async function startSession(ctx: Ctx, userid: string): Promise<string> {
  const secret = newSecret()
  await insertSession(ctx.tx, {
    id_hash: sha256(secret),
    userid,
    created_at: ctx.now,
    seen_at: ctx.now,
    expires_at: ctx.now + sessionMs,
  })
  ctx.record({
    kind: 'staff-signed-in',
    at: ctx.now,
    source: 'access',
    sourceKey: sha256(secret).slice(0, 32),
    who: { staff: userid },
    detail: {},
  })
  return secret
}

export interface LiveSession {
  readonly userid: string
  /** True when it was last seen so long ago that `keepAlive` should be called. */
  readonly stale: boolean
}

export async function sessionOf(reader: Reader, secret: string, now: Instant): Promise<LiveSession | null> {
  if (!isSecret(secret)) return null
  const row = await findSession(reader, sha256(secret))
  if (!row || row.expires_at <= now || row.seen_at + idleMs <= now) return null
  return { userid: row.userid, stale: now - row.seen_at >= touchEveryMs }
}

export const keepAlive = (ctx: Ctx, secret: string): Promise<number> =>
  touchSession(ctx.tx, sha256(secret), ctx.now)

export const endSession = (ctx: Ctx, secret: string): Promise<number> => deleteSession(ctx.tx, sha256(secret))

/** When a member leaves the company every session of hers ends. */
export const endSessionsOf = (ctx: Ctx, userid: string): Promise<number> => deleteSessionsOf(ctx.tx, userid)

/** Forgets what can no longer be used. */
export async function sweepAccess(ctx: Ctx): Promise<void> {
  await deleteExpired(ctx.tx, ctx.now, ctx.now - idleMs)
  await deleteOldStates(ctx.tx, ctx.now - stateMs)
}

/** What a browser carries through a sign-in, so that nobody can finish in it what was begun in another one. */
export const newBrowserMark = (given: string | undefined): string =>
  given !== undefined && isSecret(given) ? given : newSecret()

/** Begins a sign-in; the answer goes through WeCom and comes back once. `to` must be an own path (`ownPath`). */
export async function openState(ctx: Ctx, to: string, browser: string): Promise<string> {
  // WeCom takes letters and digits only (WECOM.md §6), so the random bits travel as hex.
  const state = sha256(newSecret())
  await insertState(ctx.tx, { state_hash: bound(state, browser), to_path: to, created_at: ctx.now })
  return state
}

/** Where that sign-in wanted to go; null when the state is unknown here, too old or was used before. */
export async function closeState(
  ctx: Ctx,
  state: string,
  browser: string | undefined,
): Promise<string | null> {
  if (!/^[0-9a-f]{64}$/.test(state) || browser === undefined || !isSecret(browser)) return null
  return (await spendState(ctx.tx, bound(state, browser), ctx.now - stateMs)) ?? null
}

const bound = (state: string, browser: string): string => sha256(`${state} ${browser}`)
