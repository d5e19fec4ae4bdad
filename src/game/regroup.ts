/** A merged person has one vote: that of the customer who stays. Parted again, each has her own back. */
import type { Regroup } from '../interaction/index.ts'
import {
  allMovesOf,
  asideOf,
  forgetAside,
  removeMove,
  restoreMove,
  setAside,
  takeMisses,
} from './game.store.ts'

export const gameRegroup: Regroup = {
  name: 'game',
  async apply({ tx }, { from, to, how }) {
    if (how === 'unmerged') {
      for (const was of await asideOf(tx, to)) {
        await removeMove(tx, { ...was, player: from })
        await restoreMove(tx, was)
      }
      await forgetAside(tx, to)
      return
    }
    const key = ({ game, slot }: { game: string; slot: string }): string => `${game}\n${slot}`
    const taken = new Set((await allMovesOf(tx, to)).map(key))
    const others = await allMovesOf(tx, from)
    await setAside(tx, others)
    for (const other of others) {
      await removeMove(tx, other)
      if (!taken.has(key(other))) await restoreMove(tx, { ...other, player: to })
    }
    await takeMisses(tx, from, to)
  },
}
