/** The outbox as a list for the console. */
import type { Reader, Value } from '../base/db.ts'
import type { PromiseRow } from './promise.store.ts'

export interface ListQuery {
  readonly state?: string | undefined
  readonly touchpoint?: string | undefined
  readonly decision?: string | undefined
  /** The first day of a running of a campaign: its promises carry that day as the period of their key. */
  readonly running?: string | undefined
  /** Part of a name, or a whole id of customer, contact, group or advisor. */
  readonly query?: string | undefined
  readonly page: number
  readonly size: number
}

export interface ListedPromise extends PromiseRow {
  readonly name: string | null
  readonly sender_name: string | null
}

/** `%` and `_` of a person mean themselves. */
const pattern = (text: string): string => `%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`

function conditions(query: ListQuery): { readonly where: string; readonly params: Value[] } {
  const params: Value[] = []
  const put = (value: Value): string => `$${String(params.push(value))}`
  const where: string[] = []
  if (query.state !== undefined) where.push(`p.state = ${put(query.state)}`)
  if (query.touchpoint !== undefined) where.push(`p.touchpoint = ${put(query.touchpoint)}`)
  if (query.decision !== undefined) where.push(`p.decision = ${put(query.decision)}`)
  if (query.running !== undefined) where.push(`p.dedupe_key like ${put(`%:${query.running}`)}`)
  if (query.query !== undefined && query.query.trim() !== '') {
    const text = query.query.trim()
    const exact = ['p.subject', 'p.customer', 'p.sender', 'p.id'].map((column) => `${column} = ${put(text)}`)
    const like = ['f.name', 'g.name', 's.name'].map(
      (column) => `${column} like ${put(pattern(text))} escape '\\'`,
    )
    where.push(`(${[...exact, ...like].join(' or ')})`)
  }
  return { where: where.length > 0 ? `where ${where.join(' and ')}` : '', params }
}

const from = `from promise p left join profile f on f.external = p.subject left join chat_group g on g.chat = p.subject
  left join staff s on s.userid = p.sender
  left join staff m on m.userid = p.subject and p.subject_kind = 'staff'`

export async function listPromises(
  reader: Reader,
  query: ListQuery,
): Promise<{ readonly total: number; readonly items: readonly ListedPromise[] }> {
  const { where, params } = conditions(query)
  const [count] = await reader.rows<{ total: number }>(
    `select cast(count(*) as bigint) as total ${from} ${where}`,
    params,
  )
  const items = await reader.rows<ListedPromise>(
    `select p.*, coalesce(f.name, g.name, m.name) as name, s.name as sender_name ${from} ${where}
     order by p.due_at desc, p.id limit ${String(query.size)} offset ${String((query.page - 1) * query.size)}`,
    params,
  )
  return { total: count?.total ?? 0, items }
}
