/** Random lives of a few people under many names, and what the store made of them: for tests that tell the log again. */
import fc from 'fast-check'
import type { Happening, Who } from '../src/base/act.ts'
import { addDays, instantOf } from '../src/base/calendar.ts'
import type { Db } from '../src/base/db.ts'
import type { Projection } from '../src/interaction/index.ts'

const day0 = '2026-01-01'

const name = (prefix: string, count: number): fc.Arbitrary<string> =>
  fc.nat({ max: count - 1 }).map((n) => `${prefix}${String(n)}`)

/** Most rows name her by one name only; some name nobody. */
const who: fc.Arbitrary<Who> = fc
  .record({
    external: fc.oneof(
      { weight: 6, arbitrary: name('wm-person-', 6) },
      { weight: 1, arbitrary: fc.constantFrom('openid:o1', 'wechaty:w1') },
    ),
    unionid: name('union-', 5),
    shopId: name('shop-', 6),
    phoneHash: name('phone-', 5),
    order: fc.shuffledSubarray(['external', 'unionid', 'shopId', 'phoneHash'] as const, { minLength: 4 }),
    count: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4),
  })
  .map(({ order, count, ...all }) =>
    Object.fromEntries(order.slice(0, count).map((kind) => [kind, all[kind]])),
  )

const detailOf = (kind: string, n: number, fen: number): Record<string, unknown> => {
  switch (kind) {
    case 'order-placed':
      return {
        amountFen: fen,
        items: [{ sku: `sku-${String(n % 3)}`, quantity: 1 + (n % 2), amountFen: fen }],
        ...(n % 4 === 0 ? {} : { orderId: `order-${String(n)}` }),
      }
    case 'order-refunded':
      return { orderId: `order-${String(n)}`, ...(fen % 3 === 0 ? {} : { amountFen: Math.floor(fen / 2) }) }
    case 'opted-out':
    case 'opted-in':
      return { purpose: 'marketing', via: 'test' }
    case 'topics-chosen':
      return { topics: { 'no-baby-topics': fen % 2 === 0 } }
    case 'product-browsed':
    case 'link-clicked':
      return { sku: `sku-${String(n % 3)}` }
    case 'satisfaction-given':
      return { score: 1 + (n % 5) }
    case 'poll-voted':
      return { game: 'poll-1', choice: 'a' }
    case 'contact-added':
      return n % 3 === 0 ? {} : { State: `way-${String(n % 3)}` }
    default:
      return {}
  }
}

const lifeKinds = [
  'order-placed',
  'order-placed',
  'order-placed',
  'order-refunded',
  'order-refunded',
  'opted-out',
  'opted-in',
  'topics-chosen',
  'link-clicked',
  'product-browsed',
  'poll-voted',
  'group-said',
  'satisfaction-given',
  'complaint-opened',
  'contact-added',
  'kf-said',
]

export const lives = (count: number): fc.Arbitrary<Happening[]> =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(...lifeKinds),
        who,
        day: fc.nat({ max: 300 }),
        n: fc.nat({ max: 25 }),
        fen: fc.integer({ min: 0, max: 60_000 }),
        source: fc.constantFrom('api', 'import:orders', 'wecom:corp:1', 'h5'),
      }),
      { minLength: count, maxLength: count },
    )
    .map((rows) =>
      rows.map(({ kind, who, day, n, fen, source }, i) => ({
        kind,
        at: instantOf(addDays(day0, day), '12:00'),
        source,
        sourceKey: `key/${String(i)}`,
        who: kind === 'contact-added' ? { ...who, staff: `staff-${String(n % 2)}` } : who,
        detail: detailOf(kind, n, fen),
      })),
    )

/** Cuts a list into parts of the given sizes, again and again. */
export function inBatches<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = []
  for (let from = 0, i = 0; from < items.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1
    batches.push(items.slice(from, from + size))
    from += size
  }
  return batches
}

export const whoTables = ['identity', 'identity_conflict', 'customer_merge'] as const

export const keptBy = (projections: readonly Projection[]): string[] => [
  ...new Set(projections.flatMap(({ keeps }) => keeps.map(({ table }) => table))),
]

/** Every row of these tables, in an order of its own, so that two databases can be compared. */
export async function contentsOf(db: Db, tables: readonly string[]): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {}
  for (const table of tables) {
    const rows = await db.reader.rows(`select * from ${table}`)
    contents[table] = rows
      .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
      .sort()
  }
  return contents
}
