/**
 * Whose row is this? Runs inside the flush, under the log's lock, in order of seq: the answer and the tables are a pure
 * function of the log, whatever the batching. Identities named together belong together. Two customers named together
 * become one when `alone.ts` says that this is safe: the merge is a row of its own, right behind the row that showed it,
 * so that telling the log again never decides anew. All others are kept apart and noted for a person.
 */
import type { Reader, Tx } from '../base/db.ts'
import type { ComingRow, FreshRow, Kind, LogRow, Regrouping, Resolved } from '../interaction/index.ts'
import { whyOnePerson } from './alone.ts'
import type { Erasures } from './erasure.ts'
import { firstSeqs, knownIdentities } from './customer.store.ts'
import { customerIdOf, identitiesIn, isStranger, keyOf } from './identity.ts'
import type { Identity } from './identity.ts'
import { openRoll } from './roll.ts'
import type { Roll } from './roll.ts'
import { mergeIn, unmergeIn } from './merge-row.ts'

const makeACustomerOfAnybody: readonly Kind[] = ['order-placed', 'opted-out', 'opted-in', 'topics-chosen']

/** Rows about customers, not of them: they tie nothing and make nobody. */
export const aboutPeople: readonly Kind[] = [
  'customers-merged',
  'customers-unmerged',
  'customers-kept-apart',
  'customer-erased',
]

export interface Resolving {
  readonly base: number
  /** Somebody was erased: look whether old news of her comes in again. */
  readonly erasures: boolean
  readonly erased: Erasures | null
  /** Live: may state merges. Telling the log again: only carries out what it says. */
  readonly decides: boolean
  newId(): string
}

export async function resolveRows(
  tx: Tx,
  given: readonly ComingRow[],
  { base, decides, newId, erasures, erased }: Resolving,
): Promise<Resolved> {
  const coming = erasures && erased ? await withoutForgotten(tx, given, erased) : given
  const roll = await openRoll(tx, coming)
  const rows: LogRow[] = []
  const regroupings: Regrouping[] = []
  const firstSeq = new Map<string, number>()
  let seq = base
  const put = (row: ComingRow): LogRow => {
    seq += 1
    const placed = { ...row, seq }
    rows.push(placed)
    return placed
  }
  for (const one of coming) {
    const row = put(one)
    if (aboutPeople.includes(row.kind)) {
      regroupings.push(...carryOut(roll, row))
      continue
    }
    const found = place(roll, row)
    if (found === null) continue
    if (!firstSeq.has(found.customer)) firstSeq.set(found.customer, row.seq)
    for (const other of found.others) {
      const customer = roll.now(found.customer)
      if (customer === roll.now(other)) continue
      const why =
        decides && !roll.areApart(customer, other)
          ? whyOnePerson(row, roll.of(customer), roll.of(other))
          : null
      if (why === null) {
        roll.conflict(customer, other, row.seq)
        continue
      }
      const kept = await firstSeen(tx, firstSeq, customer, other)
      const gone = kept === customer ? other : customer
      const merge = put(mergeRow(row, roll, kept, gone, why, newId()))
      regroupings.push(...carryOut(roll, merge))
    }
  }
  await roll.save()
  const fresh = rows.map((row): FreshRow => ({ ...row, customer: roll.customerOf(row) }))
  return { rows: fresh, regroupings }
}

/**
 * What happened before a person was forgotten stays forgotten, from whatever source it is told again. What she does
 * afterwards is her own act, and a new customer begins.
 */
async function withoutForgotten(
  tx: Reader,
  rows: readonly ComingRow[],
  erased: Erasures,
): Promise<readonly ComingRow[]> {
  const named = rows.flatMap(({ who }) => identitiesIn(who))
  const at = await erased.erasedAmong(tx, [...new Map(named.map((one) => [keyOf(one), one])).values()])
  if (at.size === 0) return rows
  return rows.filter(
    (row) =>
      aboutPeople.includes(row.kind) ||
      identitiesIn(row.who).every((one) => row.at > (at.get(keyOf(one)) ?? -Infinity)),
  )
}

