/** What waits for a person: one offer at a time, reminders that are counted, and unknowns that only a person can settle. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { externalOf, openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { instantOf } from '../base/calendar.ts'
import { days, hours, minutes, seconds } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey } from '../content/index.ts'
import { enqueue, listPromises, mannersShape, publishManners, resolveHeld } from '../outbox/index.ts'
import type { Candidate } from '../outbox/index.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'
import { remindersOf } from './remind.ts'

const delays = [300, 1_000, 3_000]

onBothDatabases('what waits for a person', (open) => {
  let world: World
  let broadcast: FakeChannel
  let task: FakeChannel
  let phone: FakeChannel
  let delivery: Delivery
  const freshServer = (): Delivery =>
    createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [broadcast, task, phone],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
    })
  beforeEach(async () => {
    world = await openWorld(open)
    const now = () => world.clock.now()
    broadcast = fakeChannel('broadcast', { now })
    task = fakeChannel('advisor-task', { now, resendWithinMs: hours(4) })
    phone = fakeChannel('phone-task', { now, resendWithinMs: hours(4) })
    delivery = freshServer()
  })
  afterEach(async () => {
    await delivery.stop()
    await world.drop()
  })
  const stage = (...candidates: Candidate[]) => world.as((ctx) => enqueue(ctx, candidates))
  const drain = () => delivery.drainOnce(world.clock.now())
  const reconcile = () => delivery.reconcileOnce(world.clock.now())
  const poll = () => delivery.pollOnce(world.clock.now())
  const stateOf = async (key: string) => (await world.states())[key]
  const service = (n: number, dedupeKey: string, more: Partial<Candidate> = {}): Candidate =>
    world.candidate(n, { dedupeKey, purpose: 'service', expiresAt: world.clock.now() + days(3), ...more })
  /** In steps of half an hour; a new server each time, so that nothing is known by heart. */
  async function live(ms: number): Promise<void> {
    for (const end = world.clock.now() + ms; world.clock.now() < end;) {
      world.clock.advance(minutes(30))
      await delivery.stop()
      delivery = freshServer()
      await poll()
    }
  }

  it('has one offer per customer and channel in hand; the next goes when the first is sent, service goes at once', async () => {
    await world.as((ctx) =>
      publishManners(ctx, 2, mannersShape.parse({ gapHours: 0, marketingPerDay: 5, marketingPerWeek: 20 })),
    )
    await stage(world.candidate(1, { dedupeKey: 'first' }))
    await drain()
    // Meant for somebody else, and moved over by hand.
    await stage(world.candidate(2, { dedupeKey: 'second' }), service(1, 'care'))
    await world.db.tx((tx) =>
      tx.run(`UPDATE promise SET customer = $1, subject = $2, sender = 'lin' WHERE dedupe_key = 'second'`, [
        world.candidate(1).customer ?? '',
        externalOf(1),
      ]),
    )
    await drain()
    expect(await world.states()).toEqual({ first: 'waiting', second: 'queued', care: 'waiting' })
    broadcast.confirm(broadcast.accepted.find(({ recipients }) => recipients.length === 1))
    world.clock.advance(minutes(30))
    await poll()
    await drain()
    expect([await stateOf('first'), await stateOf('second')]).toEqual(['sent', 'waiting'])
  })

  it('counts reminders in the database: three a day at most, over restarts, never at night', async () => {
    await stage(service(1, 'b', { expiresAt: world.clock.now() + days(4) }))
    await drain()
    const at: number[] = []
    for (let day = 0; day < 2; day += 1) {
      for (let half = 0; half < 48; half += 1) {
        const before = broadcast.reminded.length
        await live(minutes(30))
        if (broadcast.reminded.length > before) at.push(world.clock.now())
      }
    }
    const [row] = await world.db.reader.rows<{ reminders: number }>('select reminders from parcel')
    expect(row?.reminders).toBe(at.length)
    expect(at.length).toBeGreaterThanOrEqual(4)
    for (const one of at)
      expect(at.filter((other) => other >= one && other < one + days(1)).length).toBeLessThanOrEqual(3)
    expect(
      at.map((one) => new Date(one + hours(8)).getUTCHours()).every((hour) => hour >= 8 && hour < 22),
    ).toBe(true)
    expect((await world.log()).filter(({ kind }) => kind === 'sender-reminded')).toHaveLength(at.length)
    const { items } = await listPromises(world.db.reader, { page: 1, size: 10 })
    const seen = (await remindersOf(world.db.reader, items, world.clock.now())).get(items[0]?.id ?? '')
    expect(seen?.count).toBe(at.length)
    expect(seen?.nextAt).toBeGreaterThan(world.clock.now() - 1)
  })

  it('tells an advisor once of all that lies in her list, messages and calls, and not of what she pressed', async () => {
    await stage(
      service(1, 't1', { channel: 'advisor-task' }),
      service(3, 't3', { channel: 'phone-task' }),
      service(2, 't2', { channel: 'advisor-task' }),
    )
    await drain()
    await world.db.tx((tx) => tx.run(`UPDATE promise SET pressed_at = 1 WHERE dedupe_key = 't2'`))
    await live(hours(1))
    expect(task.reminded).toEqual([])
    await live(hours(2))
    expect(task.reminded).toEqual(['lin'])
    const [told] = (await world.log()).filter(({ kind }) => kind === 'sender-reminded')
    expect(told).toMatchObject({ who: { staff: 'lin' }, detail: { tasks: 2, calls: 1 } })
    await live(days(1))
    expect(task.reminded.length).toBeLessThanOrEqual(3)
    const { items } = await listPromises(world.db.reader, { page: 1, size: 10 })
    const seen = await remindersOf(world.db.reader, items, world.clock.now())
    const t1 = items.find(({ dedupe_key: key }) => key === 't1')
    expect(seen.get(t1?.id ?? '')?.count).toBe(task.reminded.length)
  })

  it('says of a call that nobody made what it was', async () => {
    await stage(service(1, 'c', { channel: 'phone-task', expiresAt: world.clock.now() + hours(5) }))
    await drain()
    world.clock.advance(hours(5))
    await poll()
    const [row] = await world.promises()
    expect(row).toMatchObject({ state: 'expired', settle_code: 'not-called' })
  })

  it('holds words that carry no token for a person at once, and writes down what she decides', async () => {
    const compose = broadcast.compose.bind(broadcast)
    Object.assign(broadcast, {
      compose: (draft: Parameters<typeof compose>[0]) => compose({ ...draft, batchToken: '' }),
    })
    const plain = { content: { text: '今天也要好好吃饭' } }
    for (const [n, verdict, end] of [
      [1, 'again', 'waiting'],
      [3, 'sent', 'sent'],
      [5, 'cancel', 'cancelled'],
    ] as const) {
      broadcast.next = ['deaf']
      await stage(service(n, `h${String(n)}`, plain))
      await drain()
      world.clock.advance(seconds(1))
      await reconcile()
      const [held] = (await world.promises()).filter(({ state }) => state === 'held')
      expect(held).toMatchObject({ settle_code: 'unsure' })
      await world.act({ kind: 'staff', userid: 'boss' }, (ctx) => resolveHeld(ctx, held?.id ?? '', verdict))
      await drain()
      expect(await stateOf(`h${String(n)}`)).toBe(end)
    }
    const decided = (await world.log()).filter(({ kind }) => kind === 'held-resolved')
    expect(decided.map(({ detail }) => [detail['verdict'], detail['by']])).toEqual([
      ['again', 'boss'],
      ['sent', 'boss'],
      ['cancel', 'boss'],
    ])
  })

  it('does not adopt what belongs to another parcel already, and takes back the unconfirmed of two', async () => {
    await stage(service(1, 'known'))
    await drain()
    const [known] = broadcast.accepted
    broadcast.next = ['deaf']
    await stage(service(2, 'lost'))
    await drain()
    const lost = broadcast.accepted.at(-1)
    if (!known || !lost) throw new Error('nothing was accepted')
    // The search also names a broadcast that is somebody else's, and a twin.
    broadcast.accepted.push({ ...lost, remoteId: 'twin', sentTo: new Set(), refusedTo: new Map() })
    const find = broadcast.find?.bind(broadcast)
    Object.assign(broadcast, {
      find: async (...asked: Parameters<NonNullable<typeof find>>) => {
        const found = await find?.(...asked)
        return Array.isArray(found) ? [{ remoteId: known.remoteId, confirmed: true }, ...found] : found
      },
    })
    world.clock.advance(300)
    await reconcile()
    const rows = await world.promises()
    expect(rows.map(({ dedupe_key: key, state, remote_id: id }) => [key, state, id])).toEqual([
      ['known', 'waiting', known.remoteId],
      ['lost', 'waiting', lost.remoteId],
    ])
    expect(broadcast.accepted.map(({ remoteId, cancelled }) => [remoteId, cancelled])).toEqual([
      [known.remoteId, false],
      [lost.remoteId, false],
      ['twin', true],
    ])
  })

  it('repeats a lost card in its hours only', async () => {
    world.clock.set(instantOf('2026-05-19', '21:20'))
    task.otherwise = 'lost'
    await stage(service(1, 'evening-card', { channel: 'advisor-task' }))
    await drain()
    world.clock.set(instantOf('2026-05-19', '21:48'))
    await reconcile()
    expect(await stateOf('evening-card')).toBe('unknown')
    expect(task.calls).toHaveLength(1)
    world.clock.set(instantOf('2026-05-20', '01:21'))
    await reconcile()
    expect(await stateOf('evening-card')).toBe('held')
    expect(task.calls).toHaveLength(1)
  })

  it('lets a lost card rest when its four hours end at night, and never repeats it in the morning', async () => {
    world.clock.set(instantOf('2026-05-19', '20:30'))
    task.otherwise = 'lost'
    await stage(service(1, 'late-card', { channel: 'advisor-task' }))
    await drain()
    world.clock.set(instantOf('2026-05-20', '09:00'))
    await reconcile()
    expect(await stateOf('late-card')).toBe('held')
    expect(task.calls).toHaveLength(1)
  })
})
