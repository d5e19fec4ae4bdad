/** Facts of behaviour against a plain count over the same events, whatever the batching and the order of arrival. */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Happening } from '../base/act.ts'
import { instantOf } from '../base/calendar.ts'
import { hours } from '../base/clock.ts'
import { customerIdOf } from '../customer/index.ts'
import { itemProjections } from '../order/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { activityOf, behaviourProjections, dayNoOf } from './behaviour.ts'
import { fillBehaviour } from './fill.ts'

const start = instantOf('2026-05-01', '09:00')
const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })
const tables = [
  'order_item',
  'returned_item',
  'order_discount',
  'interest',
  'interest_day',
  'activity_day',
  'satisfaction',
  'answer',
] as const
const ordered: Record<(typeof tables)[number], string> = {
  order_item: 'order_key, line',
  returned_item: 'order_key, line',
  order_discount: 'order_key',
  interest: 'customer, sku',
  interest_day: 'customer, day_no, sku',
  activity_day: 'customer, day_no, activity',
  satisfaction: 'customer',
  answer: 'customer, question, choice',
}

const people = ['a', 'b', 'c']
const skus = ['S1', 'S2', 'S3']
const person = fc.constantFrom(...people)
const sku = fc.constantFrom(...skus)
const at = fc.integer({ min: 0, max: 200 }).map((n) => start + n * hours(3))

type Event = Omit<Happening, 'source' | 'sourceKey'>
const event = (kind: string, detail: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Event> =>
  fc.record({ kind: fc.constant(kind), at, who: fc.record({ shopId: person }), detail })

/** Orders and refunds by number, so that refunds meet orders, come before them, or meet nothing. */
const anyEvent = fc.oneof(
  event('product-browsed', fc.record({ sku })),
  event('link-clicked', fc.oneof(fc.record({ sku }), fc.constant({ target: 'me' }))),
  event('satisfaction-given', fc.record({ score: fc.integer({ min: 1, max: 5 }) })),
  event('complaint-opened', fc.constant({})),
  event('group-said', fc.constant({ length: 3 })),
  event(
    'poll-voted',
    fc.record({ game: fc.constantFrom('p1', 'p2'), choices: fc.array(sku, { maxLength: 2 }) }),
  ),
  event(
    'order-refunded',
    fc.record({
      orderId: fc.nat(11).map((n) => `O${String(n)}`),
      amountFen: fc.constantFrom(undefined, 100),
    }),
  ),
)
const order = (n: number): fc.Arbitrary<Event> =>
  event(
    'order-placed',
    fc.record({
      orderId: fc.constant(`O${String(n)}`),
      amountFen: fc.constant(500),
      couponCode: fc.constantFrom('', 'NEW20'),
      items: fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 3 }) }), { maxLength: 3 }),
    }),
  )
const history = fc.tuple(
  fc.array(anyEvent, { maxLength: 40 }),
  fc.tuple(...Array.from({ length: 12 }, (_, n) => order(n))),
)

