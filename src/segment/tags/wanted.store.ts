/**
 * The corp tags a customer should carry. Two writers: the tier (one tag in its group, the old one goes) and the dynamic
 * tags (as many as hold). Those of the ways she came by are read from the ways as they are now: nothing of them is stored.
 * `wanted_change` is the list of customers whose tags the mirror has to look at.
 */
import type { Instant } from '../../base/clock.ts'
import type { Reader, Tx } from '../../base/db.ts'

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export interface WantedTag {
  readonly customer: string
  readonly tag_group: string
  readonly tag: string
}

const insertWanted = (
  tx: Tx,
  rows: readonly WantedTag[],
  origin: 'tier' | 'tag',
  at: Instant,
): Promise<number> =>
  tx.insert(
    'wanted_tag',
    rows.map(({ customer, tag_group, tag }) => ({ customer, tag_group, tag, origin, changed_at: at })),
    'ON CONFLICT (customer, tag_group, tag) DO UPDATE SET origin = excluded.origin, changed_at = excluded.changed_at',
  )

/** Puts customers on the mirror's list; at most 500. */
export const askMirror = (tx: Tx, customers: readonly string[], at: Instant): Promise<number> =>
  tx.insert(
    'wanted_change',
    [...new Set(customers)].sort().map((customer) => ({ customer, asked_at: at, ready_at: at })),
    'ON CONFLICT (customer) DO UPDATE SET asked_at = excluded.asked_at, ready_at = excluded.ready_at',
  )

/** A customer is in one tier: the tag of the one before goes. At most 500. */
export async function wantTierTags(tx: Tx, rows: readonly WantedTag[], at: Instant): Promise<void> {
  if (rows.length === 0) return
  const customers = rows.map(({ customer }) => customer)
  await tx.run(`DELETE FROM wanted_tag WHERE origin = 'tier' AND customer IN (${list(customers)})`, customers)
  await insertWanted(tx, rows, 'tier', at)
  await askMirror(tx, customers, at)
}

const keyOf = (row: WantedTag): string => `${row.customer}\n${row.tag_group}\n${row.tag}`
const storedDynamic = (reader: Reader, customers: readonly string[]): Promise<WantedTag[]> =>
  reader.rows<WantedTag>(
    `select customer, tag_group, tag from wanted_tag where origin = 'tag' and customer in (${list(customers)})`,
    customers,
  )

/** Whose dynamic corp tags are not exactly these. */
export async function wantedOtherwise(
  reader: Reader,
  customers: readonly string[],
  rows: readonly WantedTag[],
): Promise<string[]> {
  const stored = await storedDynamic(reader, customers)
  const [wanted, known] = [new Set(rows.map(keyOf)), new Set(stored.map(keyOf))]
  return [
    ...rows.filter((row) => !known.has(keyOf(row))),
    ...stored.filter((row) => !wanted.has(keyOf(row))),
  ].map(({ customer }) => customer)
}

/** Exactly these of all dynamic tags; at most 500 customers. */
export async function wantDynamicTags(
  tx: Tx,
  customers: readonly string[],
  rows: readonly WantedTag[],
  at: Instant,
): Promise<void> {
  if (customers.length === 0) return
  const stored = await storedDynamic(tx, customers)
  const [wanted, known] = [new Set(rows.map(keyOf)), new Set(stored.map(keyOf))]
  const [more, less] = [
    rows.filter((row) => !known.has(keyOf(row))),
    stored.filter((row) => !wanted.has(keyOf(row))),
  ]
  await insertWanted(tx, more, 'tag', at)
  for (const { customer, tag_group, tag } of less)
    await tx.run(
      `DELETE FROM wanted_tag WHERE customer = $1 AND tag_group = $2 AND tag = $3 AND origin = 'tag'`,
      [customer, tag_group, tag],
    )
  await askMirror(
    tx,
    [...more, ...less].map(({ customer }) => customer),
    at,
  )
}

// ------------------------------------------------------------------ the mirror's list

export interface WantedChange {
  readonly customer: string
  readonly asked_at: Instant
}

export const wantedChanges = (reader: Reader, now: Instant, limit: number): Promise<WantedChange[]> =>
  reader.rows<WantedChange>(
    `select customer, asked_at from wanted_change where ready_at <= $1 order by ready_at, customer limit ${String(limit)}`,
    [now],
  )

/** Only the wish that was fulfilled: a newer one stays. */
export async function mirrored(tx: Tx, changes: readonly WantedChange[]): Promise<void> {
  if (changes.length === 0) return
  const pairs = changes
    .map((_, i) => `($${String(2 * i + 1)}, cast($${String(2 * i + 2)} as bigint))`)
    .join(', ')
  await tx.run(
    `DELETE FROM wanted_change WHERE (customer, asked_at) IN (values ${pairs})`,
    changes.flatMap(({ customer, asked_at: at }) => [customer, at]),
  )
}

export const mirrorLater = (tx: Tx, customer: string, to: Instant): Promise<number> =>
  tx.run('UPDATE wanted_change SET ready_at = $1 WHERE customer = $2', [to, customer])

/** The group in WeCom of tags that say by which way somebody came. */
const wayTagGroup = '渠道来源'

/** Customers `i` with what their ways `t` tag them with; `where` is asked of both. */
export const waysTags = (where: string): string =>
  `select i.customer as customer, '${wayTagGroup}' as tag_group, t.tag as tag from identity i
     join entrance e on e.external = i.value join way_tag t on t.mark = e.mark
    where i.kind = 'external' and ${where}`

export async function wantedOf(reader: Reader, customers: readonly string[]): Promise<WantedTag[]> {
  if (customers.length === 0) return []
  return reader.rows<WantedTag>(
    `select customer, tag_group, tag from wanted_tag where customer in (${list(customers)})
     union ${waysTags(`i.customer in (${list(customers)})`)}
     order by customer, tag_group, tag`,
    customers,
  )
}
