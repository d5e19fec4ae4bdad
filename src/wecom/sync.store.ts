import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface Reread {
  readonly kind: 'contact' | 'group'
  readonly id: string
  readonly asked_at: number
  readonly attempts: number
}

export const askReread = (tx: Tx, kind: Reread['kind'], id: string, at: Instant): Promise<number> =>
  tx.run(
    `INSERT INTO wecom_reread (kind, id, asked_at, ready_at, attempts) VALUES ($1, $2, $3, $4, 0)
     ON CONFLICT (kind, id) DO UPDATE SET asked_at = excluded.asked_at, ready_at = excluded.ready_at, attempts = 0`,
    [kind, id, at, at],
  )

export const readyRereads = (reader: Reader, now: Instant, limit: number): Promise<Reread[]> =>
  reader.rows<Reread>(
    `select kind, id, asked_at, attempts from wecom_reread where ready_at <= $1 order by ready_at, kind, id limit ${String(limit)}`,
    [now],
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

export const activeRelations = (reader: Reader): Promise<{ external: string; staff: string }[]> =>
  reader.rows(`select external, staff from relation where state = 'active' order by staff, external`)

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

export const activeGroups = async (reader: Reader): Promise<string[]> =>
  (
    await reader.rows<{ chat: string }>(`select chat from chat_group where state = 'active' order by chat`)
  ).map(({ chat }) => chat)

// ------------------------------------------------------------------ tags

export interface TagGap {
  readonly staff: string
  readonly external: string
  readonly customer: string
  readonly tag_group: string
  readonly tag: string
  readonly seen_id: string | null
}

/** Pairs whose tag is not the wanted one, a customer's pairs together. */
export const tagGaps = (reader: Reader, limit: number): Promise<TagGap[]> =>
  reader.rows<TagGap>(
    `select r.staff, r.external, w.customer, w.tag_group, w.tag, s.tag_id as seen_id
       from wanted_tag w
       join identity i on i.customer = w.customer and i.kind = 'external'
       join relation r on r.external = i.value and r.state = 'active'
       left join seen_tag s on s.staff = r.staff and s.external = r.external and s.tag_group = w.tag_group
      where w.origin = 'tier' and (s.tag is null or s.tag <> w.tag)
      order by r.external, r.staff, w.tag_group limit ${String(limit)}`,
  )

export const knownTags = (reader: Reader): Promise<{ tag_group: string; tag: string; id: string }[]> =>
  reader.rows('select tag_group, tag, id from corp_tag')

export const saveCorpTags = (
  tx: Tx,
  rows: readonly { tag_group: string; tag: string; id: string }[],
): Promise<number> =>
  tx.insert('corp_tag', rows, 'ON CONFLICT (tag_group, tag) DO UPDATE SET id = excluded.id')

export const forgetCorpTag = (tx: Tx, id: string): Promise<number> =>
  tx.run('DELETE FROM corp_tag WHERE id = $1', [id])
export const forgetSeenTag = (tx: Tx, id: string): Promise<number> =>
  tx.run('DELETE FROM seen_tag WHERE tag_id = $1', [id])

export const saveSeenTag = (
  tx: Tx,
  row: {
    staff: string
    external: string
    tag_group: string
    tag: string
    tag_id: string
    refused: number
    at: Instant
  },
): Promise<number> =>
  tx.insert(
    'seen_tag',
    [row],
    'ON CONFLICT (staff, external, tag_group) DO UPDATE SET tag = excluded.tag, tag_id = excluded.tag_id, refused = excluded.refused, at = excluded.at',
  )
