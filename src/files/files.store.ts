import type { Reader } from '../base/db.ts'

/** How many of these keys the log holds already. At most 500. */
export async function recordedKeys(reader: Reader, source: string, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from log where source = $1 and source_key in (${keys.map((_, i) => `$${String(i + 2)}`).join(', ')})`,
    [source, ...keys],
  )
  return row?.n ?? 0
}
