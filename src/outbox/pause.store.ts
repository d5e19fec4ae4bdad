import type { Reader, Tx } from '../base/db.ts'

const name = 'sending-paused'

export async function pauseValue(reader: Reader): Promise<string | null> {
  return (
    (await reader.rows<{ value: string }>('select value from meta where name = $1', [name]))[0]?.value ?? null
  )
}

export const writePause = (tx: Tx, value: string): Promise<number> =>
  tx.insert('meta', [{ name, value }], 'ON CONFLICT (name) DO NOTHING')

/** Answers whether it was paused. */
export const clearPause = async (tx: Tx): Promise<boolean> =>
  (await tx.run('DELETE FROM meta WHERE name = $1', [name])) === 1
