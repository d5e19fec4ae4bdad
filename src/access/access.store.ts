import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface SessionRow {
  readonly userid: string
  readonly created_at: number
  readonly seen_at: number
  readonly expires_at: number
}

export const insertSession = (tx: Tx, row: SessionRow & { readonly id_hash: string }): Promise<number> =>
  tx.insert('session', [{ ...row, kind: 'staff' }])

export async function findSession(reader: Reader, idHash: string): Promise<SessionRow | undefined> {
  const rows = await reader.rows<SessionRow>(
    `select userid, created_at, seen_at, expires_at from session where id_hash = $1 and kind = 'staff'`,
    [idHash],
  )
  return rows[0]
}

export const touchSession = (tx: Tx, idHash: string, seenAt: Instant): Promise<number> =>
  tx.run('UPDATE session SET seen_at = $1 WHERE id_hash = $2 AND seen_at < $1', [seenAt, idHash])

export const deleteSession = (tx: Tx, idHash: string): Promise<number> =>
  tx.run('DELETE FROM session WHERE id_hash = $1', [idHash])

export const deleteSessionsOf = (tx: Tx, userid: string): Promise<number> =>
  tx.run('DELETE FROM session WHERE lower(userid) = lower($1)', [userid])

export const deleteExpired = (tx: Tx, expiredBefore: Instant, seenBefore: Instant): Promise<number> =>
  tx.run('DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2', [expiredBefore, seenBefore])

export const insertState = (
  tx: Tx,
  row: { readonly state_hash: string; readonly to_path: string; readonly created_at: number },
): Promise<number> => tx.insert('oauth_state', [{ ...row, used: 0 }])

/** Answers where to go, to exactly one caller; undefined when unknown, used before or too old. */
export async function spendState(
  tx: Tx,
  stateHash: string,
  createdAfter: Instant,
): Promise<string | undefined> {
  const rows = await tx.rows<{ to_path: string }>(
    'update oauth_state set used = 1 where state_hash = $1 and used = 0 and created_at > $2 returning to_path',
    [stateHash, createdAfter],
  )
  return rows[0]?.to_path
}

export const deleteOldStates = (tx: Tx, createdBefore: Instant): Promise<number> =>
  tx.run('DELETE FROM oauth_state WHERE created_at <= $1', [createdBefore])
