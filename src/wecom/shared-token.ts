/**
 * One access token for all processes of an installation: whoever needs the next one first holds a short lease on the
 * row and fetches it, the others wait for the row. A token is passed over only by whoever saw exactly that one fail, and
 * a slow answer never replaces a newer one. Without the database a process fetches its own.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { keyedDigest, newSecret } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import { openText, sealText } from '../base/secret.ts'
import type { FetchedToken, SharedToken } from './protocol/token.ts'
import type { Result } from './protocol/result.ts'
import { claimToken, releaseToken, storeToken, tokenRow } from './token.store.ts'

export interface SharedTokenParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly masterKey: Buffer
  readonly app: { readonly corpId: string; readonly agentId: string; readonly agentSecret: string }
  /** For tests. */
  readonly leaseMs?: number
}

const purpose = 'wecom token'
/**
 * While it lasts nobody can call: whoever was killed or frozen over its fetch must not hold the others up beyond the 15 s
 * in which they take its work over. It outlives one whole try; what takes longer costs a second fetch, which WeCom
 * answers with the same token.
 */
const defaultLeaseMs = 9_000
const lookMs = 50
const longestWaitMs = 25_000

export function createSharedToken(parts: SharedTokenParts): SharedToken {
  const { db, clock, log, masterKey } = parts
  const { corpId, agentId, agentSecret } = parts.app
  const app = `${corpId}:${agentId}:${keyedDigest(masterKey, agentSecret, 12)}`
  const leaseMs = parts.leaseMs ?? defaultLeaseMs

  /** Null: somebody else is fetching. */
  async function once(
    failed: string | null,
    fetchOne: () => Promise<Result<FetchedToken>>,
  ): Promise<Result<FetchedToken> | null> {
    const row = await tokenRow(db.reader, app)
    const sealed = row?.sealed ?? null
    const token = sealed === null ? null : openText(masterKey, purpose, sealed)
    if (row && token !== null && token !== failed && row.renew_at > clock.now())
      return { kind: 'ok', value: { token, renewAt: row.renew_at } }
    const claim = { app, version: row?.version ?? 0, holder: newSecret() }
    if (!(await db.tx((tx) => claimToken(tx, claim, leaseMs), 'door'))) return null
    const fetched = await fetchOne()
    await db.tx(
      (tx) =>
        fetched.kind === 'ok'
          ? storeToken(tx, claim, sealText(masterKey, purpose, fetched.value.token), fetched.value.renewAt)
          : releaseToken(tx, claim),
      'door',
    )
    return fetched
  }

  return {
    async obtain(failed, fetchOne) {
      let fetched: Result<FetchedToken> | null = null
      const remembered = async (): Promise<Result<FetchedToken>> => (fetched = await fetchOne())
      const giveUpAt = clock.steady() + longestWaitMs
      try {
        while (clock.steady() < giveUpAt) {
          const got = await once(failed, remembered)
          if (got !== null) return got
          await pause(lookMs)
        }
      } catch (error) {
        log.warn(
          { err: error },
          'the shared access token could not be read or kept; this process uses its own',
        )
      }
      return fetched ?? fetchOne()
    },
  }
}
