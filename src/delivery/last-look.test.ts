/** What became wrong between the plan and the call: the last look of outbox/last-look.ts, seen from what is really called. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { externalOf, openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { instantOf, isoOf } from '../base/calendar.ts'
import { hours } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey } from '../content/index.ts'
import { saveContacts, saveStaff } from '../customer/index.ts'
import {
  enqueue,
  mannersShape,
  pauseSending,
  publishManners,
  publishTouchpoints,
  resumeSending,
  setLeave,
} from '../outbox/index.ts'
import type { Candidate, PromiseRow } from '../outbox/index.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'

onBothDatabases('the last look before a call', (open) => {
  let world: World
  let broadcast: FakeChannel
  let task: FakeChannel
  let groups: FakeChannel
  let delivery: Delivery
  beforeEach(async () => {
    world = await openWorld(open)
    const now = () => world.clock.now()
    broadcast = fakeChannel('broadcast', { now, maxRecipients: 100 })
    task = fakeChannel('advisor-task', { now, resendWithinMs: hours(4) })
    groups = fakeChannel('group-broadcast', { now })
    delivery = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [broadcast, task, groups],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: [300, 1_000],
    })
  })
  afterEach(async () => {
    await delivery.stop()
    await world.drop()
  })
  const stage = (...candidates: Candidate[]) => world.as((ctx) => enqueue(ctx, candidates))
  const later = (ms: number): void => void world.clock.advance(ms)
  const drain = () => delivery.drainOnce(world.clock.now())
  const manners = (more: object): Promise<void> =>
    world.as((ctx) => publishManners(ctx, 2, mannersShape.parse(more)))
  /** An offer for 14:40 of this Tuesday, decided at 10:00. */
  const offer = (n: number, more: Partial<Candidate> = {}): Candidate =>
    world.candidate(n, {
      channel: 'advisor-task',
      dedupeKey: `offer-${String(n)}`,
      wantedAt: instantOf('2026-05-19', '14:40'),
      expiresAt: instantOf('2026-05-23', '21:00'),
      ...more,
    })
  const row = async (key: string): Promise<PromiseRow> => {
    const found = (await world.promises()).find(({ dedupe_key }) => dedupe_key === key)
    if (!found) throw new Error(`Nobody promised ${key}.`)
    return found
  }
  const fate = async (key: string): Promise<string> => {
    const { state, settle_code, ready_at } = await row(key)
    const when = state === 'queued' ? ` ${isoOf(ready_at).slice(5, 16)}` : ''
    return `${String(state)} ${settle_code ?? ''}${when}`.trim()
  }
  const comesTo = (day: string, time: string): void => world.clock.set(instantOf(day, time))

  it('says no offer to whoever complained or was refunded since, and still answers her', async () => {
    await stage(offer(1), offer(2), offer(3), offer(4, { dedupeKey: 'care', purpose: 'service' }))
    later(hours(1))
    await world.record('complaint-opened', externalOf(1))
    await world.record('order-refunded', externalOf(2))
    await world.record('complaint-opened', externalOf(4))
    comesTo('2026-05-19', '14:40')
    await drain()
    expect(await fate('offer-1')).toBe('cancelled complaint-open')
    expect(await fate('offer-2')).toBe('cancelled refund-open')
    expect(await fate('offer-3')).toBe('waiting')
    expect(await fate('care')).toBe('waiting')
    expect(task.calls).toHaveLength(2)
  })

  it.each(['kf-said', 'chat-said'])('waits twelve hours after a talk (%s)', async (kind) => {
    await stage(offer(1))
    later(hours(4))
    await world.record(kind, externalOf(1))
    comesTo('2026-05-19', '14:40')
    await drain()
    expect(await fate('offer-1')).toBe('queued recent-conversation 05-20T02:00')
    comesTo('2026-05-20', '02:00')
    await drain()
    expect(await fate('offer-1')).toBe('queued recent-conversation 05-20T08:30')
    comesTo('2026-05-20', '08:30')
    await drain()
    expect(await fate('offer-1')).toBe('waiting')
    expect(task.calls).toHaveLength(1)
  })

  it('two offers that a pause has pushed together keep their distance', async () => {
    await stage(
      offer(1),
      offer(1, { dedupeKey: 'second', channel: 'broadcast', wantedAt: instantOf('2026-05-21', '15:00') }),
    )
    await world.as((ctx) => pauseSending(ctx, 'boss', 'stock-taking'))
    comesTo('2026-05-21', '15:00')
    await drain()
    await world.act({ kind: 'staff', userid: 'boss' }, (ctx) => resumeSending(ctx, 'boss', 'done'))
    await drain()
    const fates = [await fate('offer-1'), await fate('second')]
    expect(fates.filter((one) => one === 'waiting')).toHaveLength(1)
    expect(fates.filter((one) => /^queued (cap-day|gap)/.test(one))).toHaveLength(1)
    expect(task.calls.length + broadcast.calls.length).toBe(1)
  })

  it('a group hears one message a day, also after a pause', async () => {
    const message = (day: number): Candidate =>
      world.groupCandidate({
        dedupeKey: `tip-${String(day)}`,
        wantedAt: instantOf(`2026-05-${String(day)}`, '10:00'),
        expiresAt: instantOf('2026-05-23', '21:00'),
      })
    await stage(message(19), message(20))
    comesTo('2026-05-20', '10:00')
    await drain()
    const fates = [await fate('tip-19'), await fate('tip-20')].sort()
    expect(fates[0]).toMatch(/^queued group-broadcast-today 05-20T11:00$/)
    expect(fates[1]).toBe('waiting')
    later(hours(1))
    groups.confirm(groups.accepted[0])
    await delivery.pollOnce(world.clock.now())
    await drain()
    expect(groups.calls).toHaveLength(1)
    comesTo('2026-05-21', '09:30')
    await drain()
    expect(groups.calls).toHaveLength(2)
  })

  it('is not said on a day that its touchpoint leaves out', async () => {
    const notOn = { days: ['2026-05-20'], words: '只在工作日' }
    await stage(offer(1, { notOn }))
    comesTo('2026-05-20', '15:00')
    await drain()
    expect(await fate('offer-1')).toBe('queued day-kind 05-21T14:40')
  })

  it('goes to the deputy of an advisor who fell ill, waits for her without one, and ends when she has left', async () => {
    await world.as((ctx) =>
      saveContacts(ctx, [
        { external: externalOf(1), staff: 'wang', name: '客户1', gender: 2, addedAt: ctx.now - 1 },
      ]),
    )
    await stage(offer(1), offer(3), offer(2))
    const leave = { staff: 'lin', from_day: '2026-05-19', to_day: '2026-05-20', deputy: 'wang' }
    await world.as((ctx) => setLeave(ctx, leave))
    comesTo('2026-05-19', '14:40')
    await drain()
    await drain()
    expect(await row('offer-1')).toMatchObject({ state: 'waiting', sender: 'wang' })
    expect(await fate('offer-3')).toBe('queued advisor-on-leave 05-21T14:40')
    expect(await fate('offer-2')).toBe('waiting')
    await world.as((ctx) => saveStaff(ctx, [{ userid: 'lin', name: 'lin', active: false, contact: true }]))
    comesTo('2026-05-21', '14:40')
    await drain()
    expect(await fate('offer-3')).toBe('cancelled no-advisor')
    expect(task.calls.map(({ sender }) => sender)).toEqual(['wang', 'wang'])
  })

  it('what another cadence has promised for a touchpoint of its own is not said any more', async () => {
    await stage(offer(1), offer(2, { touchpoint: 'kept' }))
    for (const names of [['kept', 'weekly-offer'], ['kept']])
      await world.as((ctx) => publishTouchpoints(ctx, names))
    comesTo('2026-05-19', '14:40')
    await drain()
    expect([await fate('offer-1'), await fate('offer-2')]).toEqual(['cancelled touchpoint-off', 'waiting'])
  })

  it('stricter manners hold for what was promised under the old ones', async () => {
    await manners({ gapHours: 0, marketingPerDay: 5, marketingPerWeek: 20 })
    await stage(offer(1), offer(1, { dedupeKey: 'second', channel: 'broadcast' }))
    await manners({ gapHours: 24, marketingPerDay: 5, marketingPerWeek: 20 })
    comesTo('2026-05-19', '14:40')
    await drain()
    expect([await fate('offer-1'), await fate('second')].sort()).toEqual([
      'queued gap 05-19T15:40',
      'waiting',
    ])
  })

  it('whoever waits for an answer gets it at night and beside other tasks', async () => {
    await stage(offer(1, { dedupeKey: 'care', purpose: 'service', wantedAt: world.clock.now() }))
    await drain()
    comesTo('2026-05-19', '22:31')
    const now = world.clock.now()
    const answer = { purpose: 'service', wantedAt: now, expiresAt: now + hours(4) } as const
    const [decided] = await stage(offer(1, { ...answer, dedupeKey: 'sorry', awaited: true }))
    expect(decided).toMatchObject({ decision: 'queued', dueAt: now })
    const [plain] = await stage(offer(3, { ...answer, dedupeKey: 'plain' }))
    expect(plain).toMatchObject({ decision: 'declined', reasonCode: 'quiet-hours' })
    await drain()
    expect(await fate('sorry')).toBe('waiting')
  })

  it('service waits for a day of its own where it can, and is never lost to other service', async () => {
    const care = (key: string, expiresAt: number): Candidate =>
      offer(1, { dedupeKey: key, purpose: 'service', expiresAt })
    const decided = await stage(
      care('a', instantOf('2026-05-19', '21:30')),
      care('b', instantOf('2026-05-20', '21:30')),
      care('c', instantOf('2026-05-19', '21:30')),
    )
    expect(decided.map(({ decision, dueAt }) => `${decision} ${isoOf(dueAt).slice(5, 16)}`)).toEqual([
      'queued 05-19T14:40',
      'later 05-20T08:30',
      'queued 05-19T14:40',
    ])
  })

  it('a complaint ends with a content verdict, not with an angry one', async () => {
    await world.record('complaint-opened', externalOf(1))
    await world.record('satisfaction-given', externalOf(1), { score: 1, scale: 5 })
    await stage(offer(1))
    expect(await row('offer-1')).toMatchObject({ decision: 'declined', reason_code: 'complaint-open' })
    await world.record('satisfaction-given', externalOf(1), { score: 9, scale: 10 })
    await stage(offer(1, { dedupeKey: 'again' }))
    expect(await row('again')).toMatchObject({ decision: 'queued' })
  })

  it('a touchpoint without caps comes beside an offer, and not to whoever opted out', async () => {
    const ending = { touchpoint: 'coupon-ending', dedupeKey: 'ending', channel: 'advisor-task' } as const
    await stage(offer(1, { channel: 'broadcast' }), offer(1, ending))
    expect(await row('ending')).toMatchObject({ decision: 'queued' })
    await world.record('opted-out', externalOf(2), { purpose: 'marketing' })
    await stage(offer(2, { ...ending, dedupeKey: 'refused' }))
    expect(await row('refused')).toMatchObject({ decision: 'declined', reason_code: 'opted-out' })
  })

  it('a blackout day holds what may be held and declines the rest', async () => {
    await manners({ blackout: ['2026-05-19'] })
    await stage(offer(1, { overCap: 'hold' }), offer(2))
    expect(isoOf((await row('offer-1')).due_at)).toMatch(/^2026-05-20T/)
    expect(await row('offer-2')).toMatchObject({ decision: 'declined', reason_code: 'blackout' })
  })
})
