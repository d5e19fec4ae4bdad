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
import { optOut } from '../customer/index.ts'
import { enqueue, pauseSending, resolveHeld, resumeSending } from '../outbox/index.ts'
import type { Candidate } from '../outbox/index.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'

const delays = [300, 1_000, 3_000]

onBothDatabases('delivery', (open) => {
  let world: World
  let broadcast: FakeChannel
  let group: FakeChannel
  let task: FakeChannel
  let welcome: FakeChannel
  let delivery: Delivery
  beforeEach(async () => {
    world = await openWorld(open)
    const now = () => world.clock.now()
    broadcast = fakeChannel('broadcast', { now })
    group = fakeChannel('group-broadcast', { now })
    task = fakeChannel('advisor-task', { now, resendWithinMs: hours(4) })
    welcome = fakeChannel('welcome', { now, resendWithinMs: seconds(18), outcome: 'sent' })
    delivery = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [broadcast, group, task, welcome],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
    })
  })
  afterEach(async () => {
    await delivery.stop()
    await world.drop()
  })

  const stage = (...candidates: Candidate[]) => world.as((ctx) => enqueue(ctx, candidates))
  const drain = () => delivery.drainOnce(world.clock.now())
  const reconcile = () => delivery.reconcileOnce(world.clock.now())
  const poll = () => delivery.pollOnce(world.clock.now())
  const after = (ms: number) => world.clock.advance(ms)
  const states = () => world.states()
  const key = (n: number) => `offer:${externalOf(n)}:2026-05-19`

  it('puts equal words of one advisor into one call, with the batch token in its links', async () => {
    await stage(world.candidate(1), world.candidate(3), world.candidate(2), world.groupCandidate())
    expect(await drain()).toBe(4)
    expect(broadcast.accepted.map(({ sender, recipients }) => [sender, recipients.length])).toEqual(
      expect.arrayContaining([
        ['lin', 2],
        ['wang', 1],
      ]),
    )
    const [first] = broadcast.accepted
    expect(first?.token).toMatch(/^[A-Za-z0-9_-]{12,}$/)
    expect(first?.body).toContain(`https://shop.example/h5/l/b.${first?.token ?? ''}.game~poll-1`)
    expect(new Set(Object.values(await states()))).toEqual(new Set(['waiting']))
    expect((await world.log()).filter(({ kind }) => kind === 'touch-waiting')).toHaveLength(4)
    // Confirmed by lin, not yet by wang.
    broadcast.confirm(broadcast.accepted.find(({ sender }) => sender === 'lin'))
    after(seconds(30))
    await poll()
    expect(await states()).toMatchObject({ [key(1)]: 'sent', [key(3)]: 'sent', [key(2)]: 'waiting' })
    expect(delivery.idle()).toBe(true)
  })

  it('keeps different words, senders and too many recipients in calls of their own', async () => {
    const small = fakeChannel('broadcast', { maxRecipients: 2, now: () => world.clock.now() })
    const other = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [small],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
    })
    await stage(
      world.candidate(1),
      world.candidate(3),
      world.candidate(5),
      world.candidate(2, { content: { text: '另一句' } }),
      world.candidate(4),
    )
    await other.drainOnce(world.clock.now())
    expect(small.accepted.map(({ recipients }) => recipients.length).sort()).toEqual([1, 1, 1, 2])
    await other.stop()
  })

  it('claims the next ones while the last answer of the first is still awaited', async () => {
    await world.drop()
    world = await openWorld(open, 200)
    const welcomes = fakeChannel('welcome', { now: () => world.clock.now(), outcome: 'sent' })
    let answer = (): void => undefined
    const slow = new Promise<void>((ok) => (answer = ok))
    const { send } = welcomes
    let calls = 0
    delivery = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [
        {
          ...welcomes,
          async send(parcel, signal) {
            calls += 1
            if (calls === 1) await slow
            return send(parcel, signal)
          },
        },
      ],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
    })
    await stage(
      ...Array.from({ length: 150 }, (_, i) =>
        world.candidate(i + 1, { channel: 'welcome', content: { text: `你好，第 ${String(i)} 位` } }),
      ),
    )
    const drained = drain()
    await expect.poll(() => welcomes.accepted.length, { timeout: 15_000 }).toBe(149)
    expect(calls).toBe(150)
    answer()
    expect(await drained).toBe(150)
    expect(new Set(Object.values(await states()))).toEqual(new Set(['sent']))
  })

  it('settles a big broadcast in short transactions, and goes on where a fallen worker stopped', async () => {
    await world.drop()
    world = await openWorld(open, 1_400)
    const now = () => world.clock.now()
    broadcast = fakeChannel('broadcast', { now })
    let acts = 0
    const parts = {
      db: world.db,
      clock: world.clock,
      log: createLog('silent'),
      channels: [broadcast],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
    }
    // 700 customers each: claimed in 2 × 500 + 400, meant in 2, then the first part of a settlement, then silence.
    const fallen = createDelivery({
      ...parts,
      act: (actor, deed, lane) => {
        acts += 1
        return acts > 7 ? new Promise(() => undefined) : world.act(actor, deed, lane)
      },
      failPoint: () => (acts > 7 ? new Promise(() => undefined) : Promise.resolve()),
    })
    const numbers = Array.from({ length: 1_400 }, (_, i) => i + 1)
    for (let from = 0; from < numbers.length; from += 350)
      await stage(...numbers.slice(from, from + 350).map((n) => world.candidate(n)))
    const end = fallen.drainOnce(now())
    while (acts <= 7) await new Promise((ok) => setTimeout(ok, 5))
    expect(broadcast.accepted.length).toBeGreaterThan(0)
    await world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
    delivery = createDelivery({ ...parts, act: world.act })
    for (let turn = 0; turn < 8; turn += 1) {
      await drain()
      after(1_000)
      await reconcile()
    }
    expect(broadcast.accepted.map(({ recipients }) => recipients.length)).toEqual([700, 700])
    expect(new Set(Object.values(await states()))).toEqual(new Set(['waiting']))
    for (const row of broadcast.accepted) broadcast.confirm(row)
    after(minutes(1))
    await poll()
    expect(new Set(Object.values(await states()))).toEqual(new Set(['sent']))
    expect((await world.log()).filter(({ kind }) => kind === 'touch-sent')).toHaveLength(1_400)
    void end
  })

  it('records who was refused at once, and who turns out to be no friend', async () => {
    await stage(world.candidate(1), world.candidate(3))
    broadcast.next = [
      {
        kind: 'waiting',
        remoteId: 'm1',
        why: 'advisor-must-confirm',
        failed: [{ subject: externalOf(3), code: 'not-a-friend', words: '已不是好友' }],
      },
    ]
    await drain()
    expect(await states()).toMatchObject({ [key(1)]: 'waiting', [key(3)]: 'refused' })
    await stage(world.candidate(2))
    await drain()
    broadcast.accepted[0]?.refusedTo.set(externalOf(2), 'quota-used')
    after(seconds(30))
    await poll()
    const [refused] = (await world.promises()).filter(({ dedupe_key }) => dedupe_key === key(2))
    expect(refused).toMatchObject({ state: 'refused', settle_code: 'quota-used' })
  })

  it('tries again what was surely not accepted, gives up in the end, and rests a whole channel when told to', async () => {
    await stage(world.candidate(1))
    broadcast.next = [
      { kind: 'retry', afterMs: 60_000, why: '45009', channelWide: true },
      { kind: 'refused', code: 'forbidden-words', why: '内容不合规' },
    ]
    await drain()
    expect(await states()).toEqual({ [key(1)]: 'queued' })
    await stage(world.candidate(2))
    await drain()
    expect(broadcast.calls).toHaveLength(1)
    expect(await delivery.nextDueAt()).toBe(world.clock.now() + 60_000)
    after(60_000)
    await drain()
    expect(Object.values(await states()).sort()).toEqual(['refused', 'waiting'])
    broadcast.otherwise = { kind: 'retry', afterMs: 0, why: '-1' }
    await stage(world.candidate(3))
    for (let tries = 0; tries < 8; tries += 1) {
      await drain()
      after(minutes(1))
    }
    const [row] = (await world.promises()).filter(({ dedupe_key }) => dedupe_key === key(3))
    expect(row).toMatchObject({ state: 'refused', settle_code: 'gave-up', attempts: 6 })
  })

  it('adopts what a lost answer had made, and sends again only what is surely absent', async () => {
    broadcast.next = ['deaf']
    await stage(world.candidate(1))
    await drain()
    expect(await states()).toEqual({ [key(1)]: 'unknown' })
    await drain()
    expect(broadcast.calls).toHaveLength(1)
    after(300)
    await reconcile()
    expect(await states()).toEqual({ [key(1)]: 'waiting' })

    broadcast.next = ['lost']
    await stage(world.candidate(2))
    await drain()
    const sentBodies = () => broadcast.calls.map(({ body }) => body)
    for (const delay of delays) {
      expect((await states())[key(2)]).toBe('unknown')
      world.clock.set(Math.max(world.clock.now(), (broadcast.calls.at(-1)?.calledAt ?? 0) + delay))
      await reconcile()
    }
    expect((await states())[key(2)]).toBe('queued')
    await drain()
    expect((await states())[key(2)]).toBe('waiting')
    // The same bytes, so that a late twin carries the same token.
    expect(sentBodies()[2]).toBe(sentBodies()[1])
    expect(broadcast.accepted).toHaveLength(2)
  })

  it('takes a twin that turns up late back, and cannot be fooled into adopting two', async () => {
    broadcast.next = ['lost']
    await stage(world.candidate(1))
    await drain()
    for (const delay of delays) {
      world.clock.set(Math.max(world.clock.now(), (broadcast.calls[0]?.calledAt ?? 0) + delay))
      await reconcile()
    }
    await drain()
    const [kept] = broadcast.accepted
    if (!kept) throw new Error('nothing accepted')
    broadcast.accepted.push({ ...kept, remoteId: 'late-twin', sentTo: new Set(), refusedTo: new Map() })
    after(seconds(30))
    await poll()
    expect(broadcast.accepted.map(({ remoteId, cancelled }) => [remoteId, cancelled])).toEqual([
      [kept.remoteId, false],
      ['late-twin', true],
    ])

    broadcast.next = ['deaf']
    await stage(world.candidate(2))
    await drain()
    const twin = broadcast.accepted.at(-1)
    if (!twin) throw new Error('nothing accepted')
    broadcast.accepted.push({
      ...twin,
      remoteId: 'confirmed-twin',
      sentTo: new Set([externalOf(2)]),
      refusedTo: new Map(),
    })
    after(300)
    await reconcile()
    const [row] = (await world.promises()).filter(({ dedupe_key }) => dedupe_key === key(2))
    expect(row).toMatchObject({ state: 'waiting', remote_id: 'confirmed-twin' })
    expect(broadcast.accepted.find(({ remoteId }) => remoteId === twin.remoteId)?.cancelled).toBe(true)
  })

  it('holds for a person what cannot be looked up for a day, and does what she decides', async () => {
    broadcast.next = ['lost']
    broadcast.hidden = true
    await stage(world.candidate(1))
    await drain()
    after(minutes(2))
    await reconcile()
    expect(await states()).toEqual({ [key(1)]: 'unknown' })
    after(days(1))
    await reconcile()
    expect(await states()).toEqual({ [key(1)]: 'held' })
    const id = (await world.promises())[0]?.id ?? ''
    await world.as((ctx) => resolveHeld(ctx, id, 'again'))
    await drain()
    expect((await world.promises())[0]?.state).toBe('waiting')
    await expect(world.as((ctx) => resolveHeld(ctx, id, 'sent'))).rejects.toThrow('不在待人工核对状态')
  })

  it('repeats a card byte for byte inside its four hours, and holds it afterwards', async () => {
    task.next = ['deaf']
    await stage(
      world.candidate(1, { channel: 'advisor-task' }),
      world.candidate(3, { channel: 'advisor-task' }),
    )
    task.latencyMs = 1
    await drain()
    after(minutes(1))
    await reconcile()
    expect(new Set(Object.values(await states()))).toEqual(new Set(['waiting']))
    expect(task.accepted).toHaveLength(2)
    task.otherwise = 'lost'
    await stage(world.candidate(2, { channel: 'advisor-task' }))
    await drain()
    for (let looks = 0; looks < 6; looks += 1) {
      after(hours(1))
      await reconcile()
    }
    expect((await states())[key(2)]).toBe('held')
    expect(new Set(task.calls.slice(3).map(({ body }) => body)).size).toBe(1)
  })

  it('lets a welcome go at any hour, and never after its code has died', async () => {
    world.clock.set(instantOf('2026-05-19', '23:00'))
    const greet = (n: number, dedupeKey: string) =>
      world.candidate(n, {
        dedupeKey,
        channel: 'welcome',
        purpose: 'service',
        personal: true,
        expiresAt: world.clock.now() + seconds(18),
        content: { text: '你好 [[link:me]]', welcomeCode: 'CODE' },
      })
    await stage(greet(1, 'w1'))
    welcome.next = ['lost']
    await drain()
    after(600)
    await reconcile()
    expect(await states()).toEqual({ w1: 'sent' })
    expect(welcome.accepted[0]?.body).toContain('/h5/l/p.')
    await stage(greet(2, 'w2'))
    welcome.otherwise = 'lost'
    await drain()
    after(seconds(19))
    await reconcile()
    expect((await states())['w2']).toBe('expired')
    await stage(greet(3, 'w3'))
    after(seconds(18))
    await drain()
    expect((await states())['w3']).toBe('expired')
    expect(welcome.calls.filter(({ recipients }) => recipients[0]?.subject === externalOf(3))).toEqual([])
  })

  it('minds the hour again before it calls, and says so when the time has run out', async () => {
    await stage(world.candidate(1), world.candidate(2, { expiresAt: world.clock.now() + hours(2) }))
    world.clock.set(instantOf('2026-05-19', '11:05'))
    await drain()
    expect(broadcast.calls).toEqual([])
    expect(await states()).toEqual({ [key(1)]: 'queued', [key(2)]: 'expired' })
    expect(await delivery.nextDueAt()).toBe(instantOf('2026-05-19', '14:30'))
    world.clock.set(instantOf('2026-05-19', '14:30'))
    await drain()
    expect((await states())[key(1)]).toBe('waiting')
    expect((await world.log()).filter(({ kind }) => kind === 'touch-expired')).toHaveLength(1)
  })

  it('takes an unconfirmed broadcast back before calling it expired; a press in the last second counts', async () => {
    const expiresAt = world.clock.now() + hours(3)
    await stage(world.candidate(1, { expiresAt }), world.candidate(2, { expiresAt }))
    await drain()
    const cancel = broadcast.cancel?.bind(broadcast)
    // Lin presses while we are about to take it back.
    Object.assign(broadcast, {
      cancel: async (remoteId: string, signal: AbortSignal) => {
        const row = broadcast.accepted.find((one) => one.remoteId === remoteId)
        if (row?.sender === 'lin') broadcast.confirm(row)
        await cancel?.(remoteId, signal)
      },
    })
    world.clock.set(expiresAt)
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'sent', [key(2)]: 'expired' })
    expect(broadcast.accepted.every(({ cancelled }) => cancelled)).toBe(true)
  })

  it('lets a late confirmation settle to sent even after it was called expired', async () => {
    const expiresAt = world.clock.now() + hours(3)
    await stage(world.candidate(1, { expiresAt }))
    await drain()
    world.clock.set(expiresAt)
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'expired' })
    broadcast.accepted[0]?.sentTo.add(externalOf(1))
    after(minutes(10))
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'sent' })
    expect(await delivery.nextDueAt()).toBeNull()
  })

  it('reminds an advisor at most three times in 24 hours and never in the quiet hours', async () => {
    await stage(world.candidate(1, { expiresAt: world.clock.now() + days(3) }))
    await drain()
    const remindedAt: number[] = []
    for (let step = 0; step < 2 * 24 * 2; step += 1) {
      after(minutes(30))
      const before = broadcast.reminded.length
      await poll()
      if (broadcast.reminded.length > before) remindedAt.push(world.clock.now())
    }
    expect(remindedAt.length).toBeGreaterThan(2)
    for (const at of remindedAt)
      expect(remindedAt.filter((other) => other >= at && other < at + days(1)).length).toBeLessThanOrEqual(3)
    const hoursOfDay = remindedAt.map((at) => new Date(at + hours(8)).getUTCHours())
    expect(hoursOfDay.every((hour) => hour >= 8 && hour < 22)).toBe(true)
  })

  it('takes a waiting broadcast back when one of its customers opts out, and issues it again for the others', async () => {
    await stage(world.candidate(1), world.candidate(3), world.candidate(5))
    await drain()
    await world.as((ctx) => optOut(ctx, externalOf(3), { purpose: 'marketing', via: 'h5' }))
    await world.followers.catchUp()
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'queued', [key(3)]: 'cancelled', [key(5)]: 'queued' })
    await drain()
    expect(await states()).toMatchObject({ [key(1)]: 'waiting', [key(5)]: 'waiting' })
    expect(broadcast.accepted.map(({ recipients, cancelled }) => [recipients.length, cancelled])).toEqual([
      [3, true],
      [2, false],
    ])
  })

  it('reads consent again before each call, and while a call is under way', async () => {
    await stage(world.candidate(1), world.candidate(2))
    await world.as((ctx) => optOut(ctx, externalOf(1), { purpose: 'marketing', via: 'h5' }))
    await drain()
    expect(await states()).toEqual({ [key(1)]: 'cancelled', [key(2)]: 'waiting' })
    const send = task.send.bind(task)
    Object.assign(task, {
      send: async (...args: Parameters<typeof send>) => {
        await world.as((ctx) => optOut(ctx, externalOf(3), { purpose: 'marketing', via: 'h5' }))
        await world.followers.catchUp()
        return send(...args)
      },
    })
    await stage(world.candidate(3, { channel: 'advisor-task' }))
    await drain()
    expect((await states())[key(3)]).toBe('cancelled')
  })

  it('stops at the switch: nothing is called, what waits is taken back, and only a person goes on', async () => {
    await stage(world.candidate(1))
    await drain()
    await stage(world.candidate(2))
    await world.as((ctx) => pauseSending(ctx, 'admin', '文案有误'))
    await world.as((ctx) => pauseSending(ctx, 'admin', '再按一次'))
    await drain()
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'cancelled', [key(2)]: 'queued' })
    expect(broadcast.accepted.map(({ cancelled }) => cancelled)).toEqual([true])
    after(seconds(10))
    await drain()
    expect(broadcast.calls).toHaveLength(1)
    await world.act({ kind: 'staff', userid: 'admin' }, (ctx) => resumeSending(ctx, 'admin', '已修正'))
    await drain()
    expect((await states())[key(2)]).toBe('waiting')
    const switches = (await world.log()).filter(({ kind }) => kind.startsWith('sending-'))
    expect(switches.map(({ kind }) => kind)).toEqual(['sending-paused', 'sending-resumed'])
  })

  it('stops only what the switch was thrown for: a touchpoint, a channel, a campaign', async () => {
    const words = { content: { text: '一样的话 [[link:me]]' } }
    const offer = world.candidate(1, words)
    const summer = world.candidate(3, { ...words, touchpoint: 'summer-offer', campaign: 'summer' })
    await stage(offer, summer)
    await drain()
    expect(broadcast.accepted).toHaveLength(1)
    const stop = (scope: 'campaign' | 'channel' | 'touchpoint', name: string) =>
      world.as((ctx) => pauseSending(ctx, 'admin', '核对', { scope, name }))
    await stop('campaign', 'summer')
    await poll()
    // What only travelled with it is issued again.
    expect(await states()).toEqual({ [key(1)]: 'queued', [key(3)]: 'cancelled' })
    expect(broadcast.accepted[0]?.cancelled).toBe(true)
    await stop('touchpoint', 'care')
    await stop('channel', 'advisor-task')
    await stage(
      world.candidate(2, { campaign: 'summer' }),
      world.candidate(4, { touchpoint: 'care' }),
      world.candidate(5, { channel: 'advisor-task' }),
      world.candidate(6),
    )
    await drain()
    expect(await states()).toEqual({
      [key(1)]: 'waiting',
      [key(2)]: 'queued',
      [key(3)]: 'cancelled',
      [key(4)]: 'queued',
      [key(5)]: 'queued',
      [key(6)]: 'waiting',
    })
    expect(task.calls).toEqual([])
    expect(await delivery.nextDueAt()).toBeGreaterThan(world.clock.now())
    const resume = (scope: 'campaign' | 'channel' | 'touchpoint', name: string) =>
      world.act({ kind: 'staff', userid: 'admin' }, (ctx) =>
        resumeSending(ctx, 'admin', '已核对', { scope, name }),
      )
    await resume('channel', 'advisor-task')
    await drain()
    expect(await states()).toMatchObject({ [key(4)]: 'queued', [key(5)]: 'waiting' })
    await expect(world.as((ctx) => resumeSending(ctx, 'planner', '自动恢复'))).rejects.toMatchObject({
      code: 'person-only',
    })
  })

  it('calls nothing that was claimed before the switch was thrown and meant after it', async () => {
    const paused = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [broadcast],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: delays,
      failPoint: async (point) => {
        if (point !== 'claimed') return
        await world.as((ctx) =>
          pauseSending(ctx, 'admin', '文案有误', { scope: 'touchpoint', name: 'weekly-offer' }),
        )
      },
    })
    await stage(world.candidate(1))
    await paused.drainOnce(world.clock.now())
    expect(broadcast.calls).toEqual([])
    expect(await states()).toEqual({ [key(1)]: 'queued' })
    await paused.stop()
  })

  it('ends a task that no advisor sent', async () => {
    await stage(world.candidate(1, { channel: 'advisor-task', expiresAt: world.clock.now() + hours(5) }))
    await drain()
    expect(await delivery.nextDueAt()).toBe(world.clock.now() + hours(5))
    after(hours(5))
    await poll()
    expect(await states()).toEqual({ [key(1)]: 'expired' })
  })

  it('holds a poison job after three tries, and the others go on', async () => {
    const compose = task.compose.bind(task)
    Object.assign(task, {
      compose: (draft: Parameters<typeof compose>[0]) => {
        if (draft.recipients[0]?.subject === externalOf(1))
          throw new Error('a template that cannot be filled')
        return compose(draft)
      },
    })
    await stage(
      world.candidate(1, { channel: 'advisor-task' }),
      world.candidate(2, { channel: 'advisor-task' }),
    )
    for (let tries = 0; tries < 5; tries += 1) {
      await drain()
      after(minutes(1))
    }
    expect(await states()).toEqual({ [key(1)]: 'held', [key(2)]: 'waiting' })
    const held = (await world.log()).filter(({ kind }) => kind === 'touch-held')
    expect(held.map(({ detail }) => detail['code'])).toEqual(['poison'])
  })
})