onBothDatabases('facts of behaviour', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, start + hours(24 * 60))
  })
  afterEach(() => store.drop())

  const dump = async (): Promise<Record<string, object[]>> => {
    const all: Record<string, object[]> = {}
    for (const table of tables)
      all[table] = await store.db.reader.rows(`select * from ${table} order by ${ordered[table]}`)
    return all
  }
  const forget = async (): Promise<void> => {
    await store.db.tx(async (tx) => {
      for (const table of [...tables, 'shop_order', 'refund', 'purchase_day', 'log', 'log_words'])
        await tx.run(`DELETE FROM ${table}`)
    })
  }
  let key = 0
  const keyed = (events: readonly Event[]): Happening[] =>
    events.map((one) => ({ ...one, source: 'test', sourceKey: `k${String((key += 1))}` }))

  it('are what the events say, however they are batched and in whatever order they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1_000),
        async ([some, orders], size, seed) => {
          await forget()
          const events = keyed([...some, ...orders])
          const shuffled = [...events].sort((a, b) => hash(a.sourceKey, seed) - hash(b.sourceKey, seed))
          await store.say(...events)
          const once = await dump()
          expect(once['interest']).toEqual(interestOf(events))
          expect(once['activity_day']).toEqual(activityOfEvents(events))
          await forget()
          for (let from = 0; from < shuffled.length; from += size)
            await store.say(...shuffled.slice(from, from + size))
          const piecewise = await dump()
          // Two answers of one instant: the later recorded one counts, and there is nothing else to tell them apart by.
          for (const table of ['satisfaction', 'answer'] as const)
            if (hasTies(events)) piecewise[table] = once[table] ?? []
          expect(piecewise).toEqual(once)
        },
      ),
      { numRuns: 25, seed: 7 },
    )
  })

  it('lose the lines of an order taken back as a whole, also when the refund came first, and keep those of a part', async () => {
    const items = [{ sku: 'S1', quantity: 2, amountFen: 300 }, { sku: 'S2' }, { quantity: 1 }, 'nonsense']
    const placed = (orderId: string): Event => ({
      kind: 'order-placed',
      at: start,
      who: { shopId: 'a' },
      detail: { orderId, amountFen: 500, items },
    })
    const refund = (orderId: string, amountFen?: number): Event => ({
      kind: 'order-refunded',
      at: start + hours(30),
      who: {},
      detail: { orderId, ...(amountFen === undefined ? {} : { amountFen }) },
    })
    await store.say(...keyed([refund('late')]))
    await store.say(...keyed([placed('late'), placed('kept'), placed('part')]))
    await store.say(...keyed([refund('part', 100)]))
    const bought = () =>
      store.db.reader.rows('select sku, bought_days, last_bought_at from interest order by sku')
    expect(await bought()).toEqual([
      { sku: 'S1', bought_days: 1, last_bought_at: start },
      { sku: 'S2', bought_days: 1, last_bought_at: start },
    ])
    const lines = await store.db.reader.rows(
      'select order_key, line, sku, quantity, amount_fen from order_item order by order_key, line',
    )
    expect(lines).toEqual(
      ['kept', 'part'].flatMap((order_key) => [
        { order_key, line: 0, sku: 'S1', quantity: 2, amount_fen: 300 },
        { order_key, line: 1, sku: 'S2', quantity: 1, amount_fen: null },
      ]),
    )
    await store.say(...keyed([refund('kept'), refund('part')]))
    expect(await bought()).toEqual([])
    expect((await dump())['order_item']).toEqual([])
    expect((await dump())['returned_item']).toHaveLength(6)
  })

  it('close a complaint by the verdict after it, also when the older one is told later', async () => {
    const say = (kind: string, hour: number, detail = {}): Promise<void> =>
      store.say(...keyed([{ kind, at: start + hours(hour), who: { shopId: 'a' }, detail }]))
    const one = async () => (await dump())['satisfaction']?.[0]
    await say('complaint-opened', 5)
    await say('complaint-opened', 2)
    expect(await one()).toMatchObject({ open_complaint_at: start + hours(5), answers: 0, last_at: null })
    await say('satisfaction-given', 4, { score: 2 })
    expect(await one()).toMatchObject({ open_complaint_at: start + hours(5), low: 1, last_score: 2 })
    await say('satisfaction-given', 6, { score: 9, scale: 10 })
    await say('satisfaction-given', 3, { score: 1 })
    expect(await one()).toMatchObject({ open_complaint_at: null, low: 2, answers: 3, last_score: 9 })
  })

  it('of an older database are filled from its log once, in pages, also after a kill', async () => {
    const events = fc.sample(history, { numRuns: 3, seed: 11 }).flatMap(([some, orders], n) =>
      keyed([
        ...some,
        ...orders.map((one) => ({
          ...one,
          detail: { ...one.detail, orderId: `${String(n)}${String(one.detail['orderId'])}` },
        })),
      ]),
    )
    await store.say(...events)
    const before = await dump()
    await store.db.tx(async (tx) => {
      for (const table of tables) await tx.run(`DELETE FROM ${table}`)
      await tx.insert('meta', [
        { name: 'fill-behaviour', value: `{"from":0,"upTo":${String(events.length)}}` },
      ])
    })
    const all = [...itemProjections, ...behaviourProjections]
    const killed = { ...store.db, reader: { ...store.db.reader, rows: brokenAfter(store, 3) } }
    await expect(fillBehaviour({ db: killed, act: store.act }, all)).rejects.toThrow('killed')
    await fillBehaviour(store, all)
    expect(await dump()).toEqual(before)
    expect(await fillBehaviour(store, all)).toBe(0)
  })
})

