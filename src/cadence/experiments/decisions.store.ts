/** What was decided about experiments. */
import type { Reader, Tx } from '../../base/db.ts'

export interface DecisionRow {
  readonly experiment: string
  readonly seed: string
  readonly arm: string
  readonly how: 'rolled-out' | 'stopped'
  readonly why: string
  readonly decided_by: string
  readonly decided_at: number
}

export const decisionRows = (reader: Reader): Promise<DecisionRow[]> =>
  reader.rows('select * from experiment_decision order by experiment, seed')

export const saveDecisions = (tx: Tx, rows: readonly DecisionRow[]): Promise<number> =>
  tx.insert(
    'experiment_decision',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (experiment, seed) DO UPDATE SET arm = excluded.arm, how = excluded.how, why = excluded.why,
       decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
  )
