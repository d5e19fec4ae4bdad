import type { Reader } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { taskChannels } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'

const list = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, i) => `$${String(from + i)}`).join(', ')

/**
 * The open tasks of one advisor, for customers she is in contact with. One that she pressed and never settled stays,
 * even when its time is over: only she can say whether it was sent.
 */
export const openTasks = (
  reader: Reader,
  staff: string,
  external: string | null,
  limit: number,
): Promise<PromiseRow[]> => tasksWhere(reader, open, [staff], external, limit)

/** What she sent or passed over since then: the list shows how far she is. */
export const finishedTasks = (
  reader: Reader,
  staff: string,
  since: Instant,
  external: string | null,
  limit: number,
): Promise<PromiseRow[]> =>
  tasksWhere(
    reader,
    `p.settled_at >= $2 and (p.state = 'sent' or (p.state = 'cancelled' and p.settle_code = 'skipped')
       or (p.state = 'refused' and p.settle_code = 'wrong-person'))`,
    [staff, since],
    external,
    limit,
  )

/** A list of our own words: no values of anybody's. */
const tasks = `(${taskChannels.map((name) => `'${name}'`).join(', ')})`

const open = `(p.state = 'waiting' or (p.state in ('expired', 'cancelled') and p.pressed_at is not null))`

const tasksWhere = (
  reader: Reader,
  where: string,
  params: readonly (string | number)[],
  external: string | null,
  limit: number,
): Promise<PromiseRow[]> =>
  reader.rows<PromiseRow>(
    `select p.* from promise p join relation r on r.external = p.subject and r.staff = p.sender and r.state = 'active'
     where p.sender = $1 and p.channel in ${tasks} and ${where}
       ${external === null ? '' : `and p.subject = $${String(params.length + 1)}`}
     order by p.priority desc, p.expires_at, p.id limit ${String(limit)}`,
    external === null ? params : [...params, external],
  )

export async function openTaskCount(reader: Reader, staff: string): Promise<number> {
  const [row] = await reader.rows<{ count: number }>(
    `select cast(count(*) as bigint) as count from promise p
     join relation r on r.external = p.subject and r.staff = p.sender and r.state = 'active'
     where p.sender = $1 and p.channel in ${tasks} and ${open}`,
    [staff],
  )
  return row?.count ?? 0
}

export interface KnownAs {
  readonly external: string
  readonly name: string | null
  readonly remark: string | null
}

export async function knownAs(
  reader: Reader,
  staff: string,
  externals: readonly string[],
): Promise<Map<string, string>> {
  if (externals.length === 0) return new Map()
  const rows = await reader.rows<KnownAs>(
    `select r.external, p.name, r.remark from relation r left join profile p on p.external = r.external
     where r.staff = $1 and r.external in (${list(externals.length, 2)})`,
    [staff, ...externals],
  )
  return new Map(rows.map(({ external, name, remark }) => [external, remark || name || external]))
}

export async function tiersOf(reader: Reader, customers: readonly string[]): Promise<Map<string, string>> {
  if (customers.length === 0) return new Map()
  const rows = await reader.rows<{ customer: string; tier: string }>(
    `select customer, tier from standing where customer in (${list(customers.length)})`,
    customers,
  )
  return new Map(rows.map(({ customer, tier }) => [customer, tier]))
}

/** Which of these customers were reached since then, by whatever channel. */
export async function reachedSince(
  reader: Reader,
  customers: readonly string[],
  since: Instant,
): Promise<Set<string>> {
  if (customers.length === 0) return new Set()
  const rows = await reader.rows<{ customer: string }>(
    `select distinct customer from promise where state = 'sent' and sent_at >= $1 and customer in (${list(customers.length, 2)})`,
    [since, ...customers],
  )
  return new Set(rows.map(({ customer }) => customer))
}

/** How many offers each of these customers got since then; who got none is left out. */
export async function offersSince(
  reader: Reader,
  customers: readonly string[],
  since: Instant,
): Promise<Map<string, number>> {
  if (customers.length === 0) return new Map()
  const rows = await reader.rows<{ customer: string; offers: number }>(
    `select customer, cast(count(*) as bigint) as offers from promise
     where state = 'sent' and purpose = 'marketing' and sent_at >= $1 and customer in (${list(customers.length, 2)})
     group by customer`,
    [since, ...customers],
  )
  return new Map(rows.map(({ customer, offers }) => [customer, offers]))
}

/** What an advisor noted about a call, by promise: the latest of each. */
export async function latestCallNotes(
  reader: Reader,
  promises: readonly string[],
): Promise<Map<string, CallNote>> {
  const latest = new Map<string, CallNote>()
  for (const promise of promises) {
    const [row] = await reader.rows<{ at: number; detail: string }>(
      `select at, detail from log where source = 'outbox' and source_key >= $1 and source_key < $2
       order by seq desc limit 1`,
      [`promise:${promise}:call:`, `promise:${promise}:call;`],
    )
    if (row) latest.set(promise, { at: row.at, ...(JSON.parse(row.detail) as { outcome: string }) })
  }
  return latest
}

export interface CallNote {
  readonly at: Instant
  readonly outcome: string
}
