/** Rewards go along with the person; each carries to whom it was given, so it finds back. */
import type { Regroup } from '../interaction/index.ts'
import { deleteLevel, moveGrants } from './level.store.ts'
import { moveGifts } from './regroup.store.ts'
import { moveReferrals } from './referral.store.ts'

export const rewardRegroup: Regroup = {
  name: 'reward',
  async apply({ tx }, { from, to, how }) {
    const backTo = how === 'unmerged' ? to : null
    await moveGifts(tx, from, to, backTo)
    await moveGrants(tx, from, to, backTo)
    await moveReferrals(tx, from, to, backTo)
    // Who is merged stands nowhere any more; the one who stays is looked at right after the commit.
    if (how !== 'unmerged') await deleteLevel(tx, from)
  },
}