/** What the rows about people say; the same when the log is told again. */
function carryOut(roll: Roll, row: LogRow): Regrouping[] {
  if (row.kind === 'customers-merged') {
    const { kept, other } = mergeIn(row)
    return roll.merge(kept, other, row.seq) ? [{ from: other, to: kept, how: 'merged' }] : []
  }
  if (row.kind === 'customers-unmerged') {
    const said = unmergeIn(row)
    return roll.unmerge(said, row.seq) ? [{ from: said.from, to: said.to, how: 'unmerged' }] : []
  }
  if (row.kind === 'customers-kept-apart') {
    const { kept, other } = mergeIn(row)
    roll.keepApart(kept, other, row.seq)
  }
  return []
}

interface Found {
  readonly customer: string
  /** Further customers that the row names. */
  readonly others: readonly string[]
}

/**
 * The first identity in order of trust whose customer is known decides. A phone number is weak: it may be a family's, so
 * it speaks only where shop id and unionid do not contradict.
 */
function place(roll: Roll, row: LogRow): Found | null {
  const identities = identitiesIn(row.who)
  const [first] = identities
  if (!first) return null
  const strong = identities.filter(({ kind }) => kind !== 'phone')
  const known = distinct(strong.map((one) => roll.holder(one)))
  const byPhone = distinct(identities.filter(({ kind }) => kind === 'phone').map((one) => roll.holder(one)))
  const [phone] = byPhone
  const fits = phone !== undefined && strong.every((one) => roll.mayJoin(one, phone))
  const customer = known[0] ?? (fits ? phone : newCustomer(row, identities))
  if (customer === null) return null
  for (const one of identities) {
    if (roll.holder(one) !== null) continue
    if (roll.mayJoin(one, customer)) roll.tie(one, customer, row.seq)
    // It would be a second shop id (or unionid) of one person: whoever it is, a person decides.
    else roll.conflict(customer, customerIdOf(one), row.seq)
  }
  return { customer, others: distinct([...known, ...byPhone]).filter((other) => other !== customer) }
}

const distinct = (customers: readonly (string | null)[]): string[] => [
  ...new Set(customers.filter((customer) => customer !== null)),
]

function newCustomer(row: LogRow, identities: readonly Identity[]): string | null {
  const [first] = identities
  if (!first) return null
  if (identities.every(isStranger) && !makeACustomerOfAnybody.includes(row.kind)) return null
  return customerIdOf(first)
}

/** The one we met first stays; whoever began in this batch is not in the table yet. */
async function firstSeen(
  tx: Reader,
  fresh: ReadonlyMap<string, number>,
  a: string,
  b: string,
): Promise<string> {
  const stored = await firstSeqs(tx, [a, b])
  const of = (customer: string): number =>
    stored.get(customer) ?? fresh.get(customer) ?? Number.MAX_SAFE_INTEGER
  const [seqA, seqB] = [of(a), of(b)]
  if (seqA !== seqB) return seqA < seqB ? a : b
  return a < b ? a : b
}

function mergeRow(
  cause: LogRow,
  roll: Roll,
  kept: string,
  other: string,
  why: string,
  id: string,
): ComingRow {
  return {
    id,
    at: cause.at,
    recordedAt: cause.recordedAt,
    kind: 'customers-merged',
    source: 'customers',
    sourceKey: `merged:${cause.id}:${other}`,
    who: cause.who,
    detail: { kept, other, identities: roll.of(other), why, by: 'system', row: cause.seq },
  }
}

/**
 * The customers of rows that are in the log already, by the row's id: that of the first identity, but nobody's for what
 * a stranger did before she was known.
 */
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
    const first = identitiesIn(row.who).find((one) => (known.get(keyOf(one))?.seq ?? Infinity) <= row.seq)
    const customer = first && known.get(keyOf(first))?.customer
    if (customer !== undefined) answer.set(row.id, customer)
  }
  return answer
}
