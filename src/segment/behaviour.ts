/**
 * Facts of behaviour: what a customer looks at, clicks, says, plays, answers and complains of. Sums and maxima per key,
 * so that neither batching nor the order of arrival matters; what was bought is counted again from the order's lines.
 */
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { FreshRow, Kind, Projection } from '../interaction/index.ts'
import { ordersTouchedBy } from '../order/index.ts'
import {
  addActivity,
  addInterest,
  addInterestDays,
  dropEmptyInterest,
  recountBought,
  replaceAnswers,
  saveSatisfaction,
} from './behaviour.store.ts'
import type { ActivityRow, AnswerRow, InterestRow, SatisfactionDelta } from './behaviour.store.ts'

export type Activity =
  'browse' | 'click' | 'group' | 'game' | 'survey' | 'chat' | 'content' | 'satisfaction' | 'complaint'

/** The one table of what counts as which activity. To count another kind of happening: a line here. */
export const activityOf: Readonly<Partial<Record<Kind, Activity>>> = {
  'product-browsed': 'browse',
  'link-clicked': 'click',
  'group-said': 'group',
  'group-joined': 'group',
  'group-left': 'group',
  'poll-voted': 'game',
  'clue-found': 'game',
  'clue-missed': 'game',
  'hunt-finished': 'game',
  'kf-said': 'chat',
  'satisfaction-given': 'satisfaction',
  'complaint-opened': 'complaint',
  'game-played': 'game',
  'survey-answered': 'survey',
  'chat-said': 'chat',
  'content-read': 'content',
}

const isKind = (name: string): name is Kind => Object.hasOwn(activityOf, name)
const activityKinds = Object.keys(activityOf).filter(isKind)

export const dayNoOf = (at: number): number => dayNumber(dayOf(at))
const inKeyOrder = <T>(rows: ReadonlyMap<string, T>): T[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)

