import type { Reader, Tx } from '../base/db.ts'

export interface Positions {
  readonly head: number
  readonly positions: ReadonlyMap<string, number>
}

/** The head of the log and how far each follower has come, in one look. */
export async function allPositions(reader: Reader): Promise<Positions> {
  const rows = await reader.rows<{ name: string; position: number }>(
    `select '' as name, seq as position from log_head where id = 1 union all select name, position from follower`,
  )
  const positions = new Map(rows.map(({ name, position }) => [name, position]))
  return { head: positions.get('') ?? 0, positions }
}

/** Moves the stored position; false when another process was faster. */
export async function moveFollower(tx: Tx, name: string, from: number, to: number): Promise<boolean> {
  if (from === 0) await tx.insert('follower', [{ name, position: 0 }], 'ON CONFLICT (name) DO NOTHING')
  return (
    (await tx.run('UPDATE follower SET position = $1 WHERE name = $2 AND position = $3', [
      to,
      name,
      from,
    ])) === 1
  )
}

/** Answers how often this row has failed now. */
export async function countFailure(
  tx: Tx,
  follower: string,
  seq: number,
  error: string,
  max: number,
): Promise<number> {
  await tx.run(
    `INSERT INTO follower_parked (follower, seq, attempts, parked, error) VALUES ($1, $2, 1, 0, $3)
     ON CONFLICT (follower, seq) DO UPDATE SET attempts = follower_parked.attempts + 1, error = excluded.error`,
    [follower, seq, error],
  )
  await tx.run('UPDATE follower_parked SET parked = 1 WHERE follower = $1 AND seq = $2 AND attempts >= $3', [
    follower,
    seq,
    max,
  ])
  const [row] = await tx.rows<{ attempts: number }>(
    'select attempts from follower_parked where follower = $1 and seq = $2',
    [follower, seq],
  )
  return row?.attempts ?? 0
}

export const parkedRows = (reader: Reader): Promise<{ follower: string; seq: number; error: string }[]> =>
  reader.rows('select follower, seq, error from follower_parked where parked = 1 order by seq')
