/**
 * 专属顾问: the one advisor who is hers by name, for what she is expected to be worth or because a person said so. The log
 * is the truth. What a person said stands until a person says otherwise, or until that advisor no longer has her as a
 * contact; that she shall have nobody is kept as well, or the next night would name somebody again.
 */
import { z } from 'zod'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import type { FreshRow, LogRow, Projection } from '../interaction/index.ts'
import { dropNamed, namedRows, saveNamed } from './named.store.ts'
import type { NamedRow } from './named.store.ts'

export const namedBy = ['clv', 'person'] as const
export type NamedBy = (typeof namedBy)[number]

/** Why a name was taken back; kept in the log. */
export const unnamedReasons = [
  'fallen',
  'contact-ended',
  'staff-left',
  'may-not-speak',
  'taken-back',
] as const
export type UnnamedReason = (typeof unnamedReasons)[number]

export const unnamedWords: Readonly<Record<UnnamedReason, string>> = {
  fallen: '预计价值跌出两倍名额',
  'contact-ended': '与这位顾问的好友关系已解除',
  'staff-left': '这位顾问已离职',
  'may-not-speak': '这位顾问没有客户联系权限',
  'taken-back': '由人工取消',
}

const whole = z.int().nullish()
/** `rank` of `of` by expected value at that time, `percent`: the share that gets one. Absent where no model says it. */
const namedShape = z.object({
  staff: z.string().min(1),
  by: z.enum(namedBy),
  rank: whole,
  of: whole,
  percent: z.number().nullish(),
  person: z.string().nullish(),
})
const unnamedShape = z.object({
  staff: z.string().nullish(),
  by: z.enum(namedBy),
  reason: z.enum(unnamedReasons),
  person: z.string().nullish(),
})
export type NamedDetail = z.infer<typeof namedShape>
export type UnnamedDetail = z.infer<typeof unnamedShape>

/** What the rows say; they are our own, so whatever else they held would be a bug, and throws. */
export const namedIn = ({ detail }: Pick<LogRow, 'detail'>): NamedDetail => namedShape.parse(detail)
export const unnamedIn = ({ detail }: Pick<LogRow, 'detail'>): UnnamedDetail => unnamedShape.parse(detail)

/** Pure: what is kept of her after one row more. Two customers who became one are told in the order of their rows. */
export function afterRow(was: NamedRow | null, row: FreshRow): NamedRow | null {
  const customer = row.customer ?? ''
  if (row.kind === 'advisor-named') {
    const said = namedIn(row)
    if (said.by === 'clv' && was?.named_by === 'person') return was
    return {
      customer,
      staff: said.staff,
      since_at: row.at,
      named_by: said.by,
      rank: said.rank ?? null,
      among: said.of ?? null,
      percent: said.percent ?? null,
      person: said.person ?? null,
    }
  }
  const { by, staff, reason, person } = unnamedIn(row)
  if (by === 'person') return { ...nobody, customer, since_at: row.at, person: person ?? null }
  if (was === null || was.staff !== staff) return was
  return reason === 'fallen' && was.named_by === 'person' ? was : null
}

const nobody = { staff: null, named_by: 'person', rank: null, among: null, percent: null } as const

export const namedAdvisorProjection: Projection = {
  name: 'named-advisors',
  kinds: ['advisor-named', 'advisor-unnamed'],
  keeps: [{ table: 'named_advisor', of: 'customer' }],
  async apply(tx, rows) {
    const mine = rows.filter(({ customer }) => customer !== null)
    const customers = [...new Set(mine.map(({ customer }) => customer ?? ''))].sort()
    const before = await namedRows(tx, customers)
    const after = new Map<string, NamedRow | null>(before)
    for (const row of mine)
      after.set(row.customer ?? '', afterRow(after.get(row.customer ?? '') ?? null, row))
    const kept = customers.flatMap((customer) => after.get(customer) ?? [])
    await dropNamed(
      tx,
      customers.filter((customer) => before.has(customer) && !after.get(customer)),
    )
    await saveNamed(tx, kept)
  },
}

export interface NamedAdvisor {
  readonly customer: string
  /** Null: a person wants nobody named for her. */
  readonly staff: string | null
  readonly since: Instant
  readonly by: NamedBy
  /** Her place by expected value when it was done, the number of those it was counted among, the share that gets one. */
  readonly rank: number | null
  readonly among: number | null
  readonly percent: number | null
  /** Who said so. */
  readonly person: string | null
}

const toNamed = (row: NamedRow): NamedAdvisor => ({
  customer: row.customer,
  staff: row.staff,
  since: row.since_at,
  by: row.named_by,
  rank: row.rank,
  among: row.among,
  percent: row.percent,
  person: row.person,
})

/** Without `customers`: of everybody about whom anything was said. */
export async function namedAdvisorsOf(
  reader: Reader,
  customers: readonly string[] | null = null,
): Promise<Map<string, NamedAdvisor>> {
  const rows = await namedRows(reader, customers)
  return new Map([...rows].map(([customer, row]) => [customer, toNamed(row)]))
}

/** How many customers each member of staff is named for. */
export { namedLoads } from './named.store.ts'
