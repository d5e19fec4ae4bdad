/** Who stands warned, for people: the newest first, each with today's numbers. */
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { churnOf } from './churn-of.ts'
import type { CustomerChurn } from './churn-of.ts'
import { countWarnings, newestWarnings } from './churn.store.ts'
import type { ChurnRules } from './settings.ts'

export interface Warnings {
  /** Customers with a rhythm of their own. */
  readonly judged: number
  readonly warnings: number
  readonly customers: readonly CustomerChurn[]
}

const perRead = 500

export async function listWarnings(
  reader: Reader,
  rules: ChurnRules,
  day: Day,
  most: number,
): Promise<Warnings> {
  const { signals, warnings } = await countWarnings(reader)
  const rows = await newestWarnings(reader, most)
  const customers: CustomerChurn[] = []
  for (let from = 0; from < rows.length; from += perRead) {
    const part = rows.slice(from, from + perRead).map(({ customer }) => customer)
    const said = await churnOf(reader, rules, day, part)
    customers.push(...part.flatMap((customer) => said.get(customer) ?? []))
  }
  return { judged: signals, warnings, customers }
}