export const activityProjection: Projection = {
  name: 'activity',
  kinds: activityKinds,
  keeps: [{ table: 'activity_day', of: 'customer' }],
  async apply(tx, rows) {
    const days = new Map<string, ActivityRow>()
    for (const { customer, at, kind } of rows) {
      const activity = activityOf[kind]
      if (customer === null || activity === undefined) continue
      const day_no = dayNoOf(at)
      const key = `${customer}\n${String(day_no)}\n${activity}`
      days.set(key, { customer, day_no, activity, acts: (days.get(key)?.acts ?? 0) + 1 })
    }
    await addActivity(tx, inKeyOrder(days))
  },
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 64 ? value : null

/** The products a look or a click was about: `sku`, or the `items` the shop named. */
function skusOf({ detail }: FreshRow): string[] {
  const items: unknown = detail['items']
  const lines: unknown[] = Array.isArray(items) ? items : []
  const named = lines.map((line) =>
    typeof line === 'object' && line !== null && 'sku' in line ? textOf(line.sku) : null,
  )
  return [...new Set([textOf(detail['sku']), ...named].filter((sku) => sku !== null))]
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

function addTo<T extends InterestRow>(rows: Map<string, T>, key: string, more: T): void {
  const before = rows.get(key)
  rows.set(key, {
    ...more,
    browses: more.browses + (before?.browses ?? 0),
    last_browse_at: later(more.last_browse_at, before?.last_browse_at ?? null),
    clicks: more.clicks + (before?.clicks ?? 0),
    last_click_at: later(more.last_click_at, before?.last_click_at ?? null),
  })
}

/** A look or a click without a product is an activity, and no interest in anything. */
export const interestProjection: Projection = {
  name: 'interest',
  kinds: ['product-browsed', 'link-clicked'],
  keeps: [
    { table: 'interest', of: 'customer' },
    { table: 'interest_day', of: 'customer' },
  ],
  async apply(tx, rows) {
    const ever = new Map<string, InterestRow>()
    const days = new Map<string, InterestRow & { readonly day_no: number }>()
    for (const row of rows) {
      const { customer, at, kind } = row
      if (customer === null) continue
      const isClick = kind === 'link-clicked'
      for (const sku of skusOf(row)) {
        const one = {
          customer,
          sku,
          browses: isClick ? 0 : 1,
          last_browse_at: isClick ? null : at,
          clicks: isClick ? 1 : 0,
          last_click_at: isClick ? at : null,
        }
        const day_no = dayNoOf(at)
        addTo(ever, `${customer}\n${sku}`, one)
        addTo(days, `${customer}\n${String(day_no)}\n${sku}`, { ...one, day_no })
      }
    }
    await addInterest(tx, inKeyOrder(ever))
    await addInterestDays(tx, inKeyOrder(days))
  },
}

/** Stands after the projections of order/, whose lines it counts. */
export const boughtProjection: Projection = {
  name: 'bought',
  kinds: ['order-placed', 'order-refunded'],
  keeps: [{ table: 'interest', of: 'customer' }],
  async apply(tx, rows) {
    const pairs = new Map<string, { customer: string; sku: string }>()
    const orders = await ordersTouchedBy(tx, rows)
    for (const { customer, skus } of orders)
      for (const sku of skus) pairs.set(`${customer}\n${sku}`, { customer, sku })
    const sorted = inKeyOrder(pairs)
    await recountBought(tx, sorted)
    if (orders.some(({ isReturned }) => isReturned)) await dropEmptyInterest(tx, sorted)
  },
}

/** Of five; a shop with another scale says so in `scale`. */
const usualScale = 5

const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : null

/** Two of five and below. */
const isLow = (score: number, scale: number): boolean => score * 5 <= scale * 2

const nothing = { low: 0, answers: 0, score: null, scoredAt: null, lastAt: null, complaintAt: null }

function afterRow(
  before: Omit<SatisfactionDelta, 'customer'>,
  { kind, at, detail }: FreshRow,
): typeof before {
  if (kind === 'complaint-opened') return { ...before, complaintAt: later(before.complaintAt, at) }
  const score = numberOf(detail['score'])
  const scale = numberOf(detail['scale']) ?? usualScale
  const isNewest = score !== null && at >= (before.scoredAt ?? at)
  return {
    ...before,
    answers: before.answers + 1,
    low: before.low + (score !== null && scale > 0 && isLow(score, scale) ? 1 : 0),
    lastAt: later(before.lastAt, at),
    ...(isNewest ? { score, scoredAt: at } : {}),
  }
}

/** A complaint stays open until the customer gives a verdict after it. */
export const satisfactionProjection: Projection = {
  name: 'satisfaction',
  kinds: ['satisfaction-given', 'complaint-opened'],
  keeps: [{ table: 'satisfaction', of: 'customer' }],
  async apply(tx, rows) {
    const deltas = new Map<string, SatisfactionDelta>()
    for (const row of rows) {
      if (row.customer === null) continue
      const before = deltas.get(row.customer) ?? nothing
      deltas.set(row.customer, { customer: row.customer, ...afterRow(before, row) })
    }
    await saveSatisfaction(tx, inKeyOrder(deltas))
  },
}

const maxChoices = 50

/** A vote changed before the poll closes counts as it was last; an older one that arrives later changes nothing. */
export const answerProjection: Projection = {
  name: 'answers',
  kinds: ['poll-voted'],
  keeps: [{ table: 'answer', of: 'customer' }],
  async apply(tx, rows) {
    const answers = new Map<string, AnswerRow>()
    for (const { customer, at, detail } of rows) {
      const question = textOf(detail['game'])
      const given: unknown = detail['choices']
      if (customer === null || question === null || !Array.isArray(given)) continue
      const key = `${customer}\n${question}`
      if (at < (answers.get(key)?.at ?? at)) continue
      const choices = [...new Set(given.map(textOf).filter((choice) => choice !== null))]
      answers.set(key, { customer, question, at, choices: choices.sort().slice(0, maxChoices) })
    }
    await replaceAnswers(tx, inKeyOrder(answers))
  },
}

export const behaviourProjections = [
  activityProjection,
  interestProjection,
  boughtProjection,
  satisfactionProjection,
  answerProjection,
]
