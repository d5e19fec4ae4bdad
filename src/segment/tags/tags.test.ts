/** Dynamic tags: what is stored, what is computed afresh, and what the rules mean are the same at every moment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Happening } from '../../base/act.ts'
import { dayOf, instantOf } from '../../base/calendar.ts'
import { hours, minutes } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { createLog } from '../../base/log.ts'
import { rebuildStore } from '../../rebuild.ts'
import { customerIdOf } from '../../customer/index.ts'
import { createFollowers, readLog } from '../../interaction/index.ts'
import type { Followers } from '../../interaction/index.ts'
import { saveProducts } from '../../order/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { tagsAt, tagsOnDay } from './evaluate.ts'
import type { TagsOfCustomer } from './evaluate.ts'
import { lifeOf, meanings } from './oracle.fixture.ts'
import type { Goods, LifeEvent } from './oracle.fixture.ts'
import { tagRuleKinds } from './rules/index.ts'
import { completed, loadTagRules, tagRulesShape } from './tag-rules.ts'
import type { TagRules } from './tag-rules.ts'
import { createTagWork } from './tags.jobs.ts'
import type { TagWork } from './tags.jobs.ts'
import { storedTags } from './tags.store.ts'
import { tagOverview, tagsComputed, tagsOf } from './view.ts'

const start = instantOf('2026-05-01', '00:00')
const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })
const people = ['a', 'b', 'c']
const goods: Goods[] = [
  { sku: 'M1', category: '奶粉', priceFen: 30_000, replenishDays: 2 },
  { sku: 'D1', category: '纸尿裤', priceFen: 10_000, replenishDays: 3 },
  { sku: 'T1', category: '玩具', priceFen: 5_000 },
  { sku: 'X1', category: '', priceFen: 1_000 },
]

/** Short windows, so that many borders are crossed; one tag of every kind. */
const settings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'clicked-not-bought': { hours: 24, afterMinutes: 60 },
  'browsed-product': { times: 3, days: 3 },
  'browses-without-ordering': { browseDays: 2, days: 4 },
  'compares-combinations': { categories: 2, days: 3 },
  'bargain-hunter': { percent: 50, orders: 2, days: 6 },
  'acts-often': { times: 2, days: 4 },
  'replenish-due': { beforeDays: 1, afterDays: 2 },
  'category-lover': { percent: 50, purchases: 1, days: 5 },
  'poll-answer': { days: 3 },
  'buys-at': { from: 21, to: 2, percent: 50, orders: 2, days: 6 },
  'refunds-often': { percent: 40, orders: 2, days: 6 },
}
const written: Readonly<Record<string, object>> = {
  'acts-often': { activities: ['satisfaction'] },
  'poll-answer': { question: 'poll-*', choices: ['yes'] },
  'buys-at': { from: '21:00', to: '02:00' },
}
const testRules: TagRules = completed(
  tagRulesShape.parse({
    tags: Object.entries(settings).map(([kind, one]) => ({
      name: kind,
      title: kind.slice(0, 15),
      purpose: kind,
      group: '行为标签',
      rule: { [kind]: { ...one, ...written[kind] } },
    })),
  }),
)

const sku = fc.constantFrom(...goods.map((one) => one.sku), 'unknown')
const event = (kind: string, detail: fc.Arbitrary<Record<string, unknown>>) =>
  fc.record({ kind: fc.constant(kind), person: fc.constantFrom(...people), detail })
