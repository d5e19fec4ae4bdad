import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import { waysTags } from '../segment/index.ts'

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

// ------------------------------------------------------------------ corp tags

export interface CorpTag {
  readonly tag_group: string
  readonly tag: string
  readonly id: string | null
  readonly name: string
  readonly group_id: string | null
  readonly group_name: string
  readonly asked_at: Instant | null
  readonly deletions: number
}

/** Deleted by people twice: they do not want it, so it is not made again. */
export const givenUpAfter = 2

export const corpTags = (reader: Reader): Promise<CorpTag[]> =>
  reader.rows<CorpTag>(
    'select tag_group, tag, id, name, group_id, group_name, asked_at, deletions from corp_tag order by tag_group, tag',
  )

export const saveCorpTags = (tx: Tx, rows: readonly CorpTag[]): Promise<number> =>
  tx.insert(
    'corp_tag',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (tag_group, tag) DO UPDATE SET id = excluded.id, name = excluded.name, group_id = excluded.group_id,
     group_name = excluded.group_name, asked_at = excluded.asked_at`,
  )

/** By a tag's id or by its group's. What we had put on is gone with it. */
export async function corpTagDeleted(tx: Tx, id: string): Promise<number> {
  const gone = await tx.rows<{ id: string }>(
    'select id from corp_tag where id is not null and (id = $1 or group_id = $1)',
    [id],
  )
  if (gone.length === 0) return 0
  const ids = gone.map((row) => row.id)
  await tx.run(`DELETE FROM seen_tag WHERE tag_id IN (${list(ids)})`, ids)
  return tx.run(
    `UPDATE corp_tag SET id = null, group_id = null, asked_at = null, deletions = deletions + 1 WHERE id IN (${list(ids)})`,
    ids,
  )
}

// ------------------------------------------------------------------ pairs

export interface Pair {
  readonly customer: string
  readonly external: string
  readonly staff: string
}

export async function pairsOf(reader: Reader, customers: readonly string[]): Promise<Pair[]> {
  if (customers.length === 0) return []
  return reader.rows<Pair>(
    `select i.customer, r.external, r.staff from identity i
       join relation r on r.external = i.value and r.state = 'active'
      where i.kind = 'external' and i.customer in (${list(customers)}) order by i.customer, r.external, r.staff`,
    customers,
  )
}

export type SeenState = 'ours' | 'hand' | 'refused' | 'verify'

export interface SeenTag {
  readonly external: string
  readonly staff: string
  readonly tag_group: string
  readonly tag: string
  readonly tag_id: string
  readonly state: SeenState
  readonly read_at: Instant
  readonly at: Instant
}

export async function seenTags(reader: Reader, externals: readonly string[]): Promise<SeenTag[]> {
  if (externals.length === 0) return []
  return reader.rows<SeenTag>(
    `select external, staff, tag_group, tag, tag_id, state, read_at, at from seen_tag
      where external in (${list(externals)}) order by external, staff, tag_group, tag`,
    externals,
  )
}

export const saveSeen = (tx: Tx, rows: readonly SeenTag[]): Promise<number> =>
  tx.insert(
    'seen_tag',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (external, staff, tag_group, tag) DO UPDATE SET tag_id = excluded.tag_id, state = excluded.state,
     read_at = excluded.read_at, at = excluded.at`,
  )

export async function forgetSeen(
  tx: Tx,
  rows: readonly Pick<SeenTag, 'external' | 'staff' | 'tag_group' | 'tag'>[],
): Promise<void> {
  for (const { external, staff, tag_group, tag } of rows)
    await tx.run('DELETE FROM seen_tag WHERE external = $1 AND staff = $2 AND tag_group = $3 AND tag = $4', [
      external,
      staff,
      tag_group,
      tag,
    ])
}

/** They became contacts again: what we put there may be gone or not. */
export const doubtSeen = (tx: Tx, external: string, staff: string, at: Instant): Promise<number> =>
  tx.run(
    `UPDATE seen_tag SET state = 'verify' WHERE external = $1 AND staff = $2 AND state in ('ours', 'refused') AND read_at <= $3`,
    [external, staff, at],
  )

/**
 * A member changed this pair by hand between our look and our call (WeCom tells only the second): a tag we wanted to put
 * there may be hers, so it is left to her.
 */
export const leaveToHand = (tx: Tx, external: string, staff: string, second: Instant): Promise<number> =>
  tx.run(
    `UPDATE seen_tag SET state = 'hand'
      WHERE external = $1 AND staff = $2 AND state = 'ours' AND read_at < $3 AND at >= $4`,
    [external, staff, second + 1000, second],
  )

/** Everybody of whom some pair does not carry what is wanted, or carries what we put there and is not wanted any more. */
export async function customersWithGaps(reader: Reader): Promise<string[]> {
  const rows = await reader.rows<{ customer: string }>(
    `select w.customer from (select customer, tag_group, tag from wanted_tag union ${waysTags('t.tag is not null')}) w
       join identity i on i.customer = w.customer and i.kind = 'external'
       join relation r on r.external = i.value and r.state = 'active'
       left join seen_tag s on s.external = r.external and s.staff = r.staff and s.tag_group = w.tag_group and s.tag = w.tag
       left join corp_tag c on c.tag_group = w.tag_group and c.tag = w.tag
      where (s.tag is null or s.state = 'verify') and coalesce(c.deletions, 0) < ${String(givenUpAfter)}
     union
     select i.customer from seen_tag s
       join identity i on i.value = s.external and i.kind = 'external'
       join relation r on r.external = s.external and r.staff = s.staff and r.state = 'active'
       left join wanted_tag w on w.customer = i.customer and w.tag_group = s.tag_group and w.tag = s.tag
      where w.tag is null and not exists
        (select 1 from (${waysTags('t.tag is not null')}) v
          where v.customer = i.customer and v.tag_group = s.tag_group and v.tag = s.tag)`,
  )
  return rows.map(({ customer }) => customer)
}
