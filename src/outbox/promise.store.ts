/** Rows of `promise`, and the few ways they are written. */
import type { Reader, Tx, Value } from '../base/db.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { places } from './facts.store.ts'
import { notPaused } from './pause.store.ts'
import { taskChannels } from './promise.ts'
import type { ChannelName, Decided, Decision, Purpose, SubjectKind } from './promise.ts'
import type { PromiseState } from './state.ts'
import { updateEach } from './update-each.ts'
import type { Update } from './update-each.ts'

export interface PromiseRow {
  readonly id: string
  readonly dedupe_key: string
  readonly touchpoint: string
  readonly title: string
  readonly cadence_version: number
  readonly purpose: Purpose
  readonly personal: number
  readonly channel: ChannelName
  readonly subject_kind: SubjectKind
  readonly subject: string
  readonly customer: string | null
  readonly sender: string | null
  readonly day: string
  readonly wanted_at: number
  readonly due_at: number
  readonly expires_at: number
  readonly decision: Decision
  readonly reason_code: string
  readonly reason_words: string
  readonly state: PromiseState | null
  readonly content: string
  readonly parcel: string | null
  readonly remote_id: string | null
  readonly priority: number
  readonly attempts: number
  readonly epoch: number
  readonly crashes: number
  readonly stumbles: number | null
  readonly ready_at: number
  readonly lease_holder: string | null
  readonly created_at: number
  readonly pressed_at: number | null
  readonly sent_at: number | null
  readonly settled_at: number | null
  readonly settle_code: string | null
  readonly settle_words: string | null
  readonly campaign: string | null
  readonly topic: string | null
  readonly experiment: string | null
  readonly arm: string | null
  readonly worth_fen: number | null
  readonly piece: string | null
  readonly not_on: string | null
  readonly awaited: number | null
}

/** More to a statement save nothing, and fewer cost a trip to SQLite's thread each. */
const rowsPerInsert = 100

export async function insertPromises(
  tx: Tx,
  decided: readonly (Decided & { readonly id: string })[],
  now: Instant,
): Promise<void> {
  for (let from = 0; from < decided.length; from += rowsPerInsert)
    await insertSome(tx, decided.slice(from, from + rowsPerInsert), now)
}

const insertSome = (
  tx: Tx,
  decided: readonly (Decided & { readonly id: string })[],
  now: Instant,
): Promise<number> =>
  tx.insert(
    'promise',
    decided.map((one) => ({ ...decidedRow(one), ...untouched, id: one.id, created_at: now })),
    'ON CONFLICT (dedupe_key) DO NOTHING',
  )

/** What a decision says of a promise. */
const decidedRow = (one: Decided): Readonly<Record<string, Value>> => ({
  dedupe_key: one.dedupeKey,
  touchpoint: one.touchpoint,
  title: one.title,
  cadence_version: one.cadenceVersion,
  purpose: one.purpose,
  personal: one.personal ? 1 : 0,
  channel: one.channel,
  subject_kind: one.subjectKind,
  subject: one.subject,
  customer: one.customer ?? null,
  sender: one.sender ?? null,
  day: one.day,
  wanted_at: one.wantedAt,
  due_at: one.dueAt,
  expires_at: one.expiresAt,
  decision: one.decision,
  reason_code: one.reasonCode,
  reason_words: one.reasonWords,
  state: one.decision === 'declined' ? null : 'queued',
  content: JSON.stringify(one.content),
  priority: one.priority,
  ready_at: one.dueAt,
  campaign: one.campaign ?? null,
  topic: one.topic ?? null,
  experiment: one.variant?.experiment ?? null,
  arm: one.variant?.arm ?? null,
  worth_fen: one.worthFen ?? null,
  piece: one.piece ?? null,
  not_on: one.notOn === undefined ? null : JSON.stringify(one.notOn),
  awaited: one.awaited === true ? 1 : null,
})

const untouched: Readonly<Record<string, Value>> = {
  parcel: null,
  remote_id: null,
  attempts: 0,
  epoch: 0,
  crashes: 0,
  stumbles: null,
  lease_holder: null,
  pressed_at: null,
  sent_at: null,
  settled_at: null,
  settle_code: null,
  settle_words: null,
}

