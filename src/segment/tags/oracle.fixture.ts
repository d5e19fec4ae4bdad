/**
 * What each rule means, said once more over a plain list of events, without SQL, buckets or intervals: what the store
 * must agree with. It knows only events up to the moment.
 */
import type { Instant } from '../../base/clock.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const zoneMs = 8 * hourMs

export interface LifeEvent {
  readonly kind: string
  readonly at: Instant
  readonly person: string
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Goods {
  readonly sku: string
  readonly category: string
  readonly priceFen: number
  readonly replenishDays?: number
}

export interface Held {
  readonly since: Instant
  readonly expires: Instant | null
  readonly subject: string
}

interface Order {
  readonly id: string
  readonly at: Instant
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly amountFen?: number }[]
  readonly isCheaper: boolean
  readonly isReturned: boolean
  readonly isRefunded: boolean
}

const dayNo = (at: Instant): number => Math.floor((at + zoneMs) / dayMs)
const startOf = (no: number): Instant => no * dayMs - zoneMs
const max = (values: readonly number[]): number => Math.max(...values)

export interface Life {
  readonly events: readonly LifeEvent[]
  readonly orders: readonly Order[]
  readonly goods: readonly Goods[]
  readonly now: Instant
}

export function lifeOf(
  all: readonly LifeEvent[],
  person: string,
  goods: readonly Goods[],
  now: Instant,
): Life {
  const known = all.filter(({ at }) => at <= now)
  const events = known.filter((one) => one.person === person)
  const refunds = known.filter(({ kind }) => kind === 'order-refunded')
  const orders = events
    .filter(({ kind }) => kind === 'order-placed')
    .map(({ at, detail }) => {
      const mine = refunds.filter((one) => one.detail['orderId'] === detail['orderId'])
      return {
        id: String(detail['orderId']),
        at,
        lines: detail['items'] as Order['lines'],
        isCheaper: detail['discountFen'] !== undefined,
        // Part refunds of the test take a tenth: ten of them would be a whole one, and there are never so many.
        isReturned: mine.some((one) => one.detail['amountFen'] === undefined),
        isRefunded: mine.length > 0,
      }
    })
  return { events, orders, goods, now }
}

const within = (at: Instant, now: Instant, days: number): boolean => dayNo(at) > dayNo(now) - days
const kept = (life: Life): readonly Order[] => life.orders.filter(({ isReturned }) => !isReturned)
const has = (order: Order, sku: string): boolean => order.lines.some((line) => line.sku === sku)
const categoryOf = (life: Life, sku: string): string =>
  life.goods.find((one) => one.sku === sku)?.category ?? ''
const looksAt = (life: Life, kinds: readonly string[]): { sku: string; at: Instant }[] =>
  life.events
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ detail, at }) => ({ sku: String(detail['sku']), at }))

/** The newest; of one instant the first by name. */
const newest = (found: readonly Held[], now: Instant): Held | null =>
  [...found]
    .filter(({ since, expires }) => since <= now && (expires === null || expires > now))
    .sort((a, b) => b.since - a.since || (a.subject < b.subject ? -1 : 1))[0] ?? null

/** Day on which the n-th newest act happened, counting every act. */
const nthDay = (days: readonly number[], n: number): number | undefined =>
  [...days].sort((a, b) => b - a)[n - 1]

export const meanings: Readonly<
  Record<string, (life: Life, s: Readonly<Record<string, number>>) => Held | null>
