import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Happening } from '../../base/act.ts'
import { addDays, dayNumber, dayOf, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { createLog } from '../../base/log.ts'
import { runChurnList, runChurnShow } from '../../cli/churn.ts'
import { customerIdOf, mergeCustomers } from '../../customer/index.ts'
import { createFollowers, readLog } from '../../interaction/index.ts'
import type { Followers } from '../../interaction/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { calibrationAsOf } from './calibration.ts'
import { churnOf } from './churn-of.ts'
import { createChurnFollowers, createChurnJobs, refreshSignals } from './churn.jobs.ts'
import { readSignals } from './churn.store.ts'
import { lookAtEverybody } from './look.ts'
import { loadChurnRules } from './settings.ts'

const today = '2026-05-20'
const churn = loadChurnRules(configDir)
const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })
const ago = (days: number): Day => addDays(today, -days)

let n = 0
const happening = (
  kind: string,
  shopId: string,
  day: Day,
  detail: Record<string, unknown> = {},
): Happening => ({
  kind,
  at: instantOf(day, '12:00'),
  source: 'test',
  sourceKey: `k${String((n += 1))}`,
  who: { shopId },
  detail,
})
const order = (shopId: string, day: Day, orderId?: string): Happening =>
  happening('order-placed', shopId, day, { amountFen: 10_000, items: [], ...(orderId ? { orderId } : {}) })
/** Every ten days up to `last` days ago, `times` times. */
const rhythmOf = (shopId: string, last: number, times = 8): Happening[] =>
  Array.from({ length: times }, (_, i) => order(shopId, ago(last + 10 * (times - 1 - i))))

