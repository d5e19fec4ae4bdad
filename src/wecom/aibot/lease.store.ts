import type { Db, Tx } from '../../base/db.ts'

export interface LeaseRow {
  readonly holder: string
  readonly epoch: number
  readonly lease_until: number
  readonly kicked_at: number | null
}

/** Takes or renews it where it is free or ours; answers the row as it is then. */
export async function takeLease(tx: Tx, holder: string, leaseMs: number): Promise<LeaseRow> {
  const now = await tx.databaseNow()
  const empty = { id: 1, holder: '', epoch: 0, lease_until: 0, kicked_at: null }
  await tx.insert('bot_lease', [empty], 'ON CONFLICT (id) DO NOTHING')
  await tx.run(
    `UPDATE bot_lease SET epoch = CASE WHEN holder = $1 THEN epoch ELSE epoch + 1 END, holder = $1, lease_until = $2
     WHERE id = 1 AND kicked_at IS NULL AND (holder = $1 OR lease_until < $3)`,
    [holder, now + leaseMs, now],
  )
  const [row] = await tx.rows<LeaseRow>(
    'select holder, epoch, lease_until, kicked_at from bot_lease where id = 1',
  )
  if (!row) throw new Error('bot_lease lost its row.')
  return row
}

/** True when we still were the holder, so that it was somebody outside. */
export const noteKick = async (tx: Tx, holder: string): Promise<boolean> =>
  (await tx.run('UPDATE bot_lease SET kicked_at = $1, lease_until = 0 WHERE id = 1 AND holder = $2', [
    await tx.databaseNow(),
    holder,
  ])) === 1

export const forgetKick = (tx: Tx): Promise<number> =>
  tx.run('UPDATE bot_lease SET kicked_at = NULL WHERE id = 1', [])

export const dropLease = (tx: Tx, holder: string): Promise<number> =>
  tx.run('UPDATE bot_lease SET lease_until = 0 WHERE id = 1 AND holder = $1', [holder])

/** Null where no server ever held it. `leftMs`: of the lease, by the database's clock. */
export async function botHolding(
  db: Db,
): Promise<{ readonly holder: string; readonly leftMs: number; readonly kickedAt: number | null } | null> {
  const [row] = await db.reader.rows<LeaseRow>(
    'select holder, epoch, lease_until, kicked_at from bot_lease where id = 1',
  )
  if (!row) return null
  const now = await db.tx((tx) => tx.databaseNow())
  return { holder: row.holder, leftMs: row.lease_until - now, kickedAt: row.kicked_at }
}