/** A reader that dies on its n-th question. */
const brokenAfter = (store: TestStore, n: number): TestStore['db']['reader']['rows'] => {
  let asked = 0
  return (sql, params) => {
    if ((asked += 1) >= n) return Promise.reject(new Error('killed'))
    return store.db.reader.rows(sql, params)
  }
}

const hash = (text: string, seed: number): number =>
  [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 1_000_003, seed)

const hasTies = (events: readonly Event[]): boolean => {
  const told = events.filter(({ kind }) => kind === 'poll-voted' || kind === 'satisfaction-given')
  return (
    new Set(told.map(({ who, at: when, kind }) => `${who.shopId ?? ''} ${kind} ${String(when)}`)).size <
    told.length
  )
}

const shopIdOf = ({ who }: Event): string => idOf(who.shopId ?? '')
const detailSku = ({ detail }: Event): string | undefined => detail['sku'] as string | undefined

function interestOf(events: readonly Event[]): object[] {
  const wholly = new Set(
    events
      .filter(({ kind, detail }) => kind === 'order-refunded' && detail['amountFen'] === undefined)
      .map(({ detail }) => detail['orderId']),
  )
  // A refund of 100 takes a part of 500; five of them take it all.
  const parts = (id: unknown): number =>
    events.filter(({ kind, detail }) => kind === 'order-refunded' && detail['orderId'] === id).length
  const kept = events.filter(
    ({ kind, detail }) =>
      kind === 'order-placed' && !wholly.has(detail['orderId']) && parts(detail['orderId']) < 5,
  )
  const latest = (times: readonly number[]): number | null => (times.length === 0 ? null : Math.max(...times))
  const rows = people.flatMap((shopId) =>
    skus.map((one) => {
      const hers = events.filter((row) => row.who.shopId === shopId && detailSku(row) === one)
      const browses = hers.filter(({ kind }) => kind === 'product-browsed')
      const clicks = hers.filter(({ kind }) => kind === 'link-clicked')
      const bought = kept.filter(
        (row) =>
          row.who.shopId === shopId &&
          (row.detail['items'] as { sku: string }[]).some((line) => line.sku === one),
      )
      return {
        customer: idOf(shopId),
        sku: one,
        browses: browses.length,
        last_browse_at: latest(browses.map((row) => row.at)),
        clicks: clicks.length,
        last_click_at: latest(clicks.map((row) => row.at)),
        bought_days: new Set(bought.map((row) => dayNoOf(row.at))).size,
        last_bought_at: latest(bought.map((row) => row.at)),
      }
    }),
  )
  return rows
    .filter(({ browses, clicks, bought_days: days }) => browses + clicks + days > 0)
    .sort((a, b) => (`${a.customer} ${a.sku}` < `${b.customer} ${b.sku}` ? -1 : 1))
}

function activityOfEvents(events: readonly Event[]): object[] {
  const acts = new Map<string, { customer: string; day_no: number; activity: string; acts: number }>()
  for (const row of events) {
    const activity = (activityOf as Record<string, string>)[row.kind]
    if (activity === undefined) continue
    const [customer, day_no] = [shopIdOf(row), dayNoOf(row.at)]
    const key = `${customer} ${String(day_no)} ${activity}`
    acts.set(key, { customer, day_no, activity, acts: (acts.get(key)?.acts ?? 0) + 1 })
  }
  return [...acts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
