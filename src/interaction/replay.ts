/**
 * Tells the facts of some customers again from the log: their rows in every table that projections keep are wiped, and
 * the log rows that concern them run through the projections once more, in order of seq. What comes out is what the
 * same log gives when it is read from the beginning with the identities of today; so a merge, an un-merge and an
 * erasure need no rules of their own in any projection.
 *
 * Log and facts may lie in two databases: `segment --rebuild` reads the living log and fills a scratch one.
 */
import type { Reader, Tx } from '../base/db.ts'
import { rowsBySeq, seqsNaming, wipeKept } from './log.store.ts'
import type { FreshRow, LogRow, People, Projection } from './log-row.ts'

export interface ReplayParts {
  readonly people: People
  readonly projections: readonly Projection[]
}

export interface Where {
  readonly log: Reader
  readonly facts: Tx
  /** Rows after it are not told; without it, up to the head. */
  readonly upTo?: number
}

const pageRows = 500

/** A projection that keeps a table of nobody in particular reads rows that name nobody: they are not told again here. */
const isPersonal = ({ keeps }: Projection): boolean => keeps.every(({ of }) => of !== null)

/** Answers all whose facts were told again: those asked for, and those whose facts hang together with theirs. */
export async function replayCustomers(
  where: Where,
  { people, projections }: ReplayParts,
  customers: readonly string[],
): Promise<readonly string[]> {
  const personal = projections.filter(isPersonal)
  const { told, tied } = await allConcerned(where, people, personal, customers)
  const identities = await people.identitiesOf(where.facts, told)
  const seqs = [...new Set([...(await seqsNaming(where.log, identities)), ...tied])]
    .filter((seq) => where.upTo === undefined || seq <= where.upTo)
    .sort((a, b) => a - b)
  await wipe(where.facts, personal, told)
  const concerned = new Set(told)
  const also = new Set(tied)
  for (let from = 0; from < seqs.length; from += pageRows) {
    const rows = await rowsBySeq(where.log, seqs.slice(from, from + pageRows))
    const mine = (await withCustomers(where.facts, people, rows)).filter(
      ({ customer, seq }) => (customer !== null && concerned.has(customer)) || also.has(seq),
    )
    await applyAll(where.facts, personal, mine)
  }
  return told
}

/** Rows as the flush gives them to projections. */
export async function withCustomers(
  reader: Reader,
  people: People,
  rows: readonly LogRow[],
): Promise<FreshRow[]> {
  const customers = await people.customersOfRows(reader, rows)
  return rows.map((row) => ({ ...row, customer: customers.get(row.id) ?? null }))
}

export async function applyAll(
  facts: Tx,
  projections: readonly Projection[],
  rows: readonly FreshRow[],
): Promise<void> {
  for (const projection of projections) {
    const mine = rows.filter(({ kind }) => projection.kinds.includes(kind))
    if (mine.length > 0) await projection.apply(facts, mine)
  }
}

/** Facts may hang together over several persons: looked for until nobody new comes in. */
async function allConcerned(
  { log, facts }: Where,
  people: People,
  projections: readonly Projection[],
  customers: readonly string[],
): Promise<{ told: string[]; tied: number[] }> {
  const told = new Set(customers)
  const tied = new Set<number>()
  for (let fresh = [...told].sort(); fresh.length > 0;) {
    const asked = fresh
    fresh = []
    for (const { ties } of projections) {
      if (!ties) continue
      const found = await ties(facts, log, asked, people)
      for (const seq of found.seqs) tied.add(seq)
      for (const customer of found.customers) {
        if (told.has(customer)) continue
        told.add(customer)
        fresh.push(customer)
      }
    }
  }
  return { told: [...told].sort(), tied: [...tied] }
}

const wipe = (facts: Tx, projections: readonly Projection[], customers: readonly string[]): Promise<void> =>
  wipeKept(
    facts,
    new Map(projections.flatMap(({ keeps }) => keeps.map(({ table, of }) => [table, of ?? '']))),
    customers,
  )
