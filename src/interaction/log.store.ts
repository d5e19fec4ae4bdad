import type { Reader, Tx, Value } from '../base/db.ts'
import type { Happening } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { LogRow, Named } from './log-row.ts'
import type { Kind } from './kinds.ts'

const chunk = 500
const places = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

interface Stored {
  readonly seq: number
  readonly id: string
  readonly at: number
  readonly recorded_at: number
  readonly kind: Kind
  readonly source: string
  readonly source_key: string
  readonly external: string | null
  readonly staff: string | null
  readonly chat: string | null
  readonly phone_hash: string | null
  readonly shop_id: string | null
  readonly union_id: string | null
  readonly detail: string
}

export interface Head {
  readonly seq: number
  /** Persons erased. */
  readonly erasures: number
}

/** Takes the log's lock until the transaction ends; answers the newest seq. */
export async function lockHead(tx: Tx): Promise<Head> {
  const [head] = await tx.rows<Head>('update log_head set seq = seq + 0 where id = 1 returning seq, erasures')
  if (!head) throw new Error('log_head is empty: the schema was not created by the migrations.')
  return head
}

export const moveHead = (tx: Tx, seq: number): Promise<number> =>
  tx.run('UPDATE log_head SET seq = $1 WHERE id = 1', [seq])

/**
 * By the unique index, whatever SQLite believes of the log's size: counted when it was small, it would read all of it in
 * every flush. The name is that of the schema.
 */
const byKey = (dialect: Reader['dialect']): string =>
  dialect === 'sqlite' ? 'indexed by uq_log_source_source_key' : ''

/**
 * Of these (source, sourceKey) pairs, the ones already in the log, with their seq. One source at a time: a list of one
 * column is one parameter on SQLite, in a text that stays prepared.
 */
export async function knownKeys(
  tx: Tx,
  pairs: readonly { readonly source: string; readonly sourceKey: string }[],
): Promise<Map<string, number>> {
  const known = new Map<string, number>()
  const keysOf = new Map<string, string[]>()
  for (const { source, sourceKey } of pairs) {
    const keys = keysOf.get(source)
    if (keys) keys.push(sourceKey)
    else keysOf.set(source, [sourceKey])
  }
  for (const [source, keys] of keysOf) {
    for (let from = 0; from < keys.length; from += chunk) {
      const part = keys.slice(from, from + chunk)
      const rows = await tx.rows<{ source_key: string; seq: number }>(
        `select source_key, seq from log ${byKey(tx.dialect)} where source = $1 and source_key in (${places(part, 2)})`,
        [source, ...part],
      )
      for (const row of rows) known.set(`${source}\n${row.source_key}`, row.seq)
    }
  }
  return known
}

export async function insertRows(tx: Tx, rows: readonly LogRow[], recordedAt: Instant): Promise<void> {
  await tx.insert(
    'log',
    rows.map((row) => ({
      seq: row.seq,
      id: row.id,
      at: row.at,
      recorded_at: recordedAt,
      kind: row.kind,
      source: row.source,
      source_key: row.sourceKey,
      external: row.who.external ?? null,
      staff: row.who.staff ?? null,
      chat: row.who.chat ?? null,
      phone_hash: row.who.phoneHash ?? null,
      shop_id: row.who.shopId ?? null,
      union_id: row.who.unionid ?? null,
      detail: JSON.stringify(row.detail),
    })),
  )
}

export const insertWords = (
  tx: Tx,
  rows: readonly { readonly id: string; readonly said: string }[],
): Promise<number> =>
  tx.insert(
    'log_words',
    rows.map(({ id, said }) => ({ log_id: id, words: said })),
  )

function present(stored: Stored): LogRow {
  return {
    seq: stored.seq,
    id: stored.id,
    at: stored.at,
    recordedAt: stored.recorded_at,
    kind: stored.kind,
    source: stored.source,
    sourceKey: stored.source_key,
    who: {
      ...(stored.external === null ? {} : { external: stored.external }),
      ...(stored.staff === null ? {} : { staff: stored.staff }),
      ...(stored.chat === null ? {} : { chat: stored.chat }),
      ...(stored.phone_hash === null ? {} : { phoneHash: stored.phone_hash }),
      ...(stored.shop_id === null ? {} : { shopId: stored.shop_id }),
      ...(stored.union_id === null ? {} : { unionid: stored.union_id }),
    },
    detail: JSON.parse(stored.detail) as Happening['detail'],
  }
}

export interface LogQuery {
  readonly after?: number
  readonly kinds?: readonly string[]
  /** Any identity of the person: external_userid, unionid, shop id, phone hash. */
  readonly identities?: readonly string[]
  readonly sinceAt?: Instant
  readonly limit: number
  readonly newestFirst?: boolean
}

