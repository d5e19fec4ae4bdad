/** Rows of `parcel`: one call each. */
import type { Reader, Tx } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { places } from './facts.store.ts'
import type { ChannelName } from './promise.ts'
import { updateEach } from './update-each.ts'

/** `again`: surely absent, goes out once more as it is. `abandoned`: replaced; should it turn up late, it is taken back. */
export type ParcelState =
  | 'intent'
  | 'unknown'
  | 'again'
  | 'abandoned'
  | 'waiting'
  | 'sent'
  | 'refused'
  | 'expired'
  | 'cancelled'
  | 'held'

export interface ParcelRow {
  readonly id: string
  readonly channel: ChannelName
  readonly sender: string | null
  readonly batch_token: string
  readonly wording: string
  readonly text: string
  readonly body: string
  readonly state: ParcelState
  readonly remote_id: string | null
  readonly attempts: number
  readonly intent_at: number
  readonly called_at: number
  readonly expires_at: number
  readonly next_look_at: number | null
  readonly looks: number
  readonly recall: string | null
  readonly reminded_at: number | null
  readonly created_at: number
  readonly settled_at: number | null
  readonly error: string | null
  readonly reminders: number | null
}

export const insertParcels = (tx: Tx, rows: readonly ParcelRow[]): Promise<number> =>
  tx.insert(
    'parcel',
    rows.map((row) => ({ ...row })),
  )

export type ParcelChange = Partial<Omit<ParcelRow, 'id' | 'body' | 'batch_token'>>

export const updateParcel = (tx: Tx, id: string, change: ParcelChange): Promise<void> =>
  updateParcels(tx, [id], change)

/** `remoteIds`: one for each of `ids`, where they differ. */
export async function updateParcels(
  tx: Tx,
  ids: readonly string[],
  change: ParcelChange,
  remoteIds?: readonly string[],
): Promise<void> {
  const changed = await updateEach(tx, 'parcel', ids, {
    columns: change,
    ...(remoteIds === undefined ? {} : { each: { column: 'remote_id', values: remoteIds } }),
  })
  if (changed !== ids.length)
    throw new Error(`Parcels vanished while they were being settled: ${ids.join(', ')}.`)
}

export async function parcelById(reader: Reader, id: string): Promise<ParcelRow | null> {
  return (await reader.rows<ParcelRow>('select * from parcel where id = $1', [id]))[0] ?? null
}

export const parcelsByIds = (reader: Reader, ids: readonly string[]): Promise<ParcelRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : reader.rows<ParcelRow>(`select * from parcel where id in (${places(ids.length)})`, ids)

/** Held until the transaction ends: a parcel is settled under its lock. Taken before its promises, always. */
export async function lockParcels(tx: Tx, ids: readonly string[]): Promise<Map<string, ParcelRow>> {
  if (ids.length === 0) return new Map()
  const sorted = [...new Set(ids)].sort()
  const suffix = tx.dialect === 'postgres' ? 'for update' : ''
  const rows = await tx.rows<ParcelRow>(
    `select * from parcel where id in (${places(sorted.length)}) order by id ${suffix}`,
    sorted,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

export const lockParcel = async (tx: Tx, id: string): Promise<ParcelRow | null> =>
  (await lockParcels(tx, [id])).get(id) ?? null

export const parcelsToLookAt = (
  reader: Reader,
  states: readonly ParcelState[],
  now: Instant,
  limit: number,
): Promise<ParcelRow[]> =>
  reader.rows<ParcelRow>(
    `select * from parcel where next_look_at <= $1 and state in (${places(states.length, 2)})
     order by next_look_at limit ${String(limit)}`,
    [now, ...states],
  )

export async function nextLookAt(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>('select min(next_look_at) as at from parcel')
  return row?.at ?? null
}

/** Of these remote ids, the ones that belong to a parcel already. */
export async function adoptedIds(reader: Reader, remoteIds: readonly string[]): Promise<Set<string>> {
  if (remoteIds.length === 0) return new Set()
  const rows = await reader.rows<{ remote_id: string }>(
    `select remote_id from parcel where remote_id in (${places(remoteIds.length)})`,
    remoteIds,
  )
  return new Set(rows.map((row) => row.remote_id))
}

/** The instants of this sender's latest calls on these channels, latest first; what was surely not accepted does not count. */
export async function latestCalls(
  tx: Tx,
  {
    channels,
    sender,
    except,
  }: { readonly channels: readonly ChannelName[]; readonly sender: string; readonly except: string },
  since: Instant,
  limit: number,
): Promise<Instant[]> {
  const rows = await tx.rows<{ called_at: number }>(
    `select called_at from parcel where sender = $1 and called_at > $2 and id <> $3 and channel in (${places(channels.length, 4)})
       and state not in ('again', 'abandoned', 'refused')
     order by called_at desc limit ${String(limit)}`,
    [sender, since, except, ...channels],
  )
  return rows.map(({ called_at: at }) => at)
}

/** After a restore: calls under way are unknown, everything open is looked at now, nothing goes out again unlooked at. */
export async function reopenParcels(tx: Tx, now: Instant): Promise<void> {
  await tx.run(
    `UPDATE parcel SET state = 'unknown', looks = 0, next_look_at = $1 WHERE state IN ('intent', 'unknown')`,
    [now],
  )
  await tx.run(`UPDATE parcel SET next_look_at = $1 WHERE state IN ('waiting', 'abandoned')`, [now])
  await tx.run(`UPDATE parcel SET state = 'cancelled', next_look_at = NULL WHERE state = 'again'`)
}

/** The parcel of a batch link: until when its links live, and by which call it went out. */
export async function parcelOfToken(reader: Reader, batchToken: string): Promise<ParcelRow | null> {
  return (
    (await reader.rows<ParcelRow>('select * from parcel where batch_token = $1', [batchToken]))[0] ?? null
  )
}

/** Words meant for one person only; a broadcast says nothing of anybody. */
export async function blankParcels(tx: Tx, customers: readonly string[]): Promise<void> {
  for (const customer of customers)
    await tx.run(
      `UPDATE parcel SET wording = '', text = '', body = '{}' WHERE channel IN ('advisor-task', 'phone-task', 'welcome')
       AND id IN (SELECT parcel FROM promise WHERE customer = $1 AND parcel IS NOT NULL)`,
      [customer],
    )
}
