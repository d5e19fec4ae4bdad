/** Whoever is merged into another stands nowhere any more; the one who stays is looked at right after the commit. */
import type { Regroup } from '../interaction/index.ts'
import { deleteStandings } from './segment.store.ts'

export const segmentRegroup: Regroup = {
  name: 'segment',
  async apply({ tx }, { from, how }) {
    if (how !== 'unmerged') await deleteStandings(tx, from)
  },
}
