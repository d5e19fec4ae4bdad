/**
 * The access token of one app: fetched once however many wait for it, renewed at nine tenths of its life, dropped only
 * by whoever saw exactly this token fail (a newer one is never thrown away).
 */
import type { Clock, Instant } from '../../base/clock.ts'
import type { Result } from './result.ts'

export interface Issued {
  readonly token: string
  readonly expiresInMs: number
}

export interface TokenState {
  /** Null when calls can be made; else why not, in one sentence. */
  readonly missing: string | null
}

export interface TokenSource {
  get(): Promise<Result<string>>
  /** Forgets this token if it is still the one in use. */
  drop(failed: string): void
  state(): TokenState
}

const renewAt = 0.9
/** After a wrong secret: thousands of wrong calls close the door for the whole address (WECOM.md §1). */
const firstRestMs = 60_000
const longestRestMs = 600_000

export function createTokenSource(clock: Clock, issue: () => Promise<Result<Issued>>): TokenSource {
  let held: { readonly token: string; readonly renewAt: Instant } | null = null
  let running: Promise<Result<string>> | null = null
  let resting: { readonly until: number; readonly ms: number; readonly answer: Result<string> } | null = null
  let trouble: string | null = 'no token has been fetched yet'

  async function fetchToken(): Promise<Result<string>> {
    const issued = await issue()
    if (issued.kind === 'ok') {
      const { token, expiresInMs } = issued.value
      held = { token, renewAt: clock.now() + expiresInMs * renewAt }
      resting = null
      trouble = null
      return { kind: 'ok', value: token }
    }
    trouble = issued.kind === 'error' ? `${issued.words} (${String(issued.code)})` : issued.why
    if (issued.kind === 'error' && issued.reaction === 'alert') {
      const ms = Math.min(longestRestMs, resting === null ? firstRestMs : resting.ms * 2)
      resting = { until: clock.steady() + ms, ms, answer: issued }
    }
    return issued
  }

  return {
    async get() {
      if (held !== null && clock.now() < held.renewAt) return { kind: 'ok', value: held.token }
      if (resting !== null && clock.steady() < resting.until) return resting.answer
      running ??= fetchToken().finally(() => {
        running = null
      })
      return running
    },
    drop(failed) {
      if (held?.token === failed) held = null
    },
    state: () => ({ missing: trouble }),
  }
}
