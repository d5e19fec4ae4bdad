import type { Instant } from '../../base/clock.ts'
import type { Tx } from '../../base/db.ts'

export interface PartRow {
  readonly campaign: string
  readonly customer: string
  readonly first_at: Instant
  readonly last_at: Instant
  readonly acts: number
}

export const addParts = (tx: Tx, rows: readonly PartRow[]): Promise<number> =>
  tx.insert(
    'campaign_part',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (campaign, customer) DO UPDATE SET acts = campaign_part.acts + excluded.acts,
       first_at = case when excluded.first_at < campaign_part.first_at then excluded.first_at else campaign_part.first_at end,
       last_at = case when excluded.last_at > campaign_part.last_at then excluded.last_at else campaign_part.last_at end`,
  )
