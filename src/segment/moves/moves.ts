/** The history of tiers: one customer's moves, and what flowed from tier to tier between two days. */
import { addDays, dayNumber, dayOf, dayOfNumber, instantOf, isDay, isoOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import type { FreshRow, Projection } from '../../interaction/index.ts'
import type { TierRules } from '../tier-rules.ts'
import { flowsBetween, insertMoves, movesOf, tiersOfKnown } from './moves.store.ts'
import type { TierMoveRow } from './moves.store.ts'

const words = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function toMove(row: FreshRow): TierMoveRow[] {
  const from = words(row.detail['from'])
  const to = words(row.detail['to'])
  if (row.customer === null || from === null || to === null) return []
  const day = words(row.detail['day'])
  return [
    {
      seq: row.seq,
      customer: row.customer,
      at: row.at,
      day_no: dayNumber(day !== null && isDay(day) ? day : dayOf(row.at)),
      from_tier: from,
      to_tier: to,
      cause: words(row.detail['cause']) ?? 'time',
      reason: words(row.detail['reason']),
    },
  ]
}

export const moveProjection: Projection = {
  name: 'tier-moves',
  kinds: ['tier-moved'],
  keeps: [{ table: 'tier_move', of: 'customer' }],
  async apply(tx, rows) {
    await insertMoves(tx, rows.flatMap(toMove))
  },
}

export const causeTitles: Readonly<Record<string, string>> = {
  order: '下单',
  refund: '退款',
  engagement: '互动',
  contact: '添加联系',
  time: '时间推移',
  import: '导入数据',
  'cut-points': '分位点刷新',
  rules: '规则变更',
}

export interface TierMove {
  readonly at: string
  readonly day: Day
  readonly from: string
  readonly fromTitle: string
  readonly to: string
  readonly toTitle: string
  readonly cause: string
  readonly causeTitle: string
  readonly reason: string
}

const titleIn = (rules: TierRules, name: string): string =>
  [...rules.tiers, rules.lead].find((tier) => tier.name === name)?.title ?? name

export const presentMove = (rules: TierRules, move: Omit<TierMoveRow, 'seq' | 'customer'>): TierMove => {
  const causeTitle = causeTitles[move.cause] ?? move.cause
  return {
    at: isoOf(move.at),
    day: dayOfNumber(move.day_no),
    from: move.from_tier,
    fromTitle: titleIn(rules, move.from_tier),
    to: move.to_tier,
    toTitle: titleIn(rules, move.to_tier),
    cause: move.cause,
    causeTitle,
    reason: move.reason ?? `因${causeTitle}重新分层`,
  }
}

/** Newest first. */
export async function tierMovesOf(
  reader: Reader,
  rules: TierRules,
  customer: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ total: number; items: TierMove[] }> {
  const { total, rows } = await movesOf(reader, customer, page)
  return { total, items: rows.map((row) => presentMove(rules, row)) }
}

export interface TierFlows {
  readonly from: Day
  readonly to: Day
  readonly tiers: readonly {
    readonly tier: string
    readonly title: string
    readonly before: number
    readonly after: number
  }[]
  /** Customers by where they stood at the end of `from` and at the end of `to`; those who stayed included. */
  readonly flows: readonly { readonly from: string; readonly to: string; readonly count: number }[]
  readonly moved: number
}

/** Heavy for a large shop: give it a connection aside. Who came in between began as a lead. */
export async function tierFlows(reader: Reader, rules: TierRules, from: Day, to: Day): Promise<TierFlows> {
  const knownBefore = instantOf(addDays(to, 1))
  const inside = await flowsBetween(reader, dayNumber(from), dayNumber(to), knownBefore)
  const later = await flowsBetween(reader, dayNumber(to), Number.MAX_SAFE_INTEGER, knownBefore)
  const after = new Map<string, number>()
  const add = (counts: Map<string, number>, tier: string, n: number): void =>
    void counts.set(tier, (counts.get(tier) ?? 0) + n)
  for (const { tier, n } of await tiersOfKnown(reader, rules.lead.name, knownBefore)) add(after, tier, n)
  // Back from today to the end of `to`: undo what moved since.
  for (const { from_tier, to_tier, n } of later) {
    add(after, to_tier, -n)
    add(after, from_tier, n)
  }
  const flows = new Map(inside.map((flow) => [`${flow.from_tier} ${flow.to_tier}`, flow.n]))
  const arrived = new Map<string, number>()
  for (const { to_tier, n } of inside) add(arrived, to_tier, n)
  for (const [tier, n] of after) add(flows, `${tier} ${tier}`, n - (arrived.get(tier) ?? 0))
  const list = [...flows]
    .filter(([, count]) => count > 0)
    .map(([key, count]) => {
      const [start = '', end = ''] = key.split(' ')
      return { from: start, to: end, count }
    })
  const names = [...rules.tiers, rules.lead].map(({ name }) => name)
  const others = list.flatMap((flow) => [flow.from, flow.to]).filter((name) => !names.includes(name))
  const place = new Map([...names, ...new Set(others)].map((name, i) => [name, i]))
  const sum = (side: 'from' | 'to', tier: string): number =>
    list.filter((flow) => flow[side] === tier).reduce((total, { count }) => total + count, 0)
  return {
    from,
    to,
    tiers: [...place.keys()].map((tier) => ({
      tier,
      title: titleIn(rules, tier),
      before: sum('from', tier),
      after: sum('to', tier),
    })),
    flows: list.sort(
      (a, b) =>
        (place.get(a.from) ?? 0) - (place.get(b.from) ?? 0) ||
        (place.get(a.to) ?? 0) - (place.get(b.to) ?? 0),
    ),
    moved: list.filter((flow) => flow.from !== flow.to).reduce((total, { count }) => total + count, 0),
  }
}
