import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export type WayKind = 'contact' | 'join' | 'link'
export type WayState = 'new' | 'asked' | 'unsure' | 'refused' | 'live' | 'lost' | 'ended'

export interface Way {
  readonly id: string
  readonly kind: WayKind
  readonly name: string
  readonly mark: string
  readonly staff: readonly string[]
  readonly departments: readonly number[]
  readonly chats: readonly string[]
  readonly single: boolean
  readonly skipVerify: boolean
  readonly remark: string
  readonly wanted: 'live' | 'ended'
  readonly state: WayState
  readonly version: number
  readonly told: number
  readonly remoteId: string | null
  readonly url: string | null
  readonly why: string
  readonly askedAt: Instant | null
  readonly looks: number
  readonly readyAt: Instant | null
  readonly epoch: number
  readonly createdBy: string
  readonly createdAt: Instant
  readonly endedAt: Instant | null
  readonly tags: readonly string[]
}

interface WayRow {
  readonly id: string
  readonly kind: WayKind
  readonly name: string
  readonly mark: string
  readonly staff: string
  readonly departments: string
  readonly chats: string
  readonly single: number
  readonly skip_verify: number
  readonly remark: string
  readonly wanted: Way['wanted']
  readonly state: WayState
  readonly version: number
  readonly told: number
  readonly remote_id: string | null
  readonly url: string | null
  readonly why: string
  readonly asked_at: number | null
  readonly looks: number
  readonly ready_at: number | null
  readonly epoch: number
  readonly created_by: string
  readonly created_at: number
  readonly ended_at: number | null
}

const wayOf = (row: WayRow, tags: readonly string[]): Way => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  mark: row.mark,
  staff: JSON.parse(row.staff) as string[],
  departments: JSON.parse(row.departments) as number[],
  chats: JSON.parse(row.chats) as string[],
  single: row.single === 1,
  skipVerify: row.skip_verify === 1,
  remark: row.remark,
  wanted: row.wanted,
  state: row.state,
  version: row.version,
  told: row.told,
  remoteId: row.remote_id,
  url: row.url,
  why: row.why,
  askedAt: row.asked_at,
  looks: row.looks,
  readyAt: row.ready_at,
  epoch: row.epoch,
  createdBy: row.created_by,
  createdAt: row.created_at,
  endedAt: row.ended_at,
  tags,
})

/** Those in use first, then the newest. */
export async function waysOf(reader: Reader, ids: readonly string[] | null = null): Promise<Way[]> {
  if (ids?.length === 0) return []
  const rows = await reader.rows<WayRow>(
    `select * from way ${ids === null ? '' : `where id in (${list(ids)})`}
      order by case when wanted = 'live' then 0 else 1 end, created_at desc, id`,
    ids ?? [],
  )
  const tags = new Map<string, string[]>()
  for (const { mark, tag } of await reader.rows<{ mark: string; tag: string }>(
    'select mark, tag from way_tag order by mark, tag',
  ))
    tags.set(mark, [...(tags.get(mark) ?? []), tag])
  return rows.map((row) => wayOf(row, tags.get(row.mark) ?? []))
}

export const findWay = async (reader: Reader, id: string): Promise<Way | null> =>
  (await waysOf(reader, [id]))[0] ?? null

/** By its id, its mark, or the name of one in use. */
export async function wayCalled(reader: Reader, called: string): Promise<Way | null> {
  const [row] = await reader.rows<{ id: string }>(
    'select id from way where id = $1 or mark = $2 or live_name = $3 order by id limit 1',
    [called, called, called],
  )
  return row ? findWay(reader, row.id) : null
}

/** Of these names and marks, those that are taken by another way. */
export async function takenBy(
  reader: Reader,
  { id, name, mark }: Pick<Way, 'id' | 'name' | 'mark'>,
): Promise<'name' | 'mark' | null> {
  const rows = await reader.rows<{ mark: string }>(
    'select mark from way where (mark = $1 or live_name = $2) and id <> $3',
    [mark, name, id],
  )
  if (rows.length === 0) return null
  return rows.some((row) => row.mark === mark) ? 'mark' : 'name'
}

const cellsOf = (way: Way) => ({
  name: way.name,
  live_name: way.wanted === 'live' ? way.name : null,
  staff: JSON.stringify(way.staff),
  departments: JSON.stringify(way.departments),
  chats: JSON.stringify(way.chats),
  skip_verify: way.skipVerify ? 1 : 0,
  remark: way.remark,
  wanted: way.wanted,
  state: way.state,
  version: way.version,
  told: way.told,
  remote_id: way.remoteId,
  url: way.url,
  why: way.why,
  asked_at: way.askedAt,
  looks: way.looks,
  ready_at: way.readyAt,
  ended_at: way.endedAt,
})

