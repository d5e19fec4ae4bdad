import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface QuotaSeenRow {
  readonly subject: string
  readonly until_at: number
  readonly seen_at: number
  readonly surprised: number
}

export const writeQuotaSeen = (tx: Tx, rows: readonly QuotaSeenRow[]): Promise<number> =>
  tx.insert(
    'quota_seen',
    [...new Map(rows.map((row) => [row.subject, row])).values()].map((row) => ({ ...row })),
    `ON CONFLICT (subject) DO UPDATE SET until_at = excluded.until_at, seen_at = excluded.seen_at,
       surprised = excluded.surprised`,
  )

/** How many recipients had no quota left although by our count they had. */
export async function surprisesSince(reader: Reader, since: Instant): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from quota_seen where surprised = 1 and seen_at > $1',
    [since],
  )
  return row?.n ?? 0
}

export const forgetSurprises = (tx: Tx): Promise<number> =>
  tx.run('UPDATE quota_seen SET surprised = 0 WHERE surprised = 1')
