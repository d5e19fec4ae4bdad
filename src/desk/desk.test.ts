import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import { externalOf, openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { instantOf } from '../base/calendar.ts'
import { hours } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey, readLink } from '../content/index.ts'
import { endContact } from '../customer/index.ts'
import { createDelivery } from '../delivery/index.ts'
import type { Delivery } from '../delivery/index.ts'
import { defaultManners, enqueue, publishManners } from '../outbox/index.ts'
import type { Candidate } from '../outbox/index.ts'
import { readWords } from '../interaction/index.ts'
import { recordCall } from './call.ts'
import { beginSend, setOptOut, settleSend, skipTask } from './send.ts'
import { tasksOf, today } from './today.ts'
import type { DeskParts } from './today.ts'

onBothDatabases('the desk', (open) => {
  let world: World
  let delivery: Delivery
  const links = { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) }
  const parts: DeskParts = { links, tierTitle: (tier) => (tier === 'lead' ? '潜在客户' : tier) }
  beforeEach(async () => {
    world = await openWorld(open)
    delivery = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [
        fakeChannel('advisor-task', { resendWithinMs: hours(4) }),
        fakeChannel('phone-task', { resendWithinMs: hours(4) }),
      ],
      links,
      reconcileDelaysMs: [300],
    })
  })
  afterEach(async () => {
    await delivery.stop()
    await world.drop()
  })

  const task = (n: number, more: Partial<Candidate> = {}) =>
    world.candidate(n, { channel: 'advisor-task', personal: true, ...more })
  async function hand(...candidates: Candidate[]) {
    await world.as((ctx) => enqueue(ctx, candidates))
    await delivery.drainOnce(world.clock.now())
  }
  const list = (staff = 'lin') => today(parts, world.db.reader, staff, world.clock.now())
  const waiting = async (): Promise<unknown[]> =>
    (await list()).items.filter(({ state }) => state === 'waiting' || state === 'intent')
  const idOf = async (n: number) => {
    const found = (await world.promises()).find(({ subject }) => subject === externalOf(n))
    if (!found) throw new Error('no such promise')
    return found.id
  }

  it('shows an advisor her own tasks by value and deadline, ready to send, with the customer’s own link', async () => {
    await hand(task(1), task(3, { priority: 50 }), task(2))
    const { total, items } = await list()
    expect(total).toBe(2)
    expect(items.map(({ promise, name }) => [promise.subject, name])).toEqual([
      [externalOf(3), '客户3'],
      [externalOf(1), '客户1'],
    ])
    const [first] = items
    expect(first).toMatchObject({
      state: 'waiting',
      why: '她上周看过这一款',
      tierTitle: '潜在客户',
      warnings: [],
    })
    const token = /\/h5\/l\/(\S+)/.exec(first?.text ?? '')?.[1] ?? ''
    expect(readLink(links.key, token)).toEqual({
      kind: 'personal',
      promise: first?.promise.id,
      target: 'game/poll-1',
    })
  })

  it('goes the two taps: intent, then sent; sending twice is asked about, settling twice is harmless', async () => {
    await hand(task(1))
    const id = await idOf(1)
    await world.as((ctx) => beginSend(ctx, 'lin', id, '改写过的话'))
    expect((await list()).items[0]?.state).toBe('intent')
    await expect(world.as((ctx) => beginSend(ctx, 'lin', id, '再点一次'))).rejects.toMatchObject({
      code: 'intent-open',
      status: 409,
    })
    await world.as((ctx) => settleSend(ctx, 'lin', id, 'sent'))
    await world.as((ctx) => settleSend(ctx, 'lin', id, 'sent'))
    await world.as((ctx) => settleSend(ctx, 'lin', id, 'not-sent'))
    const log = (await world.log()).filter(({ kind }) => kind.startsWith('touch-'))
    expect(log.map(({ kind }) => kind)).toEqual(['touch-waiting', 'touch-intent', 'touch-sent'])
    const words = await readWords(
      world.db.reader,
      log.map((row) => row.id),
    )
    expect([...words.values()]).toEqual(['改写过的话'])
    expect(await waiting()).toEqual([])
    await expect(world.as((ctx) => beginSend(ctx, 'lin', id, '又来'))).rejects.toMatchObject({
      code: 'task-over',
    })
  })

  it('keeps what she finished in the list until midnight, so that she sees how far she is', async () => {
    await hand(task(1), task(3), task(5))
    await world.as(async (ctx) => beginSend(ctx, 'lin', await idOf(1), '好'))
    await world.as(async (ctx) => settleSend(ctx, 'lin', await idOf(1), 'sent'))
    await world.as(async (ctx) => skipTask(ctx, 'lin', await idOf(3), '刚聊过'))
    const { total, items } = await list()
    expect(total).toBe(3)
    expect(items[0]?.state).toBe('waiting')
    expect(items.map(({ state }) => state).sort()).toEqual(['sent', 'skipped', 'waiting'])
    const hers = await tasksOf(parts, world.db.reader, 'lin', externalOf(1), world.clock.now())
    expect(hers.map(({ state }) => state)).toEqual(['sent'])
    world.clock.advance(hours(24))
    expect((await list()).items.map(({ state }) => state)).toEqual(['waiting'])
  })

  it('offers a task again only after she said that it was not sent', async () => {
    await hand(task(1))
    const id = await idOf(1)
    await world.as((ctx) => beginSend(ctx, 'lin', id, '你好'))
    await expect(world.as((ctx) => skipTask(ctx, 'lin', id, '不合适'))).rejects.toMatchObject({
      code: 'intent-open',
    })
    await world.as((ctx) => settleSend(ctx, 'lin', id, 'not-sent'))
    expect((await list()).items[0]?.state).toBe('waiting')
    await world.as((ctx) => beginSend(ctx, 'lin', id, '你好'))
    // Time runs out with the question open: it stays, and her late answer still counts.
    world.clock.advance(hours(40))
    await delivery.pollOnce(world.clock.now())
    const [open] = (await list()).items
    expect(open?.promise.state).toBe('expired')
    expect(open?.state).toBe('intent')
    await world.as((ctx) => settleSend(ctx, 'lin', id, 'sent'))
    expect((await world.promises())[0]?.state).toBe('sent')
  })

  it('records why she passed a task over', async () => {
    await hand(task(1))
    const id = await idOf(1)
    await world.as((ctx) => skipTask(ctx, 'lin', id, '客户在出差'))
    await world.as((ctx) => skipTask(ctx, 'lin', id, '再点一次'))
    const skipped = (await world.log()).filter(({ kind }) => kind === 'touch-skipped')
    expect(skipped.map(({ who, detail }) => [who.staff, detail['words']])).toEqual([['lin', '客户在出差']])
    expect((await list()).items.map(({ state }) => state)).toEqual(['skipped'])
    expect(await waiting()).toEqual([])
  })

  it('knows no customer and no task of somebody else, nor of a contact that has ended', async () => {
    await hand(task(1), task(2))
    const hers = await idOf(2)
    const mine = await idOf(1)
    const refused = { code: 'not-found', status: 404 }
    await expect(
      tasksOf(parts, world.db.reader, 'lin', externalOf(2), world.clock.now()),
    ).rejects.toMatchObject(refused)
    await expect(world.as((ctx) => beginSend(ctx, 'lin', hers, 'x'))).rejects.toMatchObject(refused)
    await expect(world.as((ctx) => settleSend(ctx, 'lin', hers, 'sent'))).rejects.toMatchObject(refused)
    await expect(world.as((ctx) => skipTask(ctx, 'lin', hers, 'x'))).rejects.toMatchObject(refused)
    await expect(
      world.as((ctx) => setOptOut(ctx, 'lin', externalOf(2), { optedOut: true, said: '' })),
    ).rejects.toMatchObject(refused)
    expect(await tasksOf(parts, world.db.reader, 'lin', externalOf(1), world.clock.now())).toHaveLength(1)
    await world.as((ctx) => endContact(ctx, externalOf(1), 'lin', ctx.now))
    await expect(world.as((ctx) => beginSend(ctx, 'lin', mine, 'x'))).rejects.toMatchObject(refused)
    expect(await waiting()).toEqual([])
  })

  it('warns and never blocks: talked, complained, reached today, quiet hours', async () => {
    await hand(task(1))
    await world.record('kf-said', externalOf(1))
    await world.record('complaint-opened', externalOf(1))
    const [offer] = (await list()).items
    expect(offer?.warnings).toEqual(['有未解决的售后', '刚聊过'])
    await world.as((ctx) => beginSend(ctx, 'lin', offer?.promise.id ?? '', '好'))
    await world.as((ctx) => settleSend(ctx, 'lin', offer?.promise.id ?? '', 'sent'))
    await hand(task(1, { dedupeKey: 'care', purpose: 'service', touchpoint: 'care' }))
    world.clock.set(instantOf('2026-05-19', '22:00'))
    const [care] = (await list()).items
    expect(care?.warnings).toEqual(['有未解决的售后', '今天已触达', '现在是安静时段'])
  })

  it('warns of a refund just made, and of a week that holds no more offers', async () => {
    await world.record('order-refunded', externalOf(1))
    await hand(task(1, { purpose: 'service' }))
    expect((await list()).items[0]?.warnings).toEqual(['3 天内有退款'])
    await hand(task(2))
    const first = await idOf(2)
    await world.as((ctx) => beginSend(ctx, 'wang', first, '好'))
    await world.as((ctx) => settleSend(ctx, 'wang', first, 'sent'))
    world.clock.set(world.clock.now() + hours(50))
    await hand(
      task(2, { dedupeKey: 'second', wantedAt: world.clock.now(), expiresAt: world.clock.now() + hours(90) }),
    )
    const open = async () =>
      (await list('wang')).items
        .filter(({ state }) => state === 'waiting')
        .map(({ promise, warnings }) => [promise.dedupe_key, warnings])
    expect(await open()).toEqual([['second', []]])
    await world.as((ctx) => publishManners(ctx, 2, { ...defaultManners, marketingPerWeek: 1 }))
    expect(await open()).toEqual([['second', ['7 天内已营销触达 1 次，到上限了']]])
  })

  it('ends an unsent offer when she notes the opt-out of a customer, and opens the way again', async () => {
    await hand(task(1))
    await world.as((ctx) => setOptOut(ctx, 'lin', externalOf(1), { optedOut: true, said: '不要再发' }))
    await world.followers.catchUp()
    expect((await world.promises())[0]).toMatchObject({ state: 'cancelled', settle_code: 'opted-out' })
    expect(await waiting()).toEqual([])
    await world.as((ctx) => setOptOut(ctx, 'lin', externalOf(1), { optedOut: false, said: '' }))
    await hand(task(1, { dedupeKey: 'then' }))
    expect((await list()).total).toBe(1)
  })

  it('notes how each call went: she may try again, reached ends it as sent, a wrong person as refused', async () => {
    const call = (n: number) => task(n, { channel: 'phone-task', purpose: 'service' })
    await hand(call(1), call(3), task(5))
    const [first, third] = [await idOf(1), await idOf(3)]
    const note = (id: string, outcome: Parameters<typeof recordCall>[3]['outcome'], said = '') =>
      world.as((ctx) => recordCall(ctx, 'lin', id, { outcome, said }))
    expect((await list()).items.find(({ promise }) => promise.id === first)?.call).toEqual({})
    expect((await note(first, 'not-reached')).state).toBe('waiting')
    world.clock.advance(hours(1))
    expect((await note(first, 'call-back', '下午五点再打')).state).toBe('waiting')
    const again = (await list()).items.find(({ promise }) => promise.id === first)
    expect(again?.call?.last).toEqual({ words: '约好再打', at: world.clock.now() })
    expect(await note(first, 'reached')).toMatchObject({ state: 'sent', settle_code: 'reached' })
    expect((await note(first, 'reached')).state).toBe('sent')
    expect(await note(third, 'wrong-person')).toMatchObject({ state: 'refused', settle_words: '不是本人' })
    await expect(note(third, 'reached')).rejects.toMatchObject({ code: 'task-over' })
    await expect(note(await idOf(5), 'reached')).rejects.toMatchObject({ code: 'not-a-call' })
    await expect(world.as((ctx) => beginSend(ctx, 'lin', third, '你好'))).rejects.toMatchObject({
      code: 'call-task',
    })
    await expect(
      world.as((ctx) => recordCall(ctx, 'wang', first, { outcome: 'reached', said: '' })),
    ).rejects.toMatchObject({ status: 404 })
    const log = await world.log()
    const noted = log.filter(({ kind }) => kind === 'call-noted')
    expect(noted.map(({ detail }) => detail['outcome'])).toEqual([
      'not-reached',
      'call-back',
      'reached',
      'wrong-person',
    ])
    const words = await readWords(
      world.db.reader,
      noted.map((row) => row.id),
    )
    expect([...words.values()]).toEqual(['下午五点再打'])
    expect((await list()).items.map(({ state }) => state).sort()).toEqual(['over', 'sent', 'waiting'])
  })
})
