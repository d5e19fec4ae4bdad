/**
 * The access token of one app: fetched once however many wait for it, renewed at nine tenths of its life, dropped only
 * by whoever saw exactly this token fail (a newer one is never thrown away). Several processes may share one.
 */
import type { Clock, Instant } from '../../base/clock.ts'
import type { Result } from './result.ts'

export interface Issued {
  readonly token: string
  readonly expiresInMs: number
}

export interface FetchedToken {
  readonly token: string
  readonly renewAt: Instant
}

/** Where processes share a token: theirs if there is one other than the `failed` one, else what `fetchOne` brings. */
export interface SharedToken {
  obtain(failed: string | null, fetchOne: () => Promise<Result<FetchedToken>>): Promise<Result<FetchedToken>>
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

export function createTokenSource(
  clock: Clock,
  issue: () => Promise<Result<Issued>>,
  shared: SharedToken | null = null,
): TokenSource {
  let held: FetchedToken | null = null
  let failedToken: string | null = null
  let running: Promise<Result<string>> | null = null
  let resting: { readonly until: number; readonly ms: number; readonly answer: Result<string> } | null = null
  let trouble: string | null = 'no token has been fetched yet'

  async function fetchOne(): Promise<Result<FetchedToken>> {
    const issued = await issue()
    if (issued.kind !== 'ok') return issued
    const { token, expiresInMs } = issued.value
    return { kind: 'ok', value: { token, renewAt: clock.now() + expiresInMs * renewAt } }
  }

  async function fetchToken(): Promise<Result<string>> {
    const issued = shared === null ? await fetchOne() : await shared.obtain(failedToken, fetchOne)
    if (issued.kind === 'ok') {
      held = issued.value
      resting = null
      trouble = null
      return { kind: 'ok', value: held.token }
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
      if (held?.token !== failed) return
      held = null
      failedToken = failed
    },
    state: () => ({ missing: trouble }),
  }
}