> = {
  'clicked-not-bought'(life, s) {
    // Of one product and day only the last click counts.
    const clicks = looksAt(life, ['link-clicked'])
    const last = clicks.filter(
      (one) =>
        !clicks.some(
          (other) => other.sku === one.sku && dayNo(other.at) === dayNo(one.at) && other.at > one.at,
        ),
    )
    const open = last.filter(({ sku, at }) => !kept(life).some((order) => has(order, sku) && order.at >= at))
    return newest(
      open.map(({ sku, at }) => ({
        since: at + (s['afterMinutes'] ?? 0) * 60_000,
        expires: at + (s['hours'] ?? 0) * hourMs,
        subject: sku,
      })),
      life.now,
    )
  },
  'browsed-product'(life, s) {
    const looks = looksAt(life, ['product-browsed']).filter(
      ({ sku, at }) =>
        within(at, life.now, s['days'] ?? 0) &&
        !kept(life).some((order) => has(order, sku) && dayNo(order.at) >= dayNo(at)),
    )
    const found = [...new Set(looks.map(({ sku }) => sku))].flatMap((sku): Held[] => {
      const mine = looks.filter((one) => one.sku === sku).map(({ at }) => at)
      const nth = nthDay(mine.map(dayNo), s['times'] ?? 0)
      return nth === undefined
        ? []
        : [{ since: max(mine), expires: startOf(nth + (s['days'] ?? 0)), subject: sku }]
    })
    return newest(found, life.now)
  },
  'browses-without-ordering'(life, s) {
    const days = s['days'] ?? 0
    const looked = [
      ...new Set(
        looksAt(life, ['product-browsed'])
          .filter(({ at }) => within(at, life.now, days))
          .map(({ at }) => dayNo(at)),
      ),
    ]
    const nth = nthDay(looked, s['browseDays'] ?? 0)
    if (nth === undefined || kept(life).some(({ at }) => within(at, life.now, days))) return null
    const orders = kept(life).map(({ at }) => dayNo(at))
    const free = orders.length === 0 ? -Infinity : startOf(max(orders) + days)
    return { since: Math.max(startOf(max(looked)), free), expires: startOf(nth + days), subject: '' }
  },
  'compares-combinations'(life, s) {
    const days = s['days'] ?? 0
    const count = (skus: readonly string[]): number =>
      new Set(skus.map((sku) => categoryOf(life, sku)).filter((word) => word !== '')).size
    const bought = kept(life)
      .filter(
        ({ at, lines }) =>
          within(at, life.now, days) && count(lines.map(({ sku }) => sku)) >= (s['categories'] ?? 0),
      )
      .map(({ at }) => at)
    const looks = looksAt(life, ['product-browsed', 'link-clicked']).filter(
      ({ at, sku }) => within(at, life.now, days) && categoryOf(life, sku) !== '',
    )
    const looked = [...new Set(looks.map(({ at }) => dayNo(at)))].flatMap((day) => {
      const mine = looks.filter(({ at }) => dayNo(at) === day)
      if (count(mine.map(({ sku }) => sku)) < (s['categories'] ?? 0)) return []
      // A look counts before a click of the same product and day.
      const shown = mine.map(({ sku }) => {
        const of = (kind: string): number[] =>
          life.events
            .filter((e) => e.kind === kind && e.detail['sku'] === sku && dayNo(e.at) === day)
            .map((e) => e.at)
        const browsed = of('product-browsed')
        return max(browsed.length > 0 ? browsed : of('link-clicked'))
      })
      return [max(shown)]
    })
    const all = [...bought, ...looked]
    return all.length === 0
      ? null
      : { since: max(all), expires: startOf(max(all.map(dayNo)) + days), subject: '' }
  },
  'bargain-hunter': (life, s) => share(life, s, kept(life), ({ isCheaper }) => isCheaper),
  'refunds-often': (life, s) => share(life, s, life.orders, ({ isRefunded }) => isRefunded),
  'buys-at': (life, s) =>
    share(life, s, kept(life), ({ at }) => {
      const hour = Math.floor(((at + zoneMs) % dayMs) / hourMs)
      return hour >= (s['from'] ?? 0) || hour < (s['to'] ?? 0)
    }),
  'acts-often'(life, s) {
    const days = life.events
      .filter(({ kind, at }) => kind === 'satisfaction-given' && within(at, life.now, s['days'] ?? 0))
      .map(({ at }) => dayNo(at))
    const nth = nthDay(days, s['times'] ?? 0)
    return nth === undefined
      ? null
      : { since: startOf(max(days)), expires: startOf(nth + (s['days'] ?? 0)), subject: '' }
  },
  'replenish-due'(life, s) {
    const found = life.goods.flatMap(({ sku, replenishDays = 0 }): Held[] => {
      const orders = kept(life).filter((order) => has(order, sku))
      if (replenishDays === 0 || orders.length === 0) return []
      const last = max(orders.map(({ at }) => dayNo(at)))
      const quantity = orders
        .filter(({ at }) => dayNo(at) === last)
        .flatMap(({ lines }) => lines.filter((line) => line.sku === sku).map((line) => line.quantity))
        .reduce((a, b) => a + b, 0)
      const usedUp = last + replenishDays * quantity
      return [
        {
          since: startOf(usedUp - (s['beforeDays'] ?? 0)),
          expires: startOf(usedUp + (s['afterDays'] ?? 0)),
          subject: sku,
        },
      ]
    })
    return newest(found, life.now)
  },
  'category-lover'(life, s) {
    const days = s['days'] ?? 0
    const lines = kept(life)
      .filter(({ at }) => within(at, life.now, days))
      .flatMap(({ at, lines: some }) =>
        some.map((line) => {
          const goods = life.goods.find(({ sku }) => sku === line.sku)
          return {
            day: dayNo(at),
            word: goods?.category ?? '',
            fen: line.amountFen ?? (goods?.priceFen ?? 0) * line.quantity,
          }
        }),
      )
      .filter(({ word }) => word !== '')
    const total = lines.reduce((sum, { fen }) => sum + fen, 0)
    const found = [...new Set(lines.map(({ word }) => word))].flatMap((word): Held[] => {
      const mine = lines.filter((line) => line.word === word)
      const fen = mine.reduce((sum, line) => sum + line.fen, 0)
      const bought = new Set(mine.map(({ day }) => day))
      if (bought.size < (s['purchases'] ?? 0) || fen * 100 < (s['percent'] ?? 0) * total) return []
      return [{ since: startOf(max([...bought])), expires: startOf(max([...bought]) + days), subject: word }]
    })
    return newest(found, life.now)
  },
  'poll-answer'(life, s) {
    const votes = life.events.filter(
      ({ kind, detail }) => kind === 'poll-voted' && String(detail['game']).startsWith('poll-'),
    )
    const last = votes.filter(
      (one) => !votes.some((other) => other.detail['game'] === one.detail['game'] && other.at > one.at),
    )
    return newest(
      last.flatMap(({ at, detail }) =>
        (detail['choices'] as string[])
          .filter((choice) => choice === 'yes')
          .map((subject) => ({ since: at, expires: at + (s['days'] ?? 0) * dayMs, subject })),
      ),
      life.now,
    )
  },
}

function share(
  { now }: Life,
  s: Readonly<Record<string, number>>,
  orders: readonly Order[],
  isOne: (order: Order) => boolean,
): Held | null {
  const days = s['days'] ?? 0
  const inside = orders.filter(({ at }) => within(at, now, days))
  const some = inside.filter(isOne).map(({ at }) => at)
  if (
    some.length === 0 ||
    inside.length < (s['orders'] ?? 0) ||
    some.length * 100 < (s['percent'] ?? 0) * inside.length
  )
    return null
  return { since: max(some), expires: startOf(dayNo(max(some)) + days), subject: '' }
}
