import type { Reader, Tx } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { isSettled, promiseStates } from './state.ts'
import type { PauseScope, PauseTarget } from './pause.ts'

export interface PauseRow {
  readonly scope: PauseScope
  readonly name: string
  readonly at: number
  readonly by_whom: string
  readonly reason: string
}

export const pauseRows = (reader: Reader): Promise<PauseRow[]> =>
  reader.rows<PauseRow>('select scope, name, at, by_whom, reason from pause order by at, scope, name')

export const writePause = (tx: Tx, row: PauseRow): Promise<number> =>
  tx.insert('pause', [{ ...row }], 'ON CONFLICT (scope, name) DO NOTHING')

/** Answers whether it was paused. */
export const clearPause = async (tx: Tx, { scope, name }: PauseTarget): Promise<boolean> =>
  (await tx.run('DELETE FROM pause WHERE scope = $1 AND name = $2', [scope, name])) === 1

/** Of a row of `promise` called `p`: nothing that is paused may leave. The table is all but always empty. */
export const notPaused = `not exists (select 1 from pause where pause.scope = 'global'
    or (pause.scope = 'channel' and pause.name = p.channel)
    or (pause.scope = 'touchpoint' and pause.name = p.touchpoint)
    or (pause.scope = 'campaign' and pause.name = p.campaign))`

/** The touchpoints or campaigns of which something is still owed. */
export async function openNames(reader: Reader, of: 'touchpoint' | 'campaign'): Promise<string[]> {
  const open = promiseStates.filter((state) => !isSettled(state)).map((state) => `'${state}'`)
  const rows = await reader.rows<{ name: string }>(
    `select distinct ${columnOf[of]} as name from promise
     where state in (${open.join(', ')}) and ${columnOf[of]} is not null order by name`,
  )
  return rows.map(({ name }) => name)
}

const columnOf = { campaign: 'campaign', touchpoint: 'touchpoint' } as const

/** Marks broadcasts that still wait for a press as to be taken back, where they carry anything of it. */
export function recallWaiting(tx: Tx, target: PauseTarget, word: string, now: Instant): Promise<number> {
  const mark = `UPDATE parcel SET recall = $1, next_look_at = $2 WHERE state = 'waiting' and recall is null`
  switch (target.scope) {
    case 'global':
      return tx.run(mark, [word, now])
    case 'channel':
      return tx.run(`${mark} and channel = $3`, [word, now, target.name])
    case 'campaign':
    case 'touchpoint':
      return tx.run(
        `${mark} and id in (select parcel from promise where state = 'waiting' and ${columnOf[target.scope]} = $3)`,
        [word, now, target.name],
      )
  }
}