export async function insertWay(tx: Tx, way: Way): Promise<void> {
  await tx.insert('way', [
    {
      id: way.id,
      kind: way.kind,
      mark: way.mark,
      single: way.single ? 1 : 0,
      epoch: 0,
      busy_until: 0,
      created_by: way.createdBy,
      created_at: way.createdAt,
      ...cellsOf(way),
    },
  ])
  await saveTags(tx, way)
}

/** Whoever writes a way holds it first: two who read the same row would write over each other. */
export async function lockWay(tx: Tx, id: string): Promise<Way | null> {
  await tx.run('UPDATE way SET epoch = epoch WHERE id = $1', [id])
  return findWay(tx, id)
}

/** Of a way that is locked. */
export async function updateWay(tx: Tx, way: Way): Promise<void> {
  const cells = Object.entries(cellsOf(way))
  await tx.run(
    `UPDATE way SET ${cells.map(([column], i) => `${column} = $${String(i + 1)}`).join(', ')} WHERE id = $${String(cells.length + 1)}`,
    [...cells.map(([, value]) => value), way.id],
  )
}

export async function saveTags(tx: Tx, { mark, tags }: Pick<Way, 'mark' | 'tags'>): Promise<void> {
  await tx.run('DELETE FROM way_tag WHERE mark = $1', [mark])
  await tx.insert(
    'way_tag',
    tags.map((tag) => ({ mark, tag })),
  )
}

/** One at a time is at a way. Answers it as it stands under the new epoch, or null where another is at it. */
export async function takeWay(tx: Tx, id: string, now: Instant, until: Instant): Promise<Way | null> {
  const taken = await tx.run(
    'UPDATE way SET epoch = epoch + 1, busy_until = $1 WHERE id = $2 AND ready_at <= $3 AND busy_until <= $4',
    [until, id, now, now],
  )
  return taken === 1 ? findWay(tx, id) : null
}

/** Whoever was at it is done; the next may begin at once. */
export const leaveWay = (tx: Tx, { id, epoch }: Pick<Way, 'id' | 'epoch'>): Promise<number> =>
  tx.run('UPDATE way SET busy_until = 0 WHERE id = $1 AND epoch = $2', [id, epoch])

export const dueWays = async (reader: Reader, now: Instant, limit: number): Promise<string[]> =>
  (
    await reader.rows<{ id: string }>(
      `select id from way where ready_at <= $1 and busy_until <= $2 order by ready_at, id limit ${String(limit)}`,
      [now, now],
    )
  ).map(({ id }) => id)

export async function nextWay(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>(
    `select min(case when ready_at < busy_until then busy_until else ready_at end) as at from way where ready_at is not null`,
  )
  return row?.at ?? null
}

// ------------------------------------------------------------------ who came

export interface Entrance {
  readonly external: string
  readonly place: string
  readonly mark: string
  readonly at: Instant
}

export const saveEntrances = (tx: Tx, rows: readonly Entrance[]): Promise<number> =>
  tx.insert(
    'entrance',
    rows.map(({ external, place, mark, at }) => ({ external, place, mark, at })),
    'ON CONFLICT (external, place, mark) DO NOTHING',
  )

/** Of these, whoever is known to have come by this way, as `external\nplace`. */
export async function enteredBy(
  reader: Reader,
  mark: string,
  externals: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let from = 0; from < externals.length; from += 500) {
    const part = externals.slice(from, from + 500)
    for (const { external, place } of await reader.rows<{ external: string; place: string }>(
      `select external, place from entrance where mark = $1 and external in (${list(part, 2)})`,
      [mark, ...part],
    ))
      known.add(`${external}\n${place}`)
  }
  return known
}

/** Marks by which somebody came into this group, as `external\nmark`. */
export async function enteredInto(
  reader: Reader,
  chat: string,
  externals: readonly string[],
): Promise<Set<string>> {
  const known = new Set<string>()
  for (let from = 0; from < externals.length; from += 500) {
    const part = externals.slice(from, from + 500)
    for (const { external, mark } of await reader.rows<{ external: string; mark: string }>(
      `select external, mark from entrance where place = $1 and external in (${list(part, 2)})`,
      [chat, ...part],
    ))
      known.add(`${external}\n${mark}`)
  }
  return known
}

/** Everybody who came by this way, under the names customers have now. */
export const customersOfWay = async (reader: Reader, mark: string): Promise<string[]> =>
  (
    await reader.rows<{ customer: string }>(
      `select distinct i.customer from entrance e join identity i on i.kind = 'external' and i.value = e.external
        where e.mark = $1 order by i.customer`,
      [mark],
    )
  ).map(({ customer }) => customer)
