import type { Reader, Tx } from './db.ts'

/** Small facts of the installation, by name: which corp it belongs to, whether sending is paused. */
export async function readMeta(reader: Reader, name: string): Promise<string | null> {
  return (
    (await reader.rows<{ value: string }>('select value from meta where name = $1', [name]))[0]?.value ?? null
  )
}

export const writeMeta = (tx: Tx, name: string, value: string): Promise<number> =>
  tx.run(
    'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  )
