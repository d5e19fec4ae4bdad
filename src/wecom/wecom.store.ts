import type { Reader } from '../base/db.ts'

/** Is this (source, sourceKey) in the log already? Asked only for callbacks too old to be new. */
export async function isRecorded(
  reader: Reader,
  key: { readonly source: string; readonly sourceKey: string },
): Promise<boolean> {
  const rows = await reader.rows<{ seq: number }>(
    'select seq from log where source = $1 and source_key = $2',
    [key.source, key.sourceKey],
  )
  return rows.length > 0
}

/** Has WeCom ever told this app anything? Then its callback address is entered in the console. */
export const hasHeard = async (reader: Reader, source: string): Promise<boolean> =>
  (await reader.rows('select 1 as yes from log where source = $1 limit 1', [source])).length > 0
