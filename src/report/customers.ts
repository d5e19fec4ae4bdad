/** The list of customers that the console shows. */
import type { Day } from '../base/calendar.ts'
import { dayOfNumber } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { namedAdvisorsOf, namesOf, namesOfStaff, optedOutOf } from '../customer/index.ts'
import { sendersOf } from '../outbox/index.ts'
import { explainStandings } from '../segment/index.ts'
import type { TierRules } from '../segment/index.ts'
import { customerLines, searchCustomers } from './report.store.ts'
import type { CustomerLine } from './report.store.ts'
import { titleOfTier } from './words.ts'

export interface ReportParts {
  readonly reader: Reader
  readonly rules: TierRules
}

export interface CustomerOverview {
  readonly id: string
  readonly name: string
  readonly tier: string
  readonly tierTitle: string
  readonly tierReason: string
  readonly advisor?: string
  /** The name of the advisor who is hers by name. */
  readonly namedAdvisor?: string
  readonly purchases: number
  readonly spentFen: number
  readonly lastPurchaseDay?: Day
  readonly optedOut: boolean
}

export interface CustomerQuery {
  readonly query?: string | undefined
  readonly tier?: string | undefined
  readonly page: number
  readonly size: number
}

export async function listCustomers(
  { reader, rules }: ReportParts,
  { query = '', tier = '', page, size }: CustomerQuery,
): Promise<{ total: number; items: CustomerOverview[] }> {
  const { total, lines } = await searchCustomers(reader, {
    query: query.trim(),
    tier,
    leadTier: rules.lead.name,
    limit: size,
    offset: (page - 1) * size,
  })
  return { total, items: await present(reader, rules, lines) }
}

/** The rows of these customers, at most 500, in the order given; who is no customer is left out. */
export async function customerRows(
  { reader, rules }: ReportParts,
  ids: readonly string[],
): Promise<CustomerOverview[]> {
  const lines = new Map((await customerLines(reader, ids)).map((line) => [line.id, line]))
  return present(
    reader,
    rules,
    ids.flatMap((id) => lines.get(id) ?? []),
  )
}

async function present(
  reader: Reader,
  rules: TierRules,
  lines: readonly CustomerLine[],
): Promise<CustomerOverview[]> {
  const ids = lines.map(({ id }) => id)
  const names = await namesOf(reader, ids)
  const advisors = await sendersOf(reader, ids)
  const named = await namedAdvisorsOf(reader, ids)
  const staff = named.size === 0 ? new Map<string, string>() : await namesOfStaff(reader)
  const optedOut = await optedOutOf(reader, ids, 'marketing')
  const explained = await explainStandings(reader, rules, ids)
  return lines.map((line) => {
    const tier = line.tier ?? rules.lead.name
    const advisor = advisors.get(line.id)
    const hers = named.get(line.id)?.staff ?? null
    return {
      id: line.id,
      name: names.get(line.id) ?? line.id,
      tier,
      tierTitle: titleOfTier(rules, tier),
      tierReason: explained.get(line.id)?.reason ?? '还没有计算分层',
      ...(advisor ? { advisor: advisor.staffName } : {}),
      ...(hers === null ? {} : { namedAdvisor: staff.get(hers) ?? hers }),
      purchases: line.purchases ?? 0,
      spentFen: line.amount_fen ?? 0,
      ...(line.last_no === null ? {} : { lastPurchaseDay: dayOfNumber(line.last_no) }),
      optedOut: optedOut.has(line.id),
    }
  })
}
