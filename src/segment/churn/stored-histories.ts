import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { buyersKnown, readHistories } from './churn.store.ts'
import { createPacker } from './histories.ts'
import type { Histories } from './histories.ts'

export interface StoredHistories {
  readonly histories: Histories
  readonly buyers: number
}

/**
 * The purchases and acts of at most about `most` buyers, read in slices. Of a larger shop a sample: ids are hashes, so
 * those below a bound are as good as drawn, and tomorrow they are the same ones.
 */
export async function readStoredHistories(
  reader: Reader,
  until: Day,
  most: number,
): Promise<StoredHistories> {
  const buyers = await buyersKnown(reader)
  const share = most / Math.max(1, buyers)
  const below =
    share >= 1
      ? null
      : `c${Math.floor(share * 0xffffffff)
          .toString(16)
          .padStart(8, '0')}`
  const packer = createPacker()
  for await (const slice of readHistories(reader, { untilNo: dayNumber(until), below }))
    for (const history of slice) packer.add(history)
  return { histories: packer.done(), buyers }
}