const line = fc.record(
  { sku, quantity: fc.integer({ min: 1, max: 2 }) },
  { requiredKeys: ['sku', 'quantity'] },
)
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: event('product-browsed', fc.record({ sku })) },
  { weight: 3, arbitrary: event('link-clicked', fc.record({ sku })) },
  event('satisfaction-given', fc.record({ score: fc.integer({ min: 1, max: 5 }) })),
  event(
    'poll-voted',
    fc.record({
      game: fc.constantFrom('poll-1', 'other'),
      choices: fc.constantFrom(['yes'], ['no'], ['no', 'yes']),
    }),
  ),
  event(
    'order-refunded',
    fc.record({ orderId: fc.nat(30).map(String), amountFen: fc.constantFrom(undefined, 100) }),
  ),
  {
    weight: 3,
    arbitrary: event(
      'order-placed',
      fc.record({
        amountFen: fc.constant(10_000),
        discountFen: fc.constantFrom(undefined, 500),
        items: fc.array(line, { minLength: 1, maxLength: 3 }),
      }),
    ),
  },
)
/** The clock goes on by some hours; of what happens then, some is told late. On whole hours, so that borders are met. */
const step = fc.record({
  hours: fc.constantFrom(0, 1, 3, 8, 16, 24, 24, 40),
  told: fc.array(fc.tuple(anyEvent, fc.constantFrom(0, 0, 0, 1, 5, 30)), { maxLength: 6 }),
})

