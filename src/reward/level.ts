/**
 * Where somebody stands among the levels: a pure function of what she bought (net of every refund known), what she was
 * given, and the day. She rises on the day of the purchase that is enough; a level is then held for `holdDays` more,
 * whatever she does. At their end she keeps it if what she spent in those days is enough once more, else she falls one
 * step, and holds that as long.
 */
import { dayNumber } from '../base/calendar.ts'
import type { LevelRules } from './level-rules.ts'

export interface Purchase {
  readonly dayNo: number
  readonly fen: number
}

export interface Grant {
  readonly level: string
  readonly fromNo: number
  /** The last day of it. */
  readonly untilNo: number
}

export interface LevelStanding {
  readonly level: string
  readonly earned: string
  /** The day on which `level` last changed; null for who never rose. */
  readonly sinceNo: number | null
  readonly keepNo: number | null
  readonly grantedNo: number | null
  /** The next day on which time alone may change any of this. */
  readonly nextNo: number | null
}

interface Step {
  readonly fromNo: number
  readonly rank: number
}

const fenOf = (rules: LevelRules, rank: number): number => (rules.levels[rank]?.fromYuan ?? 0) * 100

/** The highest level that this amount reaches, with a promotion's factor on the threshold. */
function reached(rules: LevelRules, fen: number, factor: number): number {
  let rank = 0
  while (rank + 1 < rules.levels.length && fen >= fenOf(rules, rank + 1) * factor) rank += 1
  return rank
}

const factorOn = (rules: LevelRules, dayNo: number): number =>
  rules.promotions.reduce(
    (least, { from, to, factor }) =>
      dayNumber(from) <= dayNo && dayNo <= dayNumber(to) ? Math.min(least, factor) : least,
    1,
  )

interface Path {
  readonly steps: readonly Step[]
  readonly keepNo: number | null
}

/** What she earned day by day, up to `todayNo`. Purchases in order of days. */
function earnedPath(rules: LevelRules, purchases: readonly Purchase[], todayNo: number): Path {
  const steps: Step[] = []
  let rank = 0
  let keepNo: number | null = null
  const spentIn = (days: number, lastNo: number): number =>
    purchases.reduce((sum, { dayNo, fen }) => (dayNo > lastNo - days && dayNo <= lastNo ? sum + fen : sum), 0)
  /** Holds that end before this day: kept, or one step down, and held anew. */
  const endHolds = (beforeNo: number): void => {
    while (keepNo !== null && keepNo < beforeNo) {
      const still = reached(rules, spentIn(rules.holdDays, keepNo), 1)
      if (still < rank) {
        rank = Math.max(still, rank - 1)
        steps.push({ fromNo: keepNo + 1, rank })
      }
      keepNo = rank === 0 ? null : keepNo + rules.holdDays
    }
  }
  for (const { dayNo } of purchases) {
    if (dayNo > todayNo) break
    endHolds(dayNo)
    const now = reached(rules, spentIn(rules.windowDays, dayNo), factorOn(rules, dayNo))
    if (now <= rank) continue
    rank = now
    keepNo = dayNo + rules.holdDays
    steps.push({ fromNo: dayNo, rank })
  }
  endHolds(todayNo)
  return { steps, keepNo }
}

const rankAt = (steps: readonly Step[], dayNo: number): number =>
  steps.reduce((rank, step) => (step.fromNo <= dayNo ? step.rank : rank), 0)

export function levelOn(
  rules: LevelRules,
  purchases: readonly Purchase[],
  grants: readonly Grant[],
  todayNo: number,
): LevelStanding {
  const { steps, keepNo } = earnedPath(rules, purchases, todayNo)
  const gifts = grants
    .map((grant) => ({ ...grant, rank: rules.levels.findIndex(({ name }) => name === grant.level) }))
    .filter(({ rank }) => rank > 0)
  const giftAt = (dayNo: number): number =>
    gifts.reduce(
      (most, { rank, fromNo, untilNo }) =>
        fromNo <= dayNo && dayNo <= untilNo ? Math.max(most, rank) : most,
      0,
    )
  const at = (dayNo: number): number => Math.max(rankAt(steps, dayNo), giftAt(dayNo))
  const changes = [
    ...steps.map(({ fromNo }) => fromNo),
    ...gifts.flatMap(({ fromNo, untilNo }) => [fromNo, untilNo + 1]),
  ]
  const since = changes.filter((dayNo) => dayNo <= todayNo && at(dayNo) !== at(dayNo - 1))
  const [earned, level] = [rankAt(steps, todayNo), at(todayNo)]
  const lifting = gifts.filter(
    ({ rank, fromNo, untilNo }) => rank === level && rank > earned && fromNo <= todayNo && todayNo <= untilNo,
  )
  const ahead = [
    ...(keepNo === null ? [] : [keepNo + 1]),
    ...changes,
    ...purchases.map(({ dayNo }) => dayNo),
  ].filter((dayNo) => dayNo > todayNo)
  const name = (rank: number): string => rules.levels[rank]?.name ?? ''
  return {
    level: name(level),
    earned: name(earned),
    sinceNo: since.length === 0 ? null : Math.max(...since),
    keepNo,
    grantedNo: lifting.length === 0 ? null : Math.max(...lifting.map(({ untilNo }) => untilNo)),
    nextNo: ahead.length === 0 ? null : Math.min(...ahead),
  }
}
