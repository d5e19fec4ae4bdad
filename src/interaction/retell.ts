/**
 * The whole log told again into an empty database of the same schema: first who is who to the end of the log, then every
 * row through the projections under the identities of the end. It is what the running shop keeps row by row, whatever
 * merges, un-merges and erasures came on the way; so the two can be compared.
 */
import type { Db, Reader, Tx } from '../base/db.ts'
import { isRegrouped, readLog } from './log.store.ts'
import type { ComingRow, FreshRow, Kept, LogRow, People, Projection } from './log-row.ts'
import type { Kind } from './kinds.ts'
import { applyAll, replayCustomers, withCustomers } from './replay.ts'

/** Tables that jobs and followers keep per customer, and that log and configuration tell as well. */
export interface Derived {
  readonly name: string
  readonly keeps: readonly DerivedTable[]
  /** Rows of these kinds are given to `told` in order of seq. */
  readonly kinds: readonly Kind[]
  told(facts: Tx, rows: readonly FreshRow[]): Promise<void>
  /** All facts are there: computes the rest as of today. `log` is the living log. */
  finish(scratch: Db, log: Reader): Promise<void>
  /** Brings these customers of the running shop to what the scratch says, by the deeds that keep the tables. */
  mend(customers: readonly string[], scratch: Reader): Promise<void>
}

export interface DerivedTable extends Kept {
  readonly of: string
  /** Columns that say when something was computed, not what. */
  readonly unlike?: readonly string[]
}

export interface RetellParts {
  /** Decides nothing anew. */
  readonly people: People
  readonly projections: readonly Projection[]
  readonly derived: readonly Derived[]
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((seq: number) => void) | undefined
}

const pageRows = 2_000

export async function retell(log: Reader, scratch: Db, parts: RetellParts, upTo: number): Promise<void> {
  // Without a merge nobody's customer ever changes, and one reading is enough.
  const twice = await isRegrouped(log)
  for await (const rows of pages(log, 0, upTo, parts)) {
    await scratch.tx(async (facts) => {
      const fresh = await resolved(facts, parts, rows)
      if (!twice) await tell(facts, parts, fresh)
    })
    parts.onProgress?.(rows.at(-1)?.seq ?? 0)
  }
  if (!twice) return
  for await (const rows of pages(log, 0, upTo, parts)) {
    await scratch.tx(async (facts) => tell(facts, parts, await withCustomers(facts, parts.people, rows)))
    parts.onProgress?.(rows.at(-1)?.seq ?? 0)
  }
}

/** Rows that came since, into facts that were told up to `from`: as the flush does it, merges with their replay. */
export async function tellSince(
  log: Reader,
  scratch: Db,
  parts: RetellParts,
  from: number,
  upTo: number,
): Promise<void> {
  for await (const rows of pages(log, from, upTo, parts))
    await scratch.tx(async (facts) => {
      const coming = rows.map(unplaced)
      const { rows: fresh, regroupings } = await parts.people.resolve(facts, coming, {
        base: (rows[0]?.seq ?? 1) - 1,
        erasures: false,
        newId: refuseNew,
      })
      await tell(facts, parts, fresh)
      if (regroupings.length > 0)
        await replayCustomers(
          { log, facts, upTo: rows.at(-1)?.seq ?? upTo },
          parts,
          regroupings.flatMap(({ from: a, to: b }) => [a, b]),
        )
    })
}

async function* pages(
  log: Reader,
  from: number,
  upTo: number,
  { signal }: RetellParts,
): AsyncGenerator<LogRow[]> {
  for (let after = from; after < upTo;) {
    signal?.throwIfAborted()
    const rows = (await readLog(log, { after, limit: pageRows })).filter(({ seq }) => seq <= upTo)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.seq
  }
}

const unplaced = ({ seq: _seq, ...row }: LogRow): ComingRow => row

const refuseNew = (): never => {
  throw new Error('The log told again wanted to state something new.')
}

async function resolved(
  facts: Tx,
  { people }: RetellParts,
  rows: readonly LogRow[],
): Promise<readonly FreshRow[]> {
  const answer = await people.resolve(facts, rows.map(unplaced), {
    base: (rows[0]?.seq ?? 1) - 1,
    erasures: false,
    newId: refuseNew,
  })
  return answer.rows
}

async function tell(
  facts: Tx,
  { projections, derived }: RetellParts,
  rows: readonly FreshRow[],
): Promise<void> {
  await applyAll(facts, projections, rows)
  for (const { kinds, told } of derived) {
    const mine = rows.filter(({ kind }) => kinds.includes(kind))
    if (mine.length > 0) await told(facts, mine)
  }
}
