import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface Reread {
  readonly kind: 'contact' | 'group' | 'kf-customer' | 'kf-accounts' | 'acquisition-quota'
  readonly id: string
  readonly asked_at: number
  readonly attempts: number
}

export const askReread = (
  tx: Tx,
  kind: Reread['kind'],
  id: string,
  at: Instant,
  afterMs = 0,
): Promise<number> =>
  tx.run(
    `INSERT INTO wecom_reread (kind, id, asked_at, ready_at, attempts) VALUES ($1, $2, $3, $4, 0)
     ON CONFLICT (kind, id) DO UPDATE SET asked_at = excluded.asked_at, ready_at = excluded.ready_at, attempts = 0`,
    [kind, id, at, at + afterMs],
  )

export const readyRereads = (
  reader: Reader,
  kinds: readonly Reread['kind'][],
  now: Instant,
  limit: number,
): Promise<Reread[]> =>
  reader.rows<Reread>(
    `select kind, id, asked_at, attempts from wecom_reread where ready_at <= $1 and kind in (${list(kinds, 2)})
     order by ready_at, kind, id limit ${String(limit)}`,
    [now, ...kinds],
  )

export async function nextReread(reader: Reader): Promise<Instant | null> {
  return (
    (await reader.rows<{ at: number | null }>('select min(ready_at) as at from wecom_reread'))[0]?.at ?? null
  )
}

/** Only the wish that was fulfilled: a newer one of the same thing stays. */
export const doneReread = (tx: Tx, reread: Reread): Promise<number> =>
  tx.run('DELETE FROM wecom_reread WHERE kind = $1 AND id = $2 AND asked_at = $3', [
    reread.kind,
    reread.id,
    reread.asked_at,
  ])

export const postponeReread = (tx: Tx, reread: Reread, to: Instant): Promise<number> =>
  tx.run(
    'UPDATE wecom_reread SET ready_at = $1, attempts = attempts + 1 WHERE kind = $2 AND id = $3 AND asked_at = $4',
    [to, reread.kind, reread.id, reread.asked_at],
  )

export interface RelationRow {
  readonly external: string
  readonly staff: string
  readonly state: string
  readonly added_at: number
  readonly removed_at: number | null
}

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(from + i)}`).join(', ')

/** Of at most a few hundred customers, ended relations too. */
export async function relationsOf(reader: Reader, externals: readonly string[]): Promise<RelationRow[]> {
  if (externals.length === 0) return []
  return reader.rows<RelationRow>(
    `select external, staff, state, added_at, removed_at from relation where external in (${list(externals)}) order by external, staff`,
    externals,
  )
}

/** When the log last heard of each of these pairs becoming contacts. */
export async function newestAdded(
  reader: Reader,
  externals: readonly string[],
): Promise<{ external: string; staff: string | null; at: number }[]> {
  if (externals.length === 0) return []
  return reader.rows(
    `select external, staff, cast(max(at) as bigint) as at from log where kind = 'contact-added' and external in (${list(externals)}) group by external, staff`,
    externals,
  )
}

/** When the log last heard of each of these in a group, by kind. Found by the person: kinds are many rows each. */
export async function newestOfGroup(
  reader: Reader,
  chat: string,
  externals: readonly string[],
): Promise<{ kind: string; external: string; at: number }[]> {
  if (externals.length === 0) return []
  return reader.rows(
    `select kind, external, cast(max(at) as bigint) as at from log
     where chat = $1 and external in (${list(externals, 2)}) group by kind, external`,
    [chat, ...externals],
  )
}
