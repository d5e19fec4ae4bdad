import type { Reader, Tx } from '../base/db.ts'
import { list } from './customer.store.ts'

export interface NamedRow {
  readonly customer: string
  readonly staff: string | null
  readonly since_at: number
  readonly named_by: 'clv' | 'person'
  readonly rank: number | null
  readonly among: number | null
  readonly percent: number | null
  readonly person: string | null
}

const chunk = 500
const columns = 'customer, staff, since_at, named_by, rank, among, percent, person'

/** By customer, in order of it. Null: of everybody. */
export async function namedRows(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<Map<string, NamedRow>> {
  if (customers === null) {
    const rows = await reader.rows<NamedRow>(`select ${columns} from named_advisor order by customer`)
    return new Map(rows.map((row) => [row.customer, row]))
  }
  const found = new Map<string, NamedRow>()
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const rows = await reader.rows<NamedRow>(
      `select ${columns} from named_advisor where customer in (${list(part)}) order by customer`,
      part,
    )
    for (const row of rows) found.set(row.customer, row)
  }
  return found
}

export async function namedLoads(reader: Reader): Promise<Map<string, number>> {
  const rows = await reader.rows<{ staff: string; n: number }>(
    `select staff, cast(count(*) as bigint) as n from named_advisor where staff is not null group by staff`,
  )
  return new Map(rows.map(({ staff, n }) => [staff, n]))
}

/** In key order. */
export const saveNamed = (tx: Tx, rows: readonly NamedRow[]): Promise<number> =>
  tx.insert(
    'named_advisor',
    rows.map(({ customer, staff, since_at, named_by, rank, among, percent, person }) => ({
      ...{ customer, staff, since_at, named_by },
      ...{ rank, among, percent, person },
    })),
    `ON CONFLICT (customer) DO UPDATE SET staff = excluded.staff, since_at = excluded.since_at,
     named_by = excluded.named_by, rank = excluded.rank, among = excluded.among, percent = excluded.percent,
     person = excluded.person`,
  )

export async function dropNamed(tx: Tx, customers: readonly string[]): Promise<void> {
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    await tx.run(`DELETE FROM named_advisor WHERE customer in (${list(part)})`, part)
  }
}
