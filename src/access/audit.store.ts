/** The chain is only ever appended to; nothing here updates or deletes a row. */
import type { Reader, Tx } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import type { Kind } from '../interaction/index.ts'
import type { AuditRow } from './audit.ts'

const headName = 'audit-head'

export const readHead = (reader: Reader): Promise<string | null> => readMeta(reader, headName)
export const writeHead = (tx: Tx, sealed: string): Promise<number> => writeMeta(tx, headName, sealed)

export const insertAudit = (tx: Tx, rows: readonly AuditRow[]): Promise<number> =>
  tx.insert(
    'audit',
    rows.map((row) => ({ ...row })),
  )

export const auditAfter = (reader: Reader, seq: number, limit: number): Promise<AuditRow[]> =>
  reader.rows(
    `select seq, at, who, what, about, detail, entry, prev, hash from audit where seq > $1 order by seq limit ${String(limit)}`,
    [seq],
  )

/** The oldest log row of these kinds that the chain ought to hold and does not. */
export async function missingEntry(
  reader: Reader,
  kinds: readonly Kind[],
): Promise<{ seq: number; kind: string } | null> {
  const since = Number((await readMeta(reader, 'audit-since')) ?? 0)
  const [row] = await reader.rows<{ seq: number; kind: string }>(
    `select l.seq, l.kind from log l left join audit a on a.entry = l.id
     where l.seq > $1 and l.kind in (${kinds.map((_, i) => `$${String(i + 2)}`).join(', ')}) and a.entry is null order by l.seq limit 1`,
    [since, ...kinds],
  )
  return row ?? null
}

export interface AuditFilter {
  readonly what?: string | undefined
  /** Begins with this: `staff:zhang`, `cli:`. */
  readonly who?: string | undefined
  readonly about?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface AuditListRow extends AuditRow {
  /** The detail of the log row it stands for; null when that is gone. */
  readonly told: string | null
}

function conditionOf(filter: AuditFilter): { sql: string; params: (string | number)[] } {
  const params: (string | number)[] = []
  const parts: string[] = []
  const add = (sql: string, value: string | number | undefined): void => {
    if (value === undefined || value === '') return
    params.push(value)
    parts.push(sql.replaceAll('$', () => `$${String(params.length)}`))
  }
  add('a.what = $', filter.what)
  add('substr(a.who, 1, length(cast($ as text))) = $', filter.who)
  add('a.about = $', filter.about)
  add('a.at >= $', filter.from)
  add('a.at < $', filter.to)
  return { sql: parts.length === 0 ? '1 = 1' : parts.join(' and '), params }
}

export async function auditPage(
  reader: Reader,
  filter: AuditFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ total: number; rows: AuditListRow[] }> {
  const { sql, params } = conditionOf(filter)
  const [count] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from audit a where ${sql}`,
    params,
  )
  const rows = await reader.rows<AuditListRow>(
    `select a.seq, a.at, a.who, a.what, a.about, a.detail, a.entry, a.prev, a.hash, l.detail as told
     from audit a left join log l on l.id = a.entry where ${sql} order by a.seq desc
     limit ${String(page.limit)} offset ${String(page.offset)}`,
    params,
  )
  return { total: count?.n ?? 0, rows }
}
