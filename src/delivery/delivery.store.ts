import type { Reader, Tx } from '../base/db.ts'

export interface WorkerRow {
  readonly worker: string
  readonly lease_until: number
}

export const workers = (reader: Reader): Promise<WorkerRow[]> =>
  reader.rows<WorkerRow>('select worker, lease_until from worker_lease order by worker')

/** On PostgreSQL held, so that two servers do not take over the same dead worker. */
export const lockWorkers = (tx: Tx): Promise<WorkerRow[]> =>
  tx.rows<WorkerRow>(
    `select worker, lease_until from worker_lease order by worker ${tx.dialect === 'postgres' ? 'for update' : ''}`,
  )

export const beat = (tx: Tx, worker: string, until: number): Promise<number> =>
  tx.insert(
    'worker_lease',
    [{ worker, lease_until: until }],
    'ON CONFLICT (worker) DO UPDATE SET lease_until = excluded.lease_until',
  )

export const forget = (tx: Tx, worker: string): Promise<number> =>
  tx.run('DELETE FROM worker_lease WHERE worker = $1', [worker])

/** Before our own first beat, when nobody else can be alive. */
export const forgetAll = (tx: Tx): Promise<number> => tx.run('DELETE FROM worker_lease')

/** How this advisor knows this contact: her remark, else the nickname. */
export async function nameOf(reader: Reader, external: string, staff: string | null): Promise<string> {
  const [row] = await reader.rows<{ name: string | null }>(
    `select coalesce(nullif(r.remark, ''), p.name) as name from profile p
     left join relation r on r.external = p.external and r.staff = $1 where p.external = $2`,
    [staff, external],
  )
  return row?.name ?? ''
}