/** What an older cadence had declined is decided anew; whatever else happened to it meanwhile wins. */
export async function reopenPromises(tx: Tx, decided: readonly Decided[]): Promise<void> {
  for (const one of decided) {
    const columns = Object.entries(decidedRow(one)).filter(([name]) => name !== 'dedupe_key')
    const set = columns.map(([name], i) => `${name} = $${String(i + 2)}`).join(', ')
    await tx.rows(
      `UPDATE promise SET ${set} WHERE dedupe_key = $1 AND decision = 'declined' AND state IS NULL`,
      [one.dedupeKey, ...columns.map(([, value]) => value)],
    )
  }
}

/** The cadences under which something of this day was declined, before `version`. */
export async function decliningVersions(reader: Reader, day: Day, version: number): Promise<number[]> {
  const rows = await reader.rows<{ version: number }>(
    `select distinct cadence_version as version from promise
     where day = $1 and decision = 'declined' and cadence_version < $2`,
    [day, version],
  )
  return rows.map((row) => row.version)
}

const all = 'select * from promise'
/** A list of our own words: no values of anybody's. */
const tasks = `(${taskChannels.map((name) => `'${name}'`).join(', ')})`

export async function promiseById(reader: Reader, id: string): Promise<PromiseRow | null> {
  return (await reader.rows<PromiseRow>(`${all} where id = $1`, [id]))[0] ?? null
}

/** The campaign that a promise, or a parcel's promises, belong to. */
export async function campaignOfSaid(
  reader: Reader,
  said: { readonly promise: string } | { readonly batch: string },
): Promise<string | null> {
  const [row] =
    'promise' in said
      ? await reader.rows<{ campaign: string | null }>('select campaign from promise where id = $1', [
          said.promise,
        ])
      : await reader.rows<{ campaign: string | null }>(
          `select p.campaign from promise p join parcel a on a.id = p.parcel
           where a.batch_token = $1 and p.campaign is not null limit 1`,
          [said.batch],
        )
  return row?.campaign ?? null
}

export async function promisesByIds(reader: Reader, ids: readonly string[]): Promise<PromiseRow[]> {
  const rows: PromiseRow[] = []
  for (let from = 0; from < ids.length; from += 1_000) {
    const part = ids.slice(from, from + 1_000)
    rows.push(...(await reader.rows<PromiseRow>(`${all} where id in (${places(part.length)})`, part)))
  }
  return rows
}

export const promisesOfParcel = (reader: Reader, parcel: string): Promise<PromiseRow[]> =>
  reader.rows<PromiseRow>(`${all} where parcel = $1 order by id`, [parcel])

/** The rows of these promises, held until the transaction ends. On SQLite there is one writer anyway. */
export async function lockPromises(tx: Tx, ids: readonly string[]): Promise<PromiseRow[]> {
  const sorted = [...new Set(ids)].sort()
  const rows: PromiseRow[] = []
  for (let from = 0; from < sorted.length; from += 1_000) {
    const part = sorted.slice(from, from + 1_000)
    rows.push(
      ...(await tx.rows<PromiseRow>(
        `${all} where id in (${places(part.length)}) order by id ${forUpdate(tx)}`,
        part,
      )),
    )
  }
  return rows
}

/** The same for all promises of some parcels; few of them, since each may have thousands. */
export const lockOfParcels = (tx: Tx, parcels: readonly string[]): Promise<PromiseRow[]> =>
  tx.rows<PromiseRow>(
    `${all} where parcel in (${places(parcels.length)}) order by id ${forUpdate(tx)}`,
    parcels,
  )

export const lockOfParcel = (tx: Tx, parcel: string): Promise<PromiseRow[]> => lockOfParcels(tx, [parcel])

const forUpdate = (tx: Tx): string => (tx.dialect === 'postgres' ? 'for update' : '')

export async function updatePromises(
  tx: Tx,
  ids: readonly string[],
  columns: Readonly<Record<string, Value>>,
  {
    attempt = false,
    each,
  }: { readonly attempt?: boolean | undefined; readonly each?: Update['each'] | undefined } = {},
): Promise<void> {
  const also = `, epoch = epoch + 1${attempt ? ', attempts = attempts + 1' : ''}`
  const changed = await updateEach(tx, 'promise', ids, { columns, also, ...(each ? { each } : {}) })
  if (changed !== ids.length) throw new Error('A promise vanished while it was being moved.')
}