onBothDatabases('dynamic tags', (open) => {
  let store: TestStore
  let followers: Followers
  let work: TagWork
  const use = (tagRules: TagRules): void => {
    const log = createLog('silent')
    work = createTagWork({ ...store, tagRules, log })
    followers = createFollowers(store.db, store.act, work.followers, log)
  }
  beforeEach(async () => {
    store = await openStore(open, start)
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      saveProducts(
        ctx,
        goods.map((one) => ({ ...one, name: `商品${one.sku}` })),
        { source: 'test', sourceKey: 'goods' },
      ),
    )
    use(testRules)
  })
  afterEach(() => store.drop())

  let n = 0
  const say = (...events: readonly LifeEvent[]): Promise<void> =>
    store.say(
      ...events.map(({ person, ...rest }): Happening => ({
        ...rest,
        source: 'test',
        sourceKey: `k${String((n += 1))}`,
        who: { shopId: person },
      })),
    )
  const catchUp = async (): Promise<void> => {
    await followers.catchUp()
    await work.settle()
    await followers.catchUp()
  }
  const all = people.map(idOf)
  const short = (tags: ReadonlyMap<string, TagsOfCustomer>): object[] =>
    [...tags.values()]
      .flatMap((one) => one.tags)
      .sort((x, y) => (`${x.customer} ${x.tag}` < `${y.customer} ${y.tag}` ? -1 : 1))
  const meant = (events: readonly LifeEvent[], now: Instant): object[] =>
    people
      .flatMap((person) =>
        Object.entries(meanings).flatMap(([tag, meaning]) => {
          const held = meaning(lifeOf(events, person, goods, now), settings[tag] ?? {})
          return held
            ? [
                {
                  customer: idOf(person),
                  tag,
                  since_at: held.since,
                  expires_at: held.expires,
                  subject: held.subject,
                },
              ]
            : []
        }),
      )
      .sort((x, y) => (`${x.customer} ${x.tag}` < `${y.customer} ${y.tag}` ? -1 : 1))
  const bare = (rows: readonly object[]): object[] => rows.map((row) => ({ ...row, reason: undefined }))
  const wipe = (): Promise<void> =>
    store.db.tx(async (tx) => {
      for (const name of [
        ...[
          'order_item',
          'returned_item',
          'order_discount',
          'interest',
          'interest_day',
          'activity_day',
          'satisfaction',
        ],
        ...[
          'answer',
          'shop_order',
          'refund',
          'purchase_day',
          'dynamic_tag',
          'tag_due',
          'wanted_tag',
          'wanted_change',
        ],
      ])
        await tx.run(`DELETE FROM ${name}`)
    })

  it('of every kind have a meaning that the test knows', () => {
    expect(Object.keys(meanings).sort()).toEqual(tagRuleKinds.map(({ name }) => name).sort())
    expect(Object.keys(settings).sort()).toEqual(tagRuleKinds.map(({ name }) => name).sort())
  })

  it('stored, computed afresh and meant are the same after every step, whatever is told late', async () => {
    let seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
        await wipe()
        const [events, run]: [LifeEvent[], string] = [[], String((n += 1))]
        let orders = 0
        store.clock.set(store.clock.now() + hours(24 * 30) - (store.clock.now() % hours(1)))
        for (const { hours: later, told } of steps) {
          store.clock.set(store.clock.now() + hours(later))
          const now = store.clock.now()
          const fresh = told.map(([one, late], i) => {
            const id = one.kind === 'order-placed' ? String((orders += 1)) : one.detail['orderId']
            // Each in a minute of its own, or two votes of one instant could not be told apart.
            const at = now - hours(late) - (late === 0 ? 0 : minutes(i + 1))
            return {
              ...one,
              at,
              detail: { ...one.detail, ...(id === undefined ? {} : { orderId: `${run}-${String(id)}` }) },
            }
          })
          // What is told in one breath comes in order of its instants, as far as votes go.
          for (const one of fresh) if (!isDoubleVote(one, [...events])) events.push(one)
          await say(...fresh.filter((one) => events.includes(one)))
          await catchUp()
          const stored = await storedTags(store.db.reader, all)
          const computed = await tagsAt(store.db.reader, testRules, now, all)
          expect(bare(stored)).toEqual(bare(meant(events, now)))
          expect(stored).toEqual(short(computed))
          for (const { tag } of stored) seen = seen.add(tag)
          const due = await store.db.reader.rows<{ customer: string; next_at: number }>(
            'select customer, next_at from tag_due order by customer',
          )
          expect(due).toEqual(
            [...computed]
              .flatMap(([customer, { next }]) => (next === null ? [] : [{ customer, next_at: next }]))
              .sort((x, y) => (x.customer < y.customer ? -1 : 1)),
          )
          expect(await wantedPairs()).toEqual(
            stored.map(({ customer, tag }) => `${customer} ${tag.slice(0, 15)}`).sort(),
          )
        }
        for (const back of [1, 3, 7]) {
          const day = dayOf(store.clock.now() - hours(24 * back))
          const then = instantOf(day) + hours(24) - 1
          const past = await tagsOnDay(store.db.reader, testRules, day, all)
          // Of a vote that was changed only the last is kept, so a past day cannot know the one before.
          const told = (rows: readonly object[]): object[] =>
            bare(rows).filter((row) => !('tag' in row && row.tag === 'poll-answer'))
          expect(told(short(past))).toEqual(told(meant(events, then)))
        }
      }),
      { numRuns: 30, seed: 20_261_122 },
    )
    // The property is worth little if it never met a kind.
    expect([...seen].sort()).toEqual(Object.keys(settings).sort())
  }, 180_000)

  it('come out of the log told again as they are stored, and are mended where they were not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'siyu-tags-'))
    const told =
      fc.sample(fc.array(anyEvent, { minLength: 60, maxLength: 60 }), { numRuns: 1, seed: 3 })[0] ?? []
    store.clock.set(start + hours(24 * 20))
    for (const [i, one] of told.entries()) {
      store.clock.set(store.clock.now() + hours(1))
      const orderId = one.kind === 'order-placed' ? String(i) : one.detail['orderId']
      await say({
        ...one,
        at: store.clock.now(),
        detail: { ...one.detail, ...(orderId === undefined ? {} : { orderId }) },
      })
      await catchUp()
    }
    expect((await storedTags(store.db.reader, all)).length).toBeGreaterThan(5)
    // The server is off for two days: what time has yet to end is no difference.
    store.clock.set(store.clock.now() + hours(48))
    const parts = { ...store, tagRules: testRules }
    const before = await rebuildStore(parts, folder, { dryRun: true })
    expect(before.tables['dynamic_tag']).toMatchObject({ differ: 0, missing: 0, extra: 0 })
    expect(before.tables['tag_due']).toMatchObject({ differ: 0, missing: 0, extra: 0 })
    await catchUp()
    const right = await storedTags(store.db.reader, all)
    await store.db.tx(async (tx) => {
      await tx.run(`UPDATE dynamic_tag SET reason = 'wrong'`)
      await tx.run('DELETE FROM tag_due')
    })
    await rebuildStore(parts, folder)
    expect(await storedTags(store.db.reader, all)).toEqual(right)
    const after = await rebuildStore(parts, folder, { dryRun: true })
    expect(after.differences.filter(({ table }) => /tag/.test(table))).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  }, 120_000)

  const wantedPairs = async (): Promise<string[]> =>
    (
      await store.db.reader.rows<{ customer: string; tag: string }>(
        `select customer, tag from wanted_tag where origin = 'tag'`,
      )
    )
      .map(({ customer, tag }) => `${customer} ${tag}`)
      .sort()
  const isDoubleVote = (one: LifeEvent, others: readonly LifeEvent[]): boolean =>
    one.kind === 'poll-voted' &&
    others.some(
      (other) =>
        other.kind === one.kind &&
        other.at === one.at &&
        other.person === one.person &&
        other.detail['game'] === one.detail['game'],
    )

  const tagNames = async (at?: Instant): Promise<string[]> =>
    ((await tagsOf(store.db.reader, [idOf('a')], at)).get(idOf('a')) ?? []).map(({ tag }) => tag)
  const news = async (): Promise<unknown[]> =>
    (await readLog(store.db.reader, { kinds: ['tag-gained', 'tag-lost'], limit: 50 })).map(
      ({ kind, who, detail, at }) => [kind, who.shopId, detail['tag'], detail['cause'], at],
    )
  const shipped = (): TagRules => loadTagRules(configDir)

  it('begin with the click, end with the purchase or at the very instant of 24 hours, and say both', async () => {
    use(shipped())
    const click = (at: Instant, one = 'T1'): LifeEvent => ({
      kind: 'link-clicked',
      at,
      person: 'a',
      detail: { sku: one },
    })
    const clicked = start + hours(10)
    store.clock.set(clicked)
    await say(click(clicked))
    await catchUp()
    const [tag] = (await tagsOf(store.db.reader, [idOf('a')])).get(idOf('a')) ?? []
    expect(tag).toEqual({
      tag: 'clicked-not-bought',
      since: clicked,
      expires: clicked + hours(24),
      subject: 'T1',
      reason: '点开了商品T1，24小时内还没有下单',
    })
    expect(await work.nextDueAt()).toBe(clicked + hours(24))
    store.clock.set(clicked + hours(24) - 1)
    await catchUp()
    expect(await tagNames()).toEqual(['clicked-not-bought'])
    store.clock.set(clicked + hours(24))
    // Between the end and the look at it nobody sees it any more.
    expect(await tagNames(store.clock.now())).toEqual([])
    await catchUp()
    expect(await tagNames()).toEqual([])
    await say(click(store.clock.now()))
    await catchUp()
    store.clock.set(store.clock.now() + minutes(5))
    await say({
      kind: 'order-placed',
      at: store.clock.now(),
      person: 'a',
      detail: { orderId: 'bought', amountFen: 100, items: [{ sku: 'T1', quantity: 1 }] },
    })
    await catchUp()
    expect(await news()).toEqual([
      ['tag-gained', 'a', 'clicked-not-bought', 'event', clicked],
      ['tag-lost', 'a', 'clicked-not-bought', 'time', clicked + hours(24)],
      ['tag-gained', 'a', 'clicked-not-bought', 'event', clicked + hours(24)],
      ['tag-lost', 'a', 'clicked-not-bought', 'event', clicked + hours(24) + minutes(5)],
    ])
  })

  it('are no news when an import, other rules, another catalogue or a late teller turn them up', async () => {
    use(shipped())
    store.clock.set(start + hours(100))
    const late = store.clock.now() - hours(60)
    for (const i of [1, 2, 3])
      await say({ kind: 'product-browsed', at: late - minutes(i), person: 'a', detail: { sku: 'M1' } })
    await catchUp()
    expect(await tagNames()).toEqual(['browsed-repeatedly'])
    const imported = { kind: 'link-clicked', at: store.clock.now(), source: 'import:file', sourceKey: 'i1' }
    await store.say({ ...imported, who: { shopId: 'a' }, detail: { sku: 'D1' } })
    await catchUp()
    expect(await tagNames()).toEqual(['browsed-repeatedly', 'clicked-not-bought'])
    use({
      ...shipped(),
      hash: 'other',
      tags: shipped().tags.filter(({ name }) => name !== 'clicked-not-bought'),
    })
    await catchUp()
    expect(await tagNames()).toEqual(['browsed-repeatedly'])
    expect(await wantedPairs()).toEqual([`${idOf('a')} 反复看同款`])
    use({
      ...shipped(),
      hash: 'third',
      tags: shipped().tags.map((one) => ({ ...one, title: `${one.title}了` })),
    })
    await catchUp()
    expect(await wantedPairs()).toEqual([`${idOf('a')} 反复看同款了`, `${idOf('a')} 心动未下单了`].sort())
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      saveProducts(ctx, [{ sku: 'M1', name: '新名字', priceFen: 1 }], {
        source: 'test',
        sourceKey: 'renamed',
      }),
    )
    await catchUp()
    const [tag] = (await tagsOf(store.db.reader, [idOf('a')])).get(idOf('a')) ?? []
    expect(tag?.reason).toBe('7天内看了3次新名字，还没有购买')
    expect(await news()).toEqual([])
  })

  it('are shown with their rule, how many carry them and why, stored and computed alike', async () => {
    use(shipped())
    await say(...people.map((person) => ({ kind: 'link-clicked', at: start, person, detail: { sku: 'M1' } })))
    await catchUp()
    const now = store.clock.now()
    const overview = await tagOverview(store.db.reader, shipped(), now)
    expect(overview).toEqual(await tagsComputed(store.db.reader, shipped(), { now, day: dayOf(now) }))
    expect(overview[0]).toMatchObject({
      tag: 'clicked-not-bought',
      title: '心动未下单',
      group: '行为标签',
      customers: 3,
      nextExpiry: '2026-05-02T00:00:00+08:00',
    })
    expect(overview[0]?.sample).toHaveLength(3)
    expect(overview.slice(1).every(({ customers }) => customers === 0)).toBe(true)
  })
})