onBothDatabases('churn signals', (open) => {
  let store: TestStore
  let followers: Followers
  const parts = () => ({ db: store.db, act: store.act, churn, clock: store.clock })
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
    followers = createFollowers(store.db, store.act, createChurnFollowers({ churn }), createLog('silent'))
  })
  afterEach(() => store.drop())

  const all = () => readSignals(store.db.reader, { after: '', upTo: null })
  const of = async (shopId: string) => (await all()).find(({ customer }) => customer === idOf(shopId))
  const told = async () =>
    (await readLog(store.db.reader, { kinds: ['churn-warned', 'churn-cleared'], limit: 50 })).map(
      ({ kind, who, detail }) => [kind, who.shopId, detail['cause']],
    )
  /** The night of a day: what the job does. */
  const night = async (day: Day) => {
    store.clock.set(Math.max(store.clock.now(), instantOf(day, '00:40')))
    await createChurnJobs(parts())[0]?.run({ name: `${day}T00:40`, dueAt: store.clock.now(), day })
  }
  const tomorrow = (days: number): Day => addDays(today, days)

  it('know nothing in an empty shop, and leave out who has no rhythm', async () => {
    await night(today)
    expect(await all()).toEqual([])
    await store.say(order('once', ago(20)), happening('link-clicked', 'never', ago(3)))
    await night(tomorrow(1))
    expect(await all()).toEqual([])
    expect(await runChurnList(parts(), {})).toMatchObject({ judged: 0, warnings: 0, customers: [] })
    expect((await runChurnShow(parts(), 'once')).words).toContain('还没有自己的节奏')
    await expect(runChurnShow(parts(), 'nobody')).rejects.toThrow('There is no customer nobody')
    for (const limit of ['0', 'x', '-1', '1000000'])
      await expect(runChurnList(parts(), { limit })).rejects.toThrow('--limit')
  })

  it('warn two weeks before the alarm, once, with words; clear at once when she buys; and begin anew', async () => {
    await store.say(...rhythmOf('a', 0))
    await night(today)
    const first = await of('a')
    expect(first).toMatchObject({
      state: 'none',
      since_no: null,
      reason: `平时约每 10 天买一次，自 ${today} 起未再购买`,
    })
    const due = first?.due_no ?? 0
    const quiet = due - dayNumber(today)
    expect(quiet).toBeGreaterThan(20)
    await night(tomorrow(quiet - churn.leadDays - 1))
    expect(await told()).toEqual([])
    await night(tomorrow(quiet - churn.leadDays))
    await night(tomorrow(quiet - churn.leadDays + 1))
    expect(await told()).toEqual([['churn-warned', 'a', 'time']])
    expect(await of('a')).toMatchObject({ state: 'warning', since_no: due - churn.leadDays, due_no: due })
    const [warned] = await readLog(store.db.reader, { kinds: ['churn-warned'], limit: 1 })
    expect(warned?.detail['words']).toBe(`平时约每 10 天买一次，已 ${String(quiet - churn.leadDays)} 天未买`)
    const listed = await runChurnList(parts(), {})
    expect(listed).toMatchObject({ judged: 1, warnings: 1 })
    expect(listed.customers[0]).toMatchObject({ customer: idOf('a'), state: 'warning' })

    await store.say(order('a', dayOf(store.clock.now())))
    await followers.catchUp()
    expect(await of('a')).toMatchObject({ state: 'none', since_no: null })
    expect((await told())[1]).toEqual(['churn-cleared', 'a', 'order'])
    const later = (await of('a'))?.due_no ?? 0
    await night(addDays(today, later - dayNumber(today) - 3))
    expect((await told()).map(([kind]) => kind)).toEqual(['churn-warned', 'churn-cleared', 'churn-warned'])
  })

  it('tell no news of those who left long ago, however they came to be known', async () => {
    await store.say(...rhythmOf('gone', 300), ...rhythmOf('going', 30))
    await night(today)
    expect((await of('gone'))?.state).toBe('warning')
    expect((await told()).map(([, who]) => who)).not.toContain('gone')
    await store.say(...rhythmOf('imported', 400).map((row) => ({ ...row, source: 'import:orders' })))
    await followers.catchUp()
    expect((await of('imported'))?.state).toBe('warning')
    expect((await told()).map(([, who]) => who)).not.toContain('imported')
    // Whose alarm lies ahead is told, and that it came by an import.
    const before = await told()
    const quiet = ((await of('going'))?.due_no ?? 0) - dayNumber(ago(30))
    await store.say(...rhythmOf('soon', quiet - 5).map((row) => ({ ...row, source: 'import:orders' })))
    await followers.catchUp()
    expect((await told()).slice(before.length)).toEqual([['churn-warned', 'soon', 'import']])
    expect(await runChurnShow(parts(), 'imported')).toMatchObject({
      churn: { state: 'warning', expectedNextDay: null, expectedBetween: null },
    })
  })

  it('are a function of the facts and the day: wiped and told again, late or out of order, in one or many rows', async () => {
    const rows = [
      ...rhythmOf('a', 12),
      ...rhythmOf('b', 45, 3),
      ...rhythmOf('c', 2, 2),
      happening('product-browsed', 'a', ago(40), { sku: 'S1' }),
      happening('product-browsed', 'a', ago(80), { sku: 'S1' }),
    ]
    await store.say(...rows)
    await night(today)
    const first = await all()
    expect(first).toHaveLength(3)
    await store.db.tx((tx) => tx.run('DELETE FROM churn_signal'))
    await lookAtEverybody(parts(), today)
    expect(await all()).toEqual(first)

    const other = await openStore(open, instantOf(today, '10:00'))
    try {
      for (const row of [...rows].reverse()) await other.say(row)
      const turned = createFollowers(
        other.db,
        other.act,
        createChurnFollowers({ churn }),
        createLog('silent'),
      )
      await turned.catchUp()
      await refreshSignals({ db: other.db, act: other.act, churn }, today)
      expect(await readSignals(other.db.reader, { after: '', upTo: null })).toEqual(first)
    } finally {
      await other.drop()
    }
  })

  it('follow refunds back, out of scope too', async () => {
    await store.say(order('a', ago(60), 'A1'), order('a', ago(30), 'A2'))
    await followers.catchUp()
    expect((await of('a'))?.reason).toContain('两次购买相隔 30 天')
    await store.say(happening('order-refunded', 'a', today, { orderId: 'A2' }))
    await followers.catchUp()
    expect(await of('a')).toBeUndefined()
    await store.say(order('a', ago(10), 'A3'))
    await followers.catchUp()
    expect((await of('a'))?.reason).toContain('两次购买相隔 50 天')
  })

  it('follow a merge: two halves of a rhythm are one', async () => {
    await store.say(order('a', ago(60)), order('a', ago(20)), order('b', ago(40)), order('b', ago(5)))
    await followers.catchUp()
    expect(await all()).toHaveLength(2)
    await store.act({ kind: 'cli', verb: 'test' }, (ctx) =>
      mergeCustomers(ctx, idOf('a'), idOf('b'), '同一人'),
    )
    await followers.catchUp()
    const merged = await all()
    expect(merged).toHaveLength(1)
    expect(merged[0]?.reason).toContain('平时约每 18 天买一次')
    await store.db.tx((tx) => tx.run('DELETE FROM churn_signal'))
    await lookAtEverybody(parts(), today)
    expect(await all()).toEqual(merged)
  })

  it('a night that finds nothing new writes nothing', async () => {
    await store.say(
      ...Array.from({ length: 30 }, (_, i) => rhythmOf(`p${String(i)}`, 5 + i, 2 + (i % 5))).flat(),
    )
    await followers.catchUp()
    await refreshSignals(parts(), today)
    expect(await lookAtEverybody(parts(), today)).toEqual({ customers: 30, changed: 0, cause: 'time' })
  })

  it('learn from the shop once it has a past, put it on record, and say what acts have become', async () => {
    const lives: Happening[] = []
    // 160 customers who buy about every 20 days and look around every 5, until they leave; half of them have.
    for (let i = 0; i < 160; i += 1) {
      const shopId = `s${String(i)}`
      const leaves = i % 2 === 0 ? 0 : 60 + ((i * 37) % 380)
      for (let day = 500 - (i % 20); day >= leaves; day -= 17 + ((i + day) % 7))
        lives.push(order(shopId, ago(day)))
      for (let day = 499 - (i % 5); day >= leaves + 25; day -= 5)
        lives.push(happening('product-browsed', shopId, ago(day), { sku: 'S1' }))
    }
    for (let from = 0; from < lives.length; from += 1_000) await store.say(...lives.slice(from, from + 1_000))
    await followers.catchUp()
    const { calibrated, looked } = await refreshSignals(parts(), today)
    expect(calibrated).toMatchObject({ own: true })
    expect(looked).toMatchObject({ customers: 160, cause: 'calibrated' })
    const inForce = await calibrationAsOf(store.db.reader, churn, dayNumber(today))
    expect(inForce).toMatchObject({ own: true, dayNo: dayNumber(today) })
    expect(inForce.parameters).toEqual(calibrated?.parameters)
    expect(inForce.parameters.weights.activityDrop).toBeGreaterThan(0)
    // The day before, nothing of this was known.
    expect((await calibrationAsOf(store.db.reader, churn, dayNumber(ago(1)))).own).toBe(false)
    const said = await churnOf(store.db.reader, churn, today, [idOf('s0'), idOf('s1'), 'c-nobody'])
    expect(said.get(idOf('s0'))?.words).toMatch(
      /^平时约每 (19|20|21) 天买一次，已 \d+ 天未买；近 30 天互动从 6 次降到 1 次$/,
    )
    expect(said.get(idOf('s0'))?.expectedBetween?.[0] ?? '').toMatch(/^2026-0[56]/)
    expect(said.has('c-nobody')).toBe(false)
    expect((await refreshSignals(parts(), today)).calibrated).toBeNull()
    // Within a month it stands, then it is made anew.
    expect((await refreshSignals(parts(), tomorrow(29))).calibrated).toBeNull()
    expect((await refreshSignals(parts(), tomorrow(30))).calibrated).not.toBeNull()
  }, 60_000)
})
