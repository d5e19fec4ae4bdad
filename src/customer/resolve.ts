/**
 * Whose row is this? Runs inside the flush, under the log's lock, in order of seq: the answer and the tables are a pure
 * function of the log. Identities named together belong together; two customers named together are kept apart and noted.
 */
import type { Reader } from '../base/db.ts'
import type { Kind, LogRow, ResolveCustomers } from '../interaction/index.ts'
import {
  insertConflicts,
  insertCustomers,
  insertIdentities,
  knownEarlier,
  knownIdentities,
} from './customer.store.ts'
import type { KnownIdentity, NewCustomer } from './customer.store.ts'
import { customerIdOf, identitiesIn, isStranger, keyOf } from './identity.ts'
import type { Identity } from './identity.ts'

const makeACustomerOfAnybody: readonly Kind[] = ['order-placed', 'opted-out', 'opted-in', 'topics-chosen']

export const resolveCustomers: ResolveCustomers = async (tx, rows) => {
  const named = rows
    .map((row) => ({ row, identities: identitiesIn(row.who) }))
    .filter(({ identities }) => identities.length > 0)
  const known = await knownIdentities(
    tx,
    named.flatMap(({ identities }) => identities),
  )
  const createdAt = new Map([...known.values()].map((one) => [one.customer, one.createdAt]))
  const created: NewCustomer[] = []
  const linked: (Identity & { customer: string })[] = []
  const conflicts: { kept: string; other: string; seq: number }[] = []
  const earlier = new Set<string>()
  const answer = new Map<string, string>()

  for (const { row, identities } of named) {
    const found = distinctCustomers(identities, known)
    const customer = found[0] ?? newCustomer(row, identities, created)
    if (customer === null) continue
    answer.set(row.id, customer)
    // An older happening may be recorded later (an import after the first contact).
    if (row.at < (createdAt.get(customer) ?? row.at)) earlier.add(customer)
    createdAt.set(customer, Math.min(row.at, createdAt.get(customer) ?? row.at))
    for (const identity of identities) {
      if (known.has(keyOf(identity))) continue
      known.set(keyOf(identity), { customer, createdAt: row.at })
      linked.push({ ...identity, customer })
    }
    for (const other of found.slice(1)) conflicts.push({ kept: customer, other, seq: row.seq })
  }

  await insertCustomers(tx, created)
  await insertIdentities(tx, linked)
  await insertConflicts(tx, onePerPair(conflicts))
  for (const id of [...earlier].sort()) await knownEarlier(tx, id, createdAt.get(id) ?? 0)
  return answer
}

/** PostgreSQL refuses to touch one row twice in a statement; the first sighting counts. */
const onePerPair = <T extends { kept: string; other: string }>(conflicts: readonly T[]): T[] => [
  ...new Map(conflicts.toReversed().map((one) => [`${one.kept} ${one.other}`, one])).values(),
]

const distinctCustomers = (
  identities: readonly Identity[],
  known: ReadonlyMap<string, KnownIdentity>,
): string[] => [...new Set(identities.flatMap((identity) => known.get(keyOf(identity))?.customer ?? []))]

function newCustomer(row: LogRow, identities: readonly Identity[], created: NewCustomer[]): string | null {
  const [first] = identities
  if (!first) return null
  if (identities.every(isStranger) && !makeACustomerOfAnybody.includes(row.kind)) return null
  const id = customerIdOf(first)
  created.push({ id, createdAt: row.at, firstSeq: row.seq })
  return id
}

/** The customers of rows that are in the log already, by the row's id. */
export async function customersOfRows(
  reader: Reader,
  rows: readonly LogRow[],
): Promise<ReadonlyMap<string, string>> {
  const known = await knownIdentities(
    reader,
    rows.flatMap((row) => identitiesIn(row.who)),
  )
  const answer = new Map<string, string>()
  for (const row of rows) {
    const [customer] = distinctCustomers(identitiesIn(row.who), known)
    if (customer !== undefined) answer.set(row.id, customer)
  }
  return answer
}