export async function readLog(reader: Reader, query: LogQuery): Promise<LogRow[]> {
  const params: Value[] = []
  const list = (values: readonly string[]): string =>
    values.map((value) => `$${String(params.push(value))}`).join(', ')
  const where: string[] = []
  if (query.after !== undefined) where.push(`seq > $${String(params.push(query.after))}`)
  if (query.sinceAt !== undefined) where.push(`at >= $${String(params.push(query.sinceAt))}`)
  if (query.kinds && query.kinds.length > 0) where.push(`kind in (${list(query.kinds)})`)
  if (query.identities && query.identities.length > 0) {
    where.push(
      `(external in (${list(query.identities)}) or shop_id in (${list(query.identities)}) or phone_hash in (${list(query.identities)}) or union_id in (${list(query.identities)}))`,
    )
  }
  const rows = await reader.rows<Stored>(
    `select * from log ${where.length > 0 ? `where ${where.join(' and ')}` : ''} order by seq ${query.newestFirst ? 'desc' : 'asc'} limit ${String(query.limit)}`,
    params,
  )
  return rows.map(present)
}

export async function readWords(reader: Reader, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await reader.rows<{ log_id: string; words: string }>(
    `select log_id, words from log_words where log_id in (${ids.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
    ids,
  )
  return new Map(rows.map((row) => [row.log_id, row.words]))
}

export async function headSeq(reader: Reader): Promise<number> {
  return (await reader.rows<{ seq: number }>('select seq from log_head where id = 1'))[0]?.seq ?? 0
}

const identityColumns = {
  external: 'external',
  union: 'union_id',
  shop: 'shop_id',
  phone: 'phone_hash',
} as const

/** Numbers of the rows that name one of these identities, each once and in order; of one kind, or of all. */
export async function seqsNaming(
  reader: Reader,
  identities: readonly Named[],
  only?: Kind,
): Promise<number[]> {
  const condition = only === undefined ? '' : `and kind = '${only}'`
  const found = new Set<number>()
  for (const kind of Object.keys(identityColumns) as Named['kind'][]) {
    const values = identities.filter((one) => one.kind === kind).map(({ value }) => value)
    for (let from = 0; from < values.length; from += chunk) {
      const part = values.slice(from, from + chunk)
      const rows = await reader.rows<{ seq: number }>(
        `select seq from log where ${identityColumns[kind]} in (${places(part)}) ${condition}`,
        part,
      )
      for (const { seq } of rows) found.add(seq)
    }
  }
  return [...found].sort((a, b) => a - b)
}

/** These rows, at most 500, oldest first. */
export async function rowsBySeq(reader: Reader, seqs: readonly number[]): Promise<LogRow[]> {
  if (seqs.length === 0) return []
  const rows = await reader.rows<Stored>(
    `select * from log where seq in (${places(seqs)}) order by seq`,
    seqs,
  )
  return rows.map(present)
}

/** Any number of them. */
export async function rowsInParts(reader: Reader, seqs: readonly number[]): Promise<LogRow[]> {
  const rows: LogRow[] = []
  for (let from = 0; from < seqs.length; from += chunk)
    rows.push(...(await rowsBySeq(reader, seqs.slice(from, from + chunk))))
  return rows
}

/** Numbers of the rows with these keys. */
export async function seqsOfKeys(
  reader: Reader,
  kind: Kind,
  keys: readonly { readonly source: string; readonly sourceKey: string }[],
): Promise<number[]> {
  const seqs: number[] = []
  for (let from = 0; from < keys.length; from += chunk) {
    const part = keys.slice(from, from + chunk)
    let n = 1
    const list = part.map(() => `($${String((n += 1))}, $${String((n += 1))})`).join(', ')
    const rows = await reader.rows<{ seq: number }>(
      `select seq from log ${byKey(reader.dialect)} where kind = $1 and (source, source_key) in (values ${list})`,
      [kind, ...part.flatMap(({ source, sourceKey }) => [source, sourceKey])],
    )
    for (const { seq } of rows) seqs.push(seq)
  }
  return seqs
}

/** From now on every flush looks whether old news of an erased person comes in again. */
export const countErasure = (tx: Tx): Promise<number> =>
  tx.run('UPDATE log_head SET erasures = erasures + 1 WHERE id = 1')

/** Takes the rows of these customers out of tables that the projections fill again. `tables`: the customer's column of each. */
export async function wipeKept(
  facts: Tx,
  tables: ReadonlyMap<string, string>,
  customers: readonly string[],
): Promise<void> {
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    for (const [name, of] of tables)
      await facts.run(`DELETE FROM ${name} WHERE ${of} IN (${places(part)})`, part)
  }
}

/** Did identities ever pass from one customer to another? */
export async function isRegrouped(reader: Reader): Promise<boolean> {
  const rows = await reader.rows(
    `select 1 as yes from log where kind in ('customers-merged', 'customers-unmerged') limit 1`,
  )
  return rows.length > 0
}

/** The same for any number of rows. */
export async function readWordsOf(reader: Reader, ids: readonly string[]): Promise<Map<string, string>> {
  const words = new Map<string, string>()
  for (let from = 0; from < ids.length; from += chunk)
    for (const [id, said] of await readWords(reader, ids.slice(from, from + chunk))) words.set(id, said)
  return words
}