describe('the rules of dynamic tags', () => {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-tags-'))
  afterEach(() => rmSync(join(folder, 'tags.yaml'), { force: true }))
  const load = (yaml: string): TagRules => {
    writeFileSync(join(folder, 'tags.yaml'), yaml)
    return loadTagRules(folder, '分层')
  }

  it('are the shipped ones where a configuration has none', () => {
    expect(loadTagRules(folder, '分层')).toMatchObject({ hash: loadTagRules(configDir).hash })
  })

  it('name every mistake with its line', () => {
    const one = (rule: string, more = ''): string =>
      `tags:\n  - name: x\n    title: 标签\n    purpose: 用\n${more}    rule: ${rule}\n`
    expect(load(one('{ buys-at: { from: "21:00", to: "02:00" } }')).tags).toHaveLength(1)
    expect(() => load(one('{ nonsense: {} }'))).toThrow(
      /tags\.yaml:5:23 tags\.0\.rule.*"nonsense" is not a rule; use one of clicked/,
    )
    expect(() => load(one('{ browsed-product: { times: 0 } }'))).toThrow(
      /:5:39 tags\.0\.rule\.browsed-product\.times/,
    )
    expect(() => load(one('{ buys-at: { from: "25:00", to: "02:00" } }'))).toThrow(
      /:5:30 .*a time looks like 21:30/,
    )
    expect(() => load(one('{ browsed-product: {} }', '    group: 分层\n'))).toThrow(
      /is the group of the tiers/,
    )
    expect(() => load(`${one('{ browsed-product: {} }')}    more: 1\n`)).toThrow(/Unrecognized key/)
    expect(() => load('tags: [')).toThrow(/tags\.yaml:1:/)
  })
})