export const updatePressed = (tx: Tx, id: string, pressedAt: Instant | null): Promise<number> =>
  tx.run('UPDATE promise SET pressed_at = $1, epoch = epoch + 1 WHERE id = $2', [pressedAt, id])

// ---------------------------------------------------------------- what the machine looks for

/**
 * The first that are due, the more important and then the older ones first. Priorities are few, and the index knows the
 * rows of each in their order; asked at once, all that is due would be sorted for every handful.
 */
async function dueByRank<T extends object>(
  reader: Reader,
  columns: string,
  {
    channel,
    now,
    limit,
    ending = '',
  }: { channel: ChannelName; now: Instant; limit: number; ending?: string },
): Promise<T[]> {
  const rows: T[] = []
  for (let below = Number.MAX_SAFE_INTEGER; rows.length < limit;) {
    const [next] = await reader.rows<{ priority: number | null }>(
      `select max(priority) as priority from promise where state = 'queued' and channel = $1 and priority < $2`,
      [channel, below],
    )
    if (next === undefined || next.priority === null) break
    below = next.priority
    rows.push(
      ...(await reader.rows<T>(
        `select ${columns} from promise p
         where state = 'queued' and channel = $1 and priority = $2 and ready_at <= $3 and ${notPaused}
         order by ready_at limit $4 ${ending}`,
        [channel, below, now, limit - rows.length],
      )),
    )
  }
  return rows
}

const taking = (tx: Tx): string => (tx.dialect === 'postgres' ? 'for update skip locked' : '')

/**
 * Due promises of one channel, most urgent first; on PostgreSQL without those that another worker is taking. `among`:
 * those of a hint, if they are still due.
 */
export const lockDue = (
  tx: Tx,
  channel: ChannelName,
  now: Instant,
  limit: number,
  among: readonly string[] = [],
): Promise<PromiseRow[]> =>
  among.length === 0
    ? dueByRank<PromiseRow>(tx, '*', { channel, now, limit, ending: taking(tx) })
    : tx.rows<PromiseRow>(
        `${all} p where state = 'queued' and ready_at <= $1 and channel = $2 and ${notPaused}
         and id in (${places(among.length, 3)})
         order by priority desc, ready_at, id limit ${String(limit)} ${taking(tx)}`,
        [now, channel, ...among],
      )

/** The same without taking them. `version` changes whenever a row comes back to the queue. */
export const dueIds = (
  reader: Reader,
  channel: ChannelName,
  now: Instant,
  limit: number,
): Promise<{ id: string; version: string }[]> =>
  dueByRank<{ id: string; version: string }>(reader, `id, epoch || ' ' || ready_at as version`, {
    channel,
    now,
    limit,
  })

/** Channels that have anything due: an idle poll asks only this. */
export async function dueChannels(reader: Reader, now: Instant): Promise<ChannelName[]> {
  const rows = await reader.rows<{ channel: ChannelName }>(
    `select distinct channel from promise p where state = 'queued' and ready_at <= $1 and ${notPaused}`,
    [now],
  )
  return rows.map(({ channel }) => channel)
}

/** Promises that a worker holds, of all workers but the living. */
export const heldByOthers = (
  reader: Reader,
  living: readonly string[],
): Promise<{ id: string; state: PromiseState; lease_holder: string | null; parcel: string | null }[]> =>
  reader.rows(
    `select id, state, lease_holder, parcel from promise where state in ('claimed', 'intent')
     ${living.length === 0 ? '' : `and (lease_holder is null or lease_holder not in (${places(living.length)}))`}`,
    living,
  )

/** Waiting promises without a parcel to ask about (advisor tasks), past their time. */
export const outwaited = (reader: Reader, now: Instant, limit: number): Promise<{ id: string }[]> =>
  reader.rows<{ id: string }>(
    `select p.id from promise p where p.state = 'waiting' and p.ready_at <= $1 and p.channel in ${tasks}
     order by p.ready_at limit ${String(limit)}`,
    [now],
  )

/** When the machine has to look at a promise next; what is paused is nothing to look at. */
export async function nextReadyAt(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>(
    `select min(at) as at from (
       select min(ready_at) as at from promise p where state = 'queued' and ${notPaused}
       union all select min(ready_at) as at from promise where state = 'waiting' and channel in ${tasks}
     ) due`,
  )
  return row?.at ?? null
}

