import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'

export interface ConsentRow {
  readonly external: string
  readonly staff: string | null
  readonly chat: string | null
  readonly kind: 'archive-agreed' | 'archive-disagreed'
  readonly at: Instant
}

/** What these customers said to the archive, oldest row first: read from the log, which is all there is. */
export const consentRows = (reader: Reader, externals: readonly string[]): Promise<ConsentRow[]> =>
  reader.rows<ConsentRow>(
    `select external, staff, chat, kind, at from log
     where external in (${externals.map((_, i) => `$${String(i + 1)}`).join(', ')})
       and kind in ('archive-agreed', 'archive-disagreed') order by seq`,
    externals,
  )

/** Of these keys of a source, at most a few hundred, the ones the log holds. */
export async function knownKeys(reader: Reader, source: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await reader.rows<{ source_key: string }>(
    `select source_key from log
     where source = $1 and source_key in (${keys.map((_, i) => `$${String(i + 2)}`).join(', ')})`,
    [source, ...keys],
  )
  return rows.map(({ source_key }) => source_key)
}
