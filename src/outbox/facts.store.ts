/** What the decision needs to know of each candidate, read in bulk. Tables of customer/ are only read. */
import type { Reader, Tx, Value } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { days } from '../base/clock.ts'
import { dayOf, dayOfNumber, instantOf } from '../base/calendar.ts'
import { loadKey } from './budget.ts'
import type { Use } from './budget.ts'
import type { Ended, KnownPromise } from './judge.ts'
import { kfWindowOf, windowIn } from './kf-window.ts'
import type { QuotaMode } from './manners.ts'
import { taskChannels } from './promise.ts'
import type { Restraint } from './restrain.ts'
import type { ChannelName, Content, Purpose } from './promise.ts'
import { reservingStates } from './state.ts'
import type { PromiseState } from './state.ts'

const chunk = 1_000

export const places = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, i) => `$${String(from + i)}`).join(', ')

/** Runs a query with an IN list for any number of keys. `sql` gets the list; further parameters come first. */
export async function inLists<T extends object>(
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

export const knownPromises = (reader: Reader, keys: readonly string[]): Promise<KnownPromise[]> =>
  inLists(
    reader,
    keys,
    (list) =>
      `select dedupe_key, day, cadence_version, decision, due_at, reason_code, reason_words from promise where dedupe_key in (${list})`,
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

/** Who may speak to customers, with her name. */
export async function speakers(reader: Reader): Promise<Map<string, string>> {
  const rows = await reader.rows<{ userid: string; name: string }>(
    'select userid, name from staff where active = 1 and contact = 1',
  )
  return new Map(rows.map((row) => [row.userid, row.name]))
}

/** Those of them who may. */
export async function speakersAmong(reader: Reader, staff: readonly string[]): Promise<Map<string, string>> {
  const rows = await inLists<{ userid: string; name: string }>(
    reader,
    staff,
    (list) => `select userid, name from staff where active = 1 and contact = 1 and userid in (${list})`,
  )
  return new Map(rows.map((row) => [row.userid, row.name]))
}

/** `customer` + tab + `topic`. Only asked for sets that have topics. */
export async function refusedTopics(reader: Reader, customers: readonly string[]): Promise<Set<string>> {
  const rows = await inLists<{ customer: string; topic: string }>(
    reader,
    customers,
    (list) => `select customer, topic from topic_choice where wanted = 0 and customer in (${list})`,
  )
  return new Set(rows.map((row) => `${row.customer}\t${row.topic}`))
}

export async function restraints(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, Restraint>> {
  const rows = await inLists<Restraint>(
    reader,
    customers,
    (list) =>
      `select customer, talked_at, complaint_at, refund_at from restraint where customer in (${list})`,
  )
  return new Map(rows.map((row) => [row.customer, row]))
}

/** When each of these people last wrote to an account, by `kfWindowOf`. Only asked for sets that speak in 微信客服. */
export async function kfTalks(reader: Reader, externals: readonly string[]): Promise<Map<string, Instant>> {
  const rows = await inLists<{ external: string; kfid: string; wrote_at: number }>(
    reader,
    externals,
    (list) => `select external, kfid, wrote_at from kf_talk where external in (${list})`,
  )
  return new Map(
    rows.map(({ external, kfid, wrote_at }) => [kfWindowOf(external, { account: kfid }), wrote_at]),
  )
}

/** By customer. Only asked for sets that may end a run. */
export async function endedRuns(reader: Reader, customers: readonly string[]): Promise<Map<string, Ended[]>> {
  const rows = await inLists<Ended>(
    reader,
    customers,
    (list) =>
      `select customer, touchpoint, campaign, dedupe_key, day from promise
       where customer in (${list}) and reason_code = 'run-aborted'`,
  )
  const ended = new Map<string, Ended[]>()
  for (const row of rows) {
    const own = ended.get(row.customer)
    if (own) own.push(row)
    else ended.set(row.customer, [row])
  }
  return ended
}

export interface UseRow {
  readonly owner: string
  readonly purpose: Purpose
  readonly channel: ChannelName
  /** Null: held out for comparison. */
  readonly state: PromiseState | null
  readonly due_at: number
  readonly sent_at: number | null
  readonly pressed_at: number | null
  /** Of 微信客服 only: who got it, and the content, which says at which account. */
  readonly kf_subject: string | null
  readonly kf_content: string | null
}

/** A month for the quota, and the days by which a confirmation may have followed its due date. */
export const usesLookBackMs = days(46)

export const toUse = (row: UseRow, now: Instant): Use => {
  const window = windowOf(row)
  // Whoever is held out is treated as if it had been said to her at its time.
  if (row.state === null)
    return {
      at: row.due_at,
      purpose: row.purpose,
      channel: row.channel,
      stage: row.due_at > now ? 'planned' : 'said',
      ...window,
    }
  const spent = row.sent_at ?? (row.state === 'expired' ? row.pressed_at : null)
  return {
    // What still waits may be said at any moment from now on.
    at: spent ?? Math.max(row.due_at, now),
    purpose: row.purpose,
    channel: row.channel,
    stage: spent !== null ? 'said' : isPlanned(row.state) ? 'planned' : 'handed',
    ...window,
  }
}

/** Whoever was forgotten has no content any more, and no window. */
function windowOf({ kf_subject: subject, kf_content: content }: UseRow): Pick<Use, 'kfWindow'> {
  if (subject === null || content === null) return {}
  return windowIn(subject, JSON.parse(content) as Content)
}

/** What a worker has claimed has not left yet. */
const isPlanned = (state: PromiseState): boolean => state === 'queued' || state === 'claimed'

export const useColumns = [
  'owner',
  'purpose',
  'channel',
  'state',
  'due_at',
  'sent_at',
  'pressed_at',
  'kf_subject',
  'kf_content',
] as const

// Of whom is asked, never of all in a state: SQLite would rather walk through those.
const stateNow = `coalesce(state, 'held-out')`
const countsAsUse = `(${stateNow} in (${reservingStates.map((state) => `'${state}'`).join(', ')})
          or (${stateNow} = 'expired' and pressed_at is not null) or (${stateNow} = 'held-out' and reason_code = 'holdout'))`

/** `since` and `list` are placeholders. */
export function usesSql(by: 'customer' | 'subject', since: string, list: string): string {
  return `select ${by} as owner, purpose, channel, state, due_at, sent_at, pressed_at,
        case when channel = 'kf' then subject end as kf_subject,
        case when channel = 'kf' then content end as kf_content from promise
      where due_at >= ${since} and ${by} in (${list})
        and ${countsAsUse}`
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

/** Tasks per advisor and day, from today on. A soft limit: two triggers in one instant may go one over it. */
export async function loads(
  reader: Reader,
  staff: readonly string[],
  now: Instant,
): Promise<Map<string, number>> {
  const tasks = taskChannels.map((name) => `'${name}'`).join(', ')
  const rows = await inLists<{ sender: string; day_no: number; tasks: number }>(
    reader,
    staff,
    (list) =>
      `select sender, (due_at + ${String(zoneMs)}) / ${String(days(1))} as day_no, cast(count(*) as bigint) as tasks
       from promise where due_at >= $1 and sender in (${list}) and channel in (${tasks}) and ${countsAsUse}
       group by sender, (due_at + ${String(zoneMs)}) / ${String(days(1))}`,
    [instantOf(dayOf(now))],
  )
  return new Map(rows.map((row) => [loadKey(row.sender, instantOf(dayOfNumber(row.day_no))), row.tasks]))
}
/** The shop's zone has kept one offset since 1991. */
const zoneMs = -instantOf(dayOfNumber(9_000)) + days(9_000)

/** Whose broadcasts WeCom refuses for a while: by external_userid or chat id. */
export async function quotaSeen(
  reader: Reader,
  subjects: readonly string[],
  now: Instant,
): Promise<Map<string, Instant>> {
  const rows = await inLists<{ subject: string; until_at: number }>(
    reader,
    subjects,
    (list) => `select subject, until_at from quota_seen where until_at > $1 and subject in (${list})`,
    [now],
  )
  return new Map(rows.map((row) => [row.subject, row.until_at]))
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

export interface MannersRow {
  readonly version: number
  readonly body: string
  /** The stricter quota rule in force while the written one is doubted. */
  readonly quota_mode: QuotaMode | null
  readonly doubted_at: number | null
}

export async function mannersRow(reader: Reader): Promise<MannersRow | null> {
  const [row] = await reader.rows<MannersRow>(
    'select version, body, quota_mode, doubted_at from manners where id = 1',
  )
  return row ?? null
}

export const writeManners = (tx: Tx, row: MannersRow): Promise<number> =>
  tx.insert(
    'manners',
    [{ id: 1, ...row }],
    `ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body,
       quota_mode = excluded.quota_mode, doubted_at = excluded.doubted_at`,
  )
