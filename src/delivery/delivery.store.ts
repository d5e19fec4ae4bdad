import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import { taskChannels } from '../outbox/index.ts'

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

/** How an advisor knows a contact: her remark, else the nickname; empty when the contact is unknown. */
export type Namer = (external: string, staff: string | null) => string

export async function namerOf(reader: Reader, externals: readonly string[]): Promise<Namer> {
  const nicknames = new Map<string, string>()
  const remarks = new Map<string, string>()
  const distinct = [...new Set(externals)].sort()
  for (let from = 0; from < distinct.length; from += 1_000) {
    const part = distinct.slice(from, from + 1_000)
    const list = part.map((_, i) => `$${String(i + 1)}`).join(', ')
    const rows = await reader.rows<{
      external: string
      name: string | null
      staff: string | null
      remark: string | null
    }>(
      `select p.external, p.name, r.staff, r.remark from profile p
       left join relation r on r.external = p.external and r.remark <> '' where p.external in (${list})`,
      part,
    )
    for (const { external, name, staff, remark } of rows) {
      nicknames.set(external, name ?? '')
      if (staff !== null) remarks.set(`${external}\t${staff}`, remark ?? '')
    }
  }
  return (external, staff) => remarks.get(`${external}\t${staff ?? ''}`) ?? nicknames.get(external) ?? ''
}

// ---------------------------------------------------------------- reminders

/** What lies in one advisor's list, not pressed, for longer than a while. */
export interface SenderTasks {
  readonly sender: string
  readonly tasks: number
  readonly calls: number
  readonly first_end: number
}

export const sendersToRemind = (
  reader: Reader,
  handedBefore: Instant,
  now: Instant,
): Promise<SenderTasks[]> =>
  reader.rows<SenderTasks>(
    `select p.sender, cast(count(*) as bigint) as tasks, min(p.expires_at) as first_end,
       cast(sum(case when p.channel = 'phone-task' then 1 else 0 end) as bigint) as calls
     from promise p join parcel q on q.id = p.parcel
     where p.state = 'waiting' and p.pressed_at is null and p.sender is not null and p.expires_at > $1
       and q.called_at <= $2 and p.channel in (${taskChannels.map((_, i) => `$${String(i + 3)}`).join(', ')})
     group by p.sender order by p.sender`,
    [now, handedBefore, ...taskChannels],
  )

export async function remindersSince(reader: Reader, sender: string, since: Instant): Promise<Instant[]> {
  const rows = await reader.rows<{ at: number }>(
    'select at from sender_reminder where sender = $1 and at > $2 order by at desc',
    [sender, since],
  )
  return rows.map(({ at }) => at)
}

export const writeReminder = (
  tx: Tx,
  row: { readonly sender: string; readonly at: Instant; readonly tasks: number },
): Promise<number> => tx.insert('sender_reminder', [{ ...row }])

export const forgetReminders = (tx: Tx, sender: string, before: Instant): Promise<number> =>
  tx.run('DELETE FROM sender_reminder WHERE sender = $1 AND at < $2', [sender, before])