/** Offers of this channel that are in somebody's hands, by customer: until when they may be. */
export async function offersInHand(
  tx: Tx,
  channel: ChannelName,
  customers: readonly string[],
): Promise<Map<string, Instant>> {
  const until = new Map<string, Instant>()
  for (let from = 0; from < customers.length; from += 1_000) {
    const part = customers.slice(from, from + 1_000)
    const rows = await tx.rows<{ customer: string; until: number }>(
      `select customer, max(expires_at) as until from promise where channel = $1 and customer in (${places(part.length, 2)})
         and purpose = 'marketing' and state in ('intent', 'unknown', 'waiting') group by customer`,
      [channel, ...part],
    )
    for (const row of rows) until.set(row.customer, row.until)
  }
  return until
}

/** What these customers are still owed: queued, or in an advisor's hands. */
export async function openOf(reader: Reader, customers: readonly string[]): Promise<PromiseRow[]> {
  if (customers.length === 0) return []
  const rows = await reader.rows<PromiseRow>(
    `${all} where customer in (${places(customers.length)})`,
    customers,
  )
  return rows.filter(({ state }) => state === 'queued' || state === 'waiting')
}

/**
 * What a restored database has to judge: calls under way, what was due before now, tasks in somebody's list. Each drops
 * out of this list once it is judged.
 */
export async function openWhenRestored(tx: Tx, now: Instant, limit: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `select id from promise where state in ('claimed', 'intent') or (state = 'queued' and due_at <= $1)
       or (state = 'waiting' and pressed_at is null and channel in ${tasks}) order by id limit ${String(limit)}`,
    [now],
  )
  return rows.map(({ id }) => id)
}

/** Somebody else speaks. The rows are locked, and move with it. */
export async function updateSender(tx: Tx, ids: readonly string[], sender: string): Promise<void> {
  for (let from = 0; from < ids.length; from += 1_000) {
    const part = ids.slice(from, from + 1_000)
    await tx.run(`UPDATE promise SET sender = $1 WHERE id in (${places(part.length, 2)})`, [sender, ...part])
  }
}

/** Puts off queued promises whose hour has not come; they stay queued, so no transition. */
export async function postpone(tx: Tx, ids: readonly string[], readyAt: Instant): Promise<void> {
  for (let from = 0; from < ids.length; from += 1_000) {
    const part = ids.slice(from, from + 1_000)
    await tx.run(`UPDATE promise SET ready_at = $1 WHERE id in (${places(part.length, 2)})`, [
      readyAt,
      ...part,
    ])
  }
}

// ---------------------------------------------------------------- customers merged and parted

/**
 * Promises follow their customer, and so do the keys that make them happen once; a key that is taken already stays as it
 * was. After an un-merge those go back whose subject is one of the identities that went.
 */
export const rekeyPromises = (
  tx: Tx,
  { from, to, how }: { readonly from: string; readonly to: string; readonly how: string },
): Promise<number> =>
  tx.run(
    `UPDATE promise SET customer = $1, dedupe_key = case
       when exists (select 1 from promise taken where taken.dedupe_key = replace(promise.dedupe_key, $2, $3))
       then dedupe_key else replace(dedupe_key, $4, $5) end
     WHERE customer = $6 ${how === 'unmerged' ? `AND subject in (select value from identity where kind = 'external' and customer = $7)` : ''}`,
    [to, from, to, from, to, from, ...(how === 'unmerged' ? [to] : [])],
  )

/** Pairs of one touchpoint and period: the one under the key of `to`, and the one still under that of `from`. */
export async function twinsOf(tx: Tx, from: string, to: string): Promise<[PromiseRow, PromiseRow][]> {
  const left = (await tx.rows<PromiseRow>(`${all} where customer = $1 order by dedupe_key`, [to])).filter(
    ({ dedupe_key: key }) => key.includes(from),
  )
  const keys = left.map(({ dedupe_key: key }) => key.replaceAll(from, to))
  const pairs: [PromiseRow, PromiseRow][] = []
  for (let at = 0; at < keys.length; at += 500) {
    const part = keys.slice(at, at + 500)
    const twins = new Map(
      (await tx.rows<PromiseRow>(`${all} where dedupe_key in (${places(part.length)})`, part)).map((row) => [
        row.dedupe_key,
        row,
      ]),
    )
    part.forEach((key, i) => {
      const [hers, other] = [twins.get(key), left[at + i]]
      if (hers && other) pairs.push([hers, other])
    })
  }
  return pairs
}
