import type { Reader, Row, Tx, Value } from '../../base/db.ts'
import type { Compiled } from './compile.ts'

export async function countMembers(reader: Reader, compiled: Compiled): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `${compiled.member()} select cast(count(*) as bigint) as n from member where ${compiled.where}`,
    [...compiled.memberParams, ...compiled.whereParams],
  )
  return row?.n ?? 0
}

/** In order of id, from after `after`. Ids are hashes, so the first ones are as good as drawn by lot, and stay the same. */
export async function membersFrom(
  reader: Reader,
  { member, memberParams, where, whereParams }: Compiled,
  after: string,
  limit: number,
): Promise<string[]> {
  const place = `$${String(memberParams.length + whereParams.length + 1)}`
  const rows = await reader.rows<{ customer: string }>(
    `${member()} select customer from member where ${where} and customer > ${place}
     order by customer limit ${String(limit)}`,
    [...memberParams, ...whereParams, after],
  )
  return rows.map(({ customer }) => customer)
}

const atOnce = 500

/** Everybody in it, or whoever of these is. */
export async function membersAmong(
  reader: Reader,
  compiled: Compiled,
  customers: readonly string[] | null,
): Promise<string[]> {
  const { member, memberParams, where, whereParams } = compiled
  const ask = (sql: string, params: readonly Value[]): Promise<{ customer: string }[]> =>
    reader.rows<{ customer: string }>(sql, params)
  if (customers === null) {
    const params = [...memberParams, ...whereParams]
    return (await ask(`${member()} select customer from member where ${where}`, params)).map(customerOf)
  }
  const found: string[] = []
  for (let from = 0; from < customers.length; from += atOnce) {
    const part = customers.slice(from, from + atOnce)
    const places = part.map((_, i) => `$${String(memberParams.length + i + 1)}`).join(', ')
    // The customers stand before the placeholders of the condition, which move on by their number.
    const moved = where.replace(/\$(\d+)/g, (_, n: string) => `$${String(Number(n) + part.length)}`)
    const sql = `${member(`c.id in (${places})`)} select customer from member where ${moved}`
    found.push(...(await ask(sql, [...memberParams, ...part, ...whereParams])).map(customerOf))
  }
  return found
}
const customerOf = ({ customer }: { readonly customer: string }): string => customer

/** The columns of one customer; null when there is no such customer. */
export async function memberRow(reader: Reader, compiled: Compiled, customer: string): Promise<Row | null> {
  const place = `$${String(compiled.memberParams.length + 1)}`
  const [row] = await reader.rows(`${compiled.member(`c.id = ${place}`)} select * from member`, [
    ...compiled.memberParams,
    customer,
  ])
  return row ?? null
}

export async function customerCount(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ n: number }>('select cast(count(*) as bigint) as n from customer')
  return row?.n ?? 0
}

export interface StoredAudience {
  readonly name: string
  readonly title: string
  readonly rule: string
  readonly version: number
  readonly updated_at: number
  readonly updated_by: string
}

export const storedAudiences = (reader: Reader): Promise<StoredAudience[]> =>
  reader.rows<StoredAudience>('select * from audience order by name')

export async function storedAudience(reader: Reader, name: string): Promise<StoredAudience | null> {
  const [row] = await reader.rows<StoredAudience>('select * from audience where name = $1', [name])
  return row ?? null
}

export const saveAudienceRow = (tx: Tx, row: StoredAudience): Promise<number> =>
  tx.insert(
    'audience',
    [{ ...row }],
    `ON CONFLICT (name) DO UPDATE SET title = excluded.title, rule = excluded.rule, version = excluded.version,
     updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
  )

export const deleteAudienceRow = (tx: Tx, name: string): Promise<number> =>
  tx.run('DELETE FROM audience WHERE name = $1', [name])
