/**
 * How long the one message of a group's day can become: headline, the longest tip, and on each weekday the longest poll,
 * clue, programme and news that may fall on it. Beyond WeCom's limit some of it stays out.
 */
import { addDays, daysBetween, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { bytesOf, dayView, filledBytes, weekdayWords } from '../content/index.ts'
import type { Cadence, Touchpoint } from './config.ts'
import { maxBytes } from './fields.ts'
import { isRecord, valueAt } from './lines.ts'
import type { MistakeWords } from './mistake.ts'
import { momentOf } from './touchpoint.ts'
import type { BoundGroup, BoundPiece, Group, Moment, Piece } from './touchpoint.ts'

interface Long {
  readonly path: readonly PropertyKey[]
  readonly words: MistakeWords
}

type Kept = Pick<Cadence, 'shop' | 'touchpoints'>
const weekdays = [1, 2, 3, 4, 5, 6, 7]
/** A Monday: what rotates by week counts from it. */
const firstMonday = '2024-01-01'
const mostWeeks = 260

/** One for each touchpoint of groups and weekday that may become too long, the longest tip named. */
export function longGroupMessages(cadence: Kept): Long[] {
  const pieces = cadence.touchpoints.flatMap((touchpoint) =>
    touchpoint.rules.audience === 'group-piece' ? [{ touchpoint, rules: touchpoint.rules }] : [],
  )
  if (!cadence.touchpoints.some(({ rules }) => rules.audience === 'group')) return []
  const moments = momentsToLookAt(pieces.map(({ touchpoint }) => touchpoint))
  const longestOf = createLongest(moments)
  return cadence.touchpoints.flatMap((touchpoint) =>
    touchpoint.rules.audience === 'group'
      ? longOnes(cadence, touchpoint, touchpoint.rules, pieces, longestOf)
      : [],
  )
}

interface PieceOf {
  readonly touchpoint: Touchpoint
  readonly rules: BoundPiece
}

interface Longest {
  readonly weekday: number
  readonly bytes: number
  readonly interest: string
  readonly tip: { readonly index: number; readonly bytes: number } | null
  readonly with: readonly Touchpoint[]
}

function longOnes(
  cadence: Kept,
  touchpoint: Touchpoint,
  rules: BoundGroup,
  pieces: readonly PieceOf[],
  longestOf: LongestOf,
): Long[] {
  const interests = valueAt(touchpoint.settings, ['interests'])
  const lists = Object.entries(isRecord(interests) ? interests : {})
  const longest = new Map<number, Longest>()
  for (const [interest, written] of lists) {
    const group: Group = { chat: 'longest', name: interest, owner: '', interest }
    const list = rules.tips(group, new Map())
    const texts = Array.isArray(written) ? written.map(String) : []
    const [tip = null] = [...(list?.tips ?? [])].sort((a, b) => bytesOf(b.text) - bytesOf(a.text))
    const index = texts.findIndex((text) => text === tip?.text)
    const worst = longestPieces(pieces, longestOf, group)
    for (const weekday of weekdays) {
      const moment = momentOf(addDays(firstMonday, weekday - 1))
      if (!rules.due(moment, group)) continue
      const carried = worst.get(weekday) ?? []
      const view = {
        shop: cadence.shop,
        day: dayView(moment.day),
        group: { name: interest, interest },
      }
      const told = { interest, tip, pieces: carried.map(({ piece }) => piece) }
      const bytes = filledBytes(rules.compose(moment, group, told, view).text)
      const before = longest.get(weekday)
      if (bytes <= maxBytes.broadcast || (before && before.bytes >= bytes)) continue
      longest.set(weekday, {
        weekday,
        bytes,
        interest,
        tip: tip && { index, bytes: bytesOf(tip.text) },
        with: carried.map((one) => one.touchpoint),
      })
    }
  }
  return [...longest.values()]
    .sort((a, b) => a.weekday - b.weekday)
    .map((one) => ({ path: placeOf(touchpoint, one), words: wordsOf(one) }))
}

const placeOf = ({ name }: Touchpoint, { interest, tip }: Longest): PropertyKey[] => [
  'touchpoints',
  name,
  'interests',
  interest,
  ...(tip && tip.index >= 0 ? [tip.index] : []),
]

function wordsOf({ weekday, bytes, interest, tip, with: others }: Longest): MistakeWords {
  const [most, length] = [String(maxBytes.broadcast), String(bytes)]
  const day = weekdayWords(weekday)
  const dayEn = weekdaysEn[weekday - 1] ?? String(weekday)
  const parts = [
    ...(tip ? [`“${interest}”最长的干货 ${String(tip.bytes)} 字节`] : []),
    ...others.map(({ title }) => title),
  ]
  const partsEn = [
    ...(tip ? [`the longest tip of "${interest}" (${String(tip.bytes)} bytes)`] : []),
    ...others.map(({ name }) => name),
  ]
  return {
    message: `${day}的社群消息最长可达 ${length} 字节，超过企业微信的 ${most} 字节，装不下的部分那天不发：${parts.join('、')}`,
    fix: '缩短这条干货，或把其中一项改到别的星期',
    messageEn: `the message of groups on ${dayEn} can reach ${length} bytes, more than the ${most} of WeCom, and what finds no room is not said that day: ${partsEn.join(', ')}`,
    fixEn: 'shorten this tip, or move one of the others to another weekday',
  }
}

const weekdaysEn = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** Of one touchpoint the longest piece of each weekday, as far as this group hears it. */
type LongestOf = (one: PieceOf, group: Group) => ReadonlyMap<number, Piece>

function createLongest(moments: readonly Moment[]): LongestOf {
  const known = new Map<Touchpoint, ReadonlyMap<number, Piece>>()
  return ({ touchpoint, rules }, group) => {
    const before = known.get(touchpoint)
    if (before) return before
    const longest = new Map<number, Piece>()
    for (const moment of moments) {
      const piece = rules.piece(moment, group, touchpoint.name)
      const other = longest.get(moment.weekday)
      if (piece && (!other || bytesOf(piece.text) > bytesOf(other.text))) longest.set(moment.weekday, piece)
    }
    if (isForAllGroups(touchpoint)) known.set(touchpoint, longest)
    return longest
  }
}

/** Only programmes choose their groups; everything else is the same in each. */
const isForAllGroups = ({ settings }: Touchpoint): boolean => {
  const programmes = valueAt(settings, ['programmes'])
  return (
    !Array.isArray(programmes) || programmes.every((one: unknown) => valueAt(one, ['groups']) === undefined)
  )
}

function longestPieces(
  pieces: readonly PieceOf[],
  longestOf: LongestOf,
  group: Group,
): Map<number, { readonly touchpoint: Touchpoint; readonly piece: Piece }[]> {
  const found = new Map<number, { readonly touchpoint: Touchpoint; readonly piece: Piece }[]>()
  for (const one of pieces)
    for (const [weekday, piece] of longestOf(one, group))
      found.set(weekday, [...(found.get(weekday) ?? []), { touchpoint: one.touchpoint, piece }])
  return found
}

/** As many weeks as it takes to turn through every list, and the days that are written as such. */
function momentsToLookAt(touchpoints: readonly Touchpoint[]): Moment[] {
  const lengthOf = (settings: unknown, key: string): number => {
    const list = valueAt(settings, [key])
    return Array.isArray(list) ? list.length : 1
  }
  const turns = touchpoints.map(({ settings }) => {
    const every = valueAt(settings, ['everyWeeks'])
    const hunts = lengthOf(settings, 'hunts') * (typeof every === 'number' ? every : 2)
    return Math.max(lengthOf(settings, 'polls'), lengthOf(settings, 'programmes'), hunts)
  })
  // A campaign that comes back does so each quarter at least.
  const weeks = Math.min(mostWeeks, Math.max(14, ...turns))
  const turning = Array.from({ length: weeks * 7 }, (_, n) => addDays(firstMonday, n))
  const days = new Set([...turning, ...touchpoints.flatMap(({ settings }) => writtenDays(settings))])
  return [...days].map((day) => momentOf(day))
}

function writtenDays(settings: unknown): Day[] {
  const [from, until] = [valueAt(settings, ['from']), valueAt(settings, ['until'])]
  const running =
    typeof from === 'string' && typeof until === 'string' && isDay(from) && isDay(until)
      ? Array.from({ length: Math.max(0, daysBetween(from, until) + 1) }, (_, n) => addDays(from, n))
      : []
  const hunts = valueAt(settings, ['hunts'])
  const weeks = (Array.isArray(hunts) ? hunts : []).flatMap((hunt: unknown) => {
    const day = valueAt(hunt, ['weekOf'])
    return typeof day === 'string' && isDay(day)
      ? Array.from({ length: 13 }, (_, n) => addDays(day, n - 6))
      : []
  })
  return [...running, ...weeks]
}
