/**
 * Fills the facts of behaviour of a database that is older than them, once, before anything else looks at it: the
 * projections over the log as it was at the migration, page by page, from a stored position. A killed fill goes on where
 * it was. `segment --rebuild` begins after it.
 */
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import type { Db } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { customersOfRows } from '../customer/index.ts'
import { readLog } from '../interaction/index.ts'
import type { Projection } from '../interaction/index.ts'

const pageRows = 2_000
const meta = 'fill-behaviour'

interface Position {
  /** The last row that is in. */
  readonly from: number
  readonly upTo: number
}

const positionIn = (value: string | null): Position | null => {
  if (value === null || value === '') return null
  const { from, upTo } = JSON.parse(value) as Position
  return from < upTo ? { from, upTo } : null
}

/** Answers how many rows were read. */
export async function fillBehaviour(
  { db, act }: { readonly db: Db; readonly act: Act },
  projections: readonly Projection[],
): Promise<number> {
  const kinds = [...new Set(projections.flatMap((projection) => projection.kinds))]
  let filled = 0
  for (;;) {
    const at = positionIn(await readMeta(db.reader, meta))
    if (at === null) return filled
    const read = await readLog(db.reader, { after: at.from, kinds, limit: pageRows })
    const rows = read.filter(({ seq }) => seq <= at.upTo)
    const to = read.length === pageRows ? (read.at(-1)?.seq ?? at.upTo) : at.upTo
    filled += await act(
      system('fill-behaviour'),
      async ({ tx }) => {
        const now = positionIn(await readMeta(tx, meta))
        // Somebody else filled this page, or a rebuild made it needless.
        if (now?.from !== at.from) return 0
        const customers = await customersOfRows(tx, rows)
        const fresh = rows.map((row) => ({ ...row, customer: customers.get(row.id) ?? null }))
        for (const projection of projections) {
          const mine = fresh.filter(({ kind }) => projection.kinds.includes(kind))
          if (mine.length > 0) await projection.apply(tx, mine)
        }
        await writeMeta(tx, meta, to >= at.upTo ? '' : JSON.stringify({ from: to, upTo: at.upTo }))
        return rows.length
      },
      'bulk',
    )
  }
}
