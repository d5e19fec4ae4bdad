/**
 * Who killed the worker? Whatever it had in hand is suspected a little; whoever was alone there, or the only one that was
 * suspected before, is blamed. Suspects go one at a time (drain.ts), so the next fall says which of them it is; who fell
 * only before its call was written is alone for that moment, not for the call.
 *
 * A call under way weighs 2 when blamed and 1 otherwise; who reaches `poisonAt` is held for a person: a lone call after
 * 3 falls. What was claimed and not yet written is innocent of most falls: its first two make it a suspect and no more,
 * each fall it is blamed for weighs ten, and once its call is written they are forgotten. A call that ended while we
 * lived clears it of all others.
 */
import type { PromiseRow } from '../outbox/index.ts'

import { contentOf, groupBy } from './parts.ts'

const suspectCrashes = 3
export const poisonAt = 6
const suspectStumbles = 2
const blamedStumble = 10
export const poisonStumbles = 30

export const poisonReason = { code: 'poison', words: '发送进程多次在此中断，需人工处理' } as const

type Falls = Pick<PromiseRow, 'crashes' | 'stumbles'>
/** Suspected of killing while it is called, not only while its call is made. */
export const fellInCall = ({ crashes }: Falls): boolean => crashes >= suspectCrashes
const fellClaimed = ({ stumbles }: Falls): boolean => (stumbles ?? 0) >= suspectStumbles
export const isSuspect = (row: Falls): boolean => fellInCall(row) || fellClaimed(row)

/** What goes out together has one name: the parcel, or before there is one the words and whose they are. */
export const callOf = (row: PromiseRow): string =>
  row.parcel ?? `${row.channel}\n${row.sender ?? ''}\n${contentOf(row).text}`

interface Weighed {
  readonly crashes: number
  readonly stumbles: number
}

/** What each promise weighs after its worker fell. `left`: all that one worker held. */
export function weighFall(left: readonly PromiseRow[]): Map<PromiseRow, Weighed> {
  const underWay = left.filter(({ state }) => state === 'intent')
  const [isBlamedInCall, isBlamedClaimed] = [blame(underWay, fellInCall), blame(left, fellClaimed)]
  return new Map(
    left.map((row) => {
      const { crashes } = row
      const stumbles = row.stumbles ?? 0
      if (row.state === 'intent') return [row, { stumbles, crashes: crashes + (isBlamedInCall(row) ? 2 : 1) }]
      if (isBlamedClaimed(row)) return [row, { crashes, stumbles: stumbles + blamedStumble }]
      return [row, { crashes, stumbles: Math.max(stumbles, Math.min(suspectStumbles, stumbles + 1)) }]
    }),
  )
}

/** Alone in hand, or the only one there with a record. */
function blame(
  inHand: readonly PromiseRow[],
  hasRecord: (row: PromiseRow) => boolean,
): (row: PromiseRow) => boolean {
  const calls = groupBy(inHand, callOf)
  const known = [...calls].filter(([, rows]) => rows.some(hasRecord)).map(([call]) => call)
  return (row) => calls.size === 1 || (known.length === 1 && known[0] === callOf(row))
}
