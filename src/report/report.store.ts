/** Read-only figures over everybody's tables; nothing here decides or writes. */
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Value } from '../base/db.ts'

export interface CustomerLine {
  readonly id: string
  readonly tier: string | null
  readonly dormancy: string | null
  readonly stage: string | null
  readonly purchases: number | null
  readonly amount_fen: number | null
  readonly last_no: number | null
}

export interface CustomerSearch {
  readonly query: string
  readonly tier: string
  /** The tier of whoever was never looked at. */
  readonly leadTier: string
  readonly limit: number
  readonly offset: number
}

const lineColumns = `c.id, s.tier, s.dormancy, s.stage, f.purchases, f.amount_fen, f.last_no`
const lineTables = `customer c left join standing s on s.customer = c.id left join facts f on f.customer = c.id`

export async function searchCustomers(
  reader: Reader,
  { query, tier, leadTier, limit, offset }: CustomerSearch,
): Promise<{ total: number; lines: CustomerLine[] }> {
  const params: Value[] = []
  const where: string[] = []
  if (tier !== '') {
    params.push(leadTier, tier)
    where.push('coalesce(s.tier, $1) = $2')
  }
  if (query !== '') {
    const like = `%${query.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    const at = params.push(query, like)
    where.push(
      `(c.id = $${String(at - 1)} or c.id in (
         select i.customer from identity i left join profile p on i.kind = 'external' and p.external = i.value
         where i.value = $${String(at - 1)} or lower(p.name) like $${String(at)} escape '\\'))`,
    )
  }
  const condition = where.length === 0 ? '' : `where ${where.join(' and ')}`
  const [count] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from ${lineTables} ${condition}`,
    params,
  )
  const lines = await reader.rows<CustomerLine>(
    `select ${lineColumns} from ${lineTables} ${condition}
     order by coalesce(f.amount_fen, 0) desc, c.id limit ${String(limit)} offset ${String(offset)}`,
    params,
  )
  return { total: count?.n ?? 0, lines }
}

export const customerLines = (reader: Reader, ids: readonly string[]): Promise<CustomerLine[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : reader.rows<CustomerLine>(
        `select ${lineColumns} from ${lineTables} where c.id in (${ids.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
        ids,
      )

export const isCustomer = async (reader: Reader, id: string): Promise<boolean> =>
  (await reader.rows('select 1 as yes from customer where id = $1', [id])).length > 0

// ------------------------------------------------------------------ overview

export async function tierCounts(reader: Reader, leadTier: string): Promise<Map<string, number>> {
  const rows = await reader.rows<{ tier: string; n: number }>(
    `select coalesce(s.tier, cast($1 as text)) as tier, cast(count(*) as bigint) as n
     from customer c left join standing s on s.customer = c.id group by 1`,
    [leadTier],
  )
  return new Map(rows.map(({ tier, n }) => [tier, n]))
}

export async function kindCounts(
  reader: Reader,
  kinds: readonly string[],
  since: Instant,
): Promise<Map<string, number>> {
  const rows = await reader.rows<{ kind: string; n: number }>(
    `select kind, cast(count(*) as bigint) as n from log where at >= $1 and kind in (${kinds.map((_, i) => `$${String(i + 2)}`).join(', ')}) group by kind`,
    [since, ...kinds],
  )
  return new Map(rows.map(({ kind, n }) => [kind, n]))
}

export async function ordersSince(reader: Reader, since: Instant): Promise<{ n: number; fen: number }> {
  const [row] = await reader.rows<{ n: number; fen: number | null }>(
    `select cast(count(*) as bigint) as n, cast(sum(amount_fen - refunded_fen) as bigint) as fen
     from shop_order where at >= $1`,
    [since],
  )
  return { n: row?.n ?? 0, fen: row?.fen ?? 0 }
}

export async function promiseCounts(
  reader: Reader,
  since: Instant,
  sinceDay: Day,
): Promise<{ sent: number; waiting: number; declined: number }> {
  const count = async (where: string, params: readonly Value[]): Promise<number> => {
    const [row] = await reader.rows<{ n: number }>(
      `select cast(count(*) as bigint) as n from promise where ${where}`,
      params,
    )
    return row?.n ?? 0
  }
  return {
    sent: await count('sent_at >= $1', [since]),
    waiting: await count(`state = 'waiting'`, []),
    declined: await count(`decision = 'declined' and day >= $1`, [sinceDay]),
  }
}

/** How many were really reached since then, the most said first. */
export const sentByTouchpoint = (
  reader: Reader,
  since: Instant,
  limit: number,
): Promise<{ title: string; count: number }[]> =>
  reader.rows<{ title: string; count: number }>(
    `select max(title) as title, cast(count(*) as bigint) as count from promise where sent_at >= $1
     group by touchpoint order by count desc, title limit ${String(limit)}`,
    [since],
  )

export async function newestCadenceVersion(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ version: number | null }>(
    'select max(version) as version from cadence_version',
  )
  return row?.version ?? 0
}
