/**
 * Who killed the worker? Whatever it had in hand is suspected a little; whoever was alone there, or the only one that was
 * suspected before, is blamed. Suspects go one at a time (drain.ts), so the next fall says which of them it is; who fell
 * only before its call was written is alone for that moment, not for the call.
 *
 * A call under way weighs 2 when blamed and 1 otherwise; who reaches `poisonAt` is held for a person: a lone call after
 * 3 falls. What was claimed and not yet written is innocent of most falls: its first two make it a suspect and no more,
 * each fall it is blamed for weighs ten, and once its call is written they are forgotten. A call that ended while we
 * lived clears it of all others.
 *
 * Where workers fall without it as well (a machine out of memory, a power strip), being there three times proves little:
 * in such a storm twice as much is asked for.
 */
import type { Ctx } from '../base/act.ts'
import { minutes } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { asksMany, move } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'

import { contentOf, groupBy } from './parts.ts'

const suspectCrashes = 3
export const poisonAt = 6
const suspectStumbles = 2
const blamedStumble = 10
const poisonStumbles = 30
/** Falls of the last minutes in which somebody else was in hand. */
const stormFalls = 8
const stormMs = minutes(10)

const poisonReason = { code: 'poison', words: '发送进程多次在此中断，需人工处理' } as const

type Falls = Pick<PromiseRow, 'crashes' | 'stumbles'>

/** `lately`: all falls of the last minutes (`fallsLately`). */
export const isPoison = ({ crashes }: Pick<Falls, 'crashes'>, lately: number): boolean =>
  crashes >= poisonAt * (lately - crashes / 2 >= stormFalls ? 2 : 1)
export const isPoisonClaimed = (stumbles: number, lately: number): boolean =>
  stumbles >= poisonStumbles * (lately - stumbles / blamedStumble >= stormFalls ? 2 : 1)

// ------------------------------------------------------------------ how often workers fall

const fallsMeta = 'worker-falls'
const keptFalls = 64

const fallsSince = async (reader: Reader, since: Instant): Promise<Instant[]> =>
  ((await readMeta(reader, fallsMeta)) ?? '')
    .split(' ')
    .map(Number)
    .filter((at) => at > since)

/** Workers that fell with something in hand. */
export const fallsLately = async (reader: Reader, now: Instant): Promise<number> =>
  (await fallsSince(reader, now - stormMs)).length

/** Remembers `fallen` more, and answers how many there were lately. */
export async function rememberFalls(ctx: Ctx, fallen: number): Promise<number> {
  const falls = await fallsSince(ctx.tx, ctx.now - stormMs)
  falls.push(...Array.from({ length: fallen }, () => ctx.now))
  await writeMeta(ctx.tx, fallsMeta, falls.slice(-keptFalls).join(' '))
  return falls.length
}

/** For a person. The falls are explained by it, so they are no storm. */
export async function holdPoison(ctx: Ctx, rows: readonly PromiseRow[]): Promise<void> {
  if (rows.length === 0) return
  await move(ctx, rows, { to: 'held', ...poisonReason })
  await writeMeta(ctx.tx, fallsMeta, '')
}

// ------------------------------------------------------------------ what a fall weighs
/** Suspected of killing while it is called, not only while its call is made. */
export const fellInCall = ({ crashes }: Falls): boolean => crashes >= suspectCrashes
const fellClaimed = ({ stumbles }: Falls): boolean => (stumbles ?? 0) >= suspectStumbles
export const isSuspect = (row: Falls): boolean => fellInCall(row) || fellClaimed(row)

/** What goes out together has one name: the parcel, or before there is one the words and whose they are. */
export const callOf = (row: PromiseRow): string => {
  if (row.parcel !== null) return row.parcel
  const { text, attachments = [] } = contentOf(row)
  const speaker = asksMany(row.channel) ? '' : (row.sender ?? '')
  return `${row.channel}\n${speaker}\n${attachments.length === 0 ? '' : JSON.stringify(attachments)}\n${text}`
}

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
