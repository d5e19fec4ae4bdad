/** Drafts of the cadence; every change names the epoch it saw. */
import type { Reader, Tx } from '../base/db.ts'

export const draftStates = ['open', 'submitted', 'approved', 'rejected', 'published', 'withdrawn'] as const
export type DraftState = (typeof draftStates)[number]

export interface DraftRow {
  readonly id: string
  readonly yaml: string
  readonly hash: string
  readonly note: string
  /** `zhang` in small letters, or `cli`. */
  readonly author: string
  readonly author_name: string
  readonly base_version: number
  readonly rolls_back_to: number | null
  readonly state: DraftState
  readonly decided_by: string | null
  readonly decided_name: string | null
  readonly decided_at: number | null
  readonly approved_hash: string | null
  /** Of whoever approved or rejected. */
  readonly words: string
  readonly published_version: number | null
  readonly epoch: number
  readonly created_at: number
  readonly changed_at: number
}

export async function findDraft(reader: Reader, id: string): Promise<DraftRow | null> {
  const [row] = await reader.rows<DraftRow>('select * from cadence_draft where id = $1', [id])
  return row ?? null
}

/** What still asks for somebody first, then the newest. */
export const draftList = (reader: Reader, limit = 100): Promise<DraftRow[]> =>
  reader.rows(
    `select * from cadence_draft
     order by case state when 'submitted' then 0 when 'approved' then 1 when 'open' then 2 when 'rejected' then 2 else 3 end,
       changed_at desc, id limit ${String(limit)}`,
  )

export const insertDraft = (tx: Tx, row: DraftRow): Promise<number> =>
  tx.insert('cadence_draft', [{ ...row }])

/** False when somebody else changed it first. */
export async function updateDraft(
  tx: Tx,
  seen: Pick<DraftRow, 'id' | 'epoch'>,
  set: Partial<Omit<DraftRow, 'id' | 'epoch'>>,
): Promise<boolean> {
  const entries = Object.entries(set)
  const columns = entries.map(([column], i) => `${column} = $${String(i + 1)}`)
  const n = entries.length
  const changed = await tx.run(
    `UPDATE cadence_draft SET ${columns.join(', ')}, epoch = epoch + 1 WHERE id = $${String(n + 1)} AND epoch = $${String(n + 2)}`,
    [...entries.map(([, value]) => value), seen.id, seen.epoch],
  )
  return changed === 1
}
