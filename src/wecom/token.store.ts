import type { Reader, Tx } from '../base/db.ts'

export interface TokenRow {
  readonly sealed: string | null
  readonly renew_at: number
  readonly version: number
}

export interface TokenClaim {
  readonly app: string
  /** The version that was seen: nobody fetches a successor twice. */
  readonly version: number
  readonly holder: string
}

export async function tokenRow(reader: Reader, app: string): Promise<TokenRow | null> {
  const rows = await reader.rows<TokenRow>(
    'select sealed, renew_at, version from wecom_token where app = $1',
    [app],
  )
  return rows[0] ?? null
}

/** True when the next token is ours to fetch. */
export async function claimToken(tx: Tx, claim: TokenClaim, leaseMs: number): Promise<boolean> {
  const now = await tx.databaseNow()
  const empty = { app: claim.app, sealed: null, renew_at: 0, version: 0, holder: null, lease_until: 0 }
  await tx.insert('wecom_token', [empty], 'ON CONFLICT (app) DO NOTHING')
  return (
    (await tx.run(
      `UPDATE wecom_token SET holder = $1, lease_until = $2 WHERE app = $3 AND version = $4
       AND (holder IS NULL OR lease_until < $5)`,
      [claim.holder, now + leaseMs, claim.app, claim.version, now],
    )) === 1
  )
}

/** False when our lease ended and somebody else went on: theirs stays. */
export const storeToken = async (
  tx: Tx,
  claim: TokenClaim,
  sealed: string,
  renewAt: number,
): Promise<boolean> =>
  (await tx.run(
    `UPDATE wecom_token SET sealed = $1, renew_at = $2, version = version + 1, holder = NULL, lease_until = 0
     WHERE app = $3 AND version = $4 AND holder = $5`,
    [sealed, renewAt, claim.app, claim.version, claim.holder],
  )) === 1

export const releaseToken = async (tx: Tx, claim: TokenClaim): Promise<boolean> =>
  (await tx.run('UPDATE wecom_token SET holder = NULL, lease_until = 0 WHERE app = $1 AND holder = $2', [
    claim.app,
    claim.holder,
  ])) === 1
