/** Points and coupons go along with the person; each gift carries in its key to whom it was given, so it finds back. */
import type { Regroup } from '../interaction/index.ts'
import { moveRewards } from './reward.store.ts'

export const rewardRegroup: Regroup = {
  name: 'reward',
  async apply({ tx }, { from, to, how }) {
    await moveRewards(tx, from, to, how === 'unmerged' ? to : null)
  },
}
