/** What the decision needs to know of each candidate, read in bulk. Tables of customer/ are only read. */
import type { Reader, Tx, Value } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { days } from '../base/clock.ts'
import type { Use } from './budget.ts'
import type { ChannelName, Decision, Purpose } from './promise.ts'
import { reservingStates } from './state.ts'
import type { PromiseState } from './state.ts'

const chunk = 1_000

export const places = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, i) => `$${String(from + i)}`).join(', ')

/** Runs a query with an IN list for any number of keys. `sql` gets the list; further parameters come first. */
async function inLists<T extends object>(
  reader: Reader,
  keys: readonly string[],
  sql: (list: string) => string,
  first: readonly Value[] = [],
): Promise<T[]> {
  const distinct = [...new Set(keys)]
  const rows: T[] = []
  for (let from = 0; from < distinct.length; from += chunk) {
    const part = distinct.slice(from, from + chunk)
    rows.push(...(await reader.rows<T>(sql(places(part.length, first.length + 1)), [...first, ...part])))
  }
  return rows
}

export interface KnownPromise {
  readonly dedupe_key: string
  readonly decision: Decision
  readonly due_at: number
  readonly reason_code: string
  readonly reason_words: string
}
export const knownPromises = (reader: Reader, keys: readonly string[]): Promise<KnownPromise[]> =>
  inLists(
    reader,
    keys,
    (list) =>
      `select dedupe_key, decision, due_at, reason_code, reason_words from promise where dedupe_key in (${list})`,
  )

/** `customer` + tab + `purpose`. */
export async function optedOut(reader: Reader, customers: readonly string[]): Promise<Set<string>> {
  const rows = await inLists<{ customer: string; purpose: string }>(
    reader,
    customers,
    (list) => `select customer, purpose from consent where opted_out = 1 and customer in (${list})`,
  )
  return new Set(rows.map((row) => `${row.customer}\t${row.purpose}`))
}

/** `external` + tab + `staff` of every living contact. */
export async function contacts(reader: Reader, externals: readonly string[]): Promise<Set<string>> {
  const rows = await inLists<{ external: string; staff: string }>(
    reader,
    externals,
    (list) => `select external, staff from relation where state = 'active' and external in (${list})`,
  )
  return new Set(rows.map((row) => `${row.external}\t${row.staff}`))
}

export async function livingGroups(reader: Reader, chats: readonly string[]): Promise<Set<string>> {
  const rows = await inLists<{ chat: string }>(
    reader,
    chats,
    (list) => `select chat from chat_group where state = 'active' and chat in (${list})`,
  )
  return new Set(rows.map((row) => row.chat))
}

export async function speakers(reader: Reader): Promise<Set<string>> {
  const rows = await reader.rows<{ userid: string }>(
    'select userid from staff where active = 1 and contact = 1',
  )
  return new Set(rows.map((row) => row.userid))
}

export interface Restraint {
  readonly customer: string
  readonly talked_at: number | null
  readonly complaint_at: number | null
}
export async function restraints(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, Restraint>> {
  const rows = await inLists<Restraint>(
    reader,
    customers,
    (list) => `select customer, talked_at, complaint_at from restraint where customer in (${list})`,
  )
  return new Map(rows.map((row) => [row.customer, row]))
}

export interface UseRow {
  readonly owner: string
  readonly purpose: Purpose
  readonly channel: ChannelName
  readonly state: PromiseState
  readonly due_at: number
  readonly sent_at: number | null
  readonly pressed_at: number | null
}

/** A month for the quota, and the days by which a confirmation may have followed its due date. */
export const usesLookBackMs = days(46)

export const toUse = (row: UseRow, now: Instant): Use => {
  const spent = row.sent_at ?? (row.state === 'expired' ? row.pressed_at : null)
  return {
    // What still waits may be said at any moment from now on.
    at: spent ?? Math.max(row.due_at, now),
    purpose: row.purpose,
    channel: row.channel,
    stage: spent !== null ? 'said' : row.state === 'queued' ? 'planned' : 'handed',
  }
}

export const useColumns = ['owner', 'purpose', 'channel', 'state', 'due_at', 'sent_at', 'pressed_at'] as const

/** `since` and `list` are placeholders. */
export function usesSql(by: 'customer' | 'subject', since: string, list: string): string {
  const states = reservingStates.map((state) => `'${state}'`).join(', ')
  return `select ${by} as owner, purpose, channel, state, due_at, sent_at, pressed_at from promise
      where due_at >= ${since} and ${by} in (${list})
        and (state in (${states}) or (state = 'expired' and pressed_at is not null))`
}

/**
 * What uses up the patience of these customers (`by: customer`) or groups (`by: subject`). An expired task that the
 * advisor pressed and never settled counts as said: perhaps it was.
 */
export async function usesOf(
  reader: Reader,
  by: 'customer' | 'subject',
  owners: readonly string[],
  now: Instant,
): Promise<Map<string, Use[]>> {
  const rows = await inLists<UseRow>(reader, owners, (list) => usesSql(by, '$1', list), [
    now - usesLookBackMs,
  ])
  const uses = new Map<string, Use[]>()
  for (const row of rows) {
    const own = uses.get(row.owner)
    if (own) own.push(toUse(row, now))
    else uses.set(row.owner, [toUse(row, now)])
  }
  return uses
}

/**
 * PostgreSQL lets two transactions count the same last free place. Both must first hold the rows of the customers (and
 * groups) concerned, taken in one order so that they cannot deadlock. SQLite has one writer and needs nothing.
 */
export async function lockBudgets(tx: Tx, owners: readonly string[]): Promise<void> {
  if (tx.dialect === 'sqlite') return
  const sorted = [...new Set(owners)].sort()
  await tx.insert(
    'budget',
    sorted.map((customer) => ({ customer })),
    'ON CONFLICT (customer) DO NOTHING',
  )
  for (let from = 0; from < sorted.length; from += chunk) {
    const part = sorted.slice(from, from + chunk)
    await tx.rows(
      `select customer from budget where customer in (${places(part.length)}) order by customer for update`,
      part,
    )
  }
}

export async function mannersRow(reader: Reader): Promise<{ version: number; body: string } | null> {
  const [row] = await reader.rows<{ version: number; body: string }>(
    'select version, body from manners where id = 1',
  )
  return row ?? null
}

export const writeManners = (tx: Tx, version: number, body: string): Promise<number> =>
  tx.insert(
    'manners',
    [{ id: 1, version, body }],
    'ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body',
  )
