import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { customerOfNumber, externalOf, openWorld, tuesday } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { instantOf, isoOf } from '../base/calendar.ts'
import { days, hours, minutes } from '../base/clock.ts'
import { endContact, optIn, optOut, saveGroup, saveStaff } from '../customer/index.ts'
import { decide, enqueue, publishManners } from './enqueue.ts'
import { mannersShape } from './manners.ts'
import type { Candidate, Decided } from './promise.ts'
import { lockPromises } from './promise.store.ts'
import { move } from './settle.ts'

onBothDatabases('enqueue', (open) => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(open)
  })
  afterEach(() => world.drop())

  const stage = (...candidates: Candidate[]): Promise<Decided[]> =>
    world.as((ctx) => enqueue(ctx, candidates))
  const codes = (decided: readonly Decided[]) => decided.map((one) => `${one.decision} ${one.reasonCode}`)
  const settleAs = (state: 'sent' | 'refused' | 'expired') =>
    world.as(async (ctx) => {
      const rows = await lockPromises(
        ctx.tx,
        (await world.promises()).filter((row) => row.state === 'queued').map(({ id }) => id),
      )
      await move(ctx, rows, { to: 'claimed', holder: 'w' })
      const claimed = await lockPromises(
        ctx.tx,
        rows.map(({ id }) => id),
      )
      await move(ctx, claimed, { to: 'intent' })
      const meant = await lockPromises(
        ctx.tx,
        rows.map(({ id }) => id),
      )
      await move(ctx, meant, { to: state })
    })

  it('the dry run says what the deed then does, and writes nothing', async () => {
    const set = [world.candidate(1), world.candidate(2), world.groupCandidate()]
    const dry = await decide(world.db.reader, set, world.clock.now())
    expect(await world.promises()).toEqual([])
    const real = await stage(...set)
    expect(real).toEqual(dry)
    expect(codes(real)).toEqual(['queued ok', 'queued ok', 'queued ok'])
    expect((await world.promises()).map(({ state }) => state)).toEqual(['queued', 'queued', 'queued'])
  })

  it('promises the same thing once, however often it is staged', async () => {
    await stage(world.candidate(1))
    world.clock.advance(days(1))
    const again = { ...world.candidate(1), dedupeKey: 'offer:wm0001:2026-05-19' }
    const [known] = await stage(again)
    expect(known).toMatchObject({ known: true, decision: 'queued', dueAt: tuesday })
    const twice = await stage(world.candidate(2), world.candidate(2))
    expect(twice.map((one) => one.known)).toEqual([false, true])
    expect(await world.promises()).toHaveLength(2)
  })

  it('keeps the reason of each refusal: declined ones are rows too', async () => {
    await world.as((ctx) => optOut(ctx, externalOf(1), { purpose: 'marketing', via: 'h5' }))
    await world.as((ctx) => endContact(ctx, externalOf(2), 'wang', ctx.now))
    await world.as((ctx) => saveStaff(ctx, [{ userid: 'gone', name: '离职', active: false, contact: false }]))
    await world.as((ctx) =>
      saveGroup(ctx, { chat: 'wr2', name: '群', owner: 'lin', members: [] }).then(() =>
        ctx.tx.run("UPDATE chat_group SET state = 'dismissed' WHERE chat = 'wr2'"),
      ),
    )
    const decided = await stage(
      world.candidate(1),
      world.candidate(1, { dedupeKey: 'service', purpose: 'service' }),
      world.candidate(2),
      world.candidate(3, { sender: undefined }),
      world.candidate(4, { sender: 'gone' }),
      world.candidate(5, { skip: { code: 'holdout', words: '对照组' } }),
      world.candidate(6, { personal: true }),
      world.groupCandidate({ subject: 'wr2' }),
      world.candidate(3, { dedupeKey: 'late', wantedAt: tuesday - 2, expiresAt: tuesday }),
    )
    expect(codes(decided)).toEqual([
      'declined opted-out',
      'queued ok',
      'declined no-contact',
      'declined no-advisor',
      'declined no-advisor',
      'declined holdout',
      'declined personal',
      'declined no-contact',
      'declined late',
    ])
    expect((await world.promises()).filter(({ state }) => state === null)).toHaveLength(8)
  })

  it('counts what is promised or said, never what failed; a second offer waits its 48 hours', async () => {
    await stage(world.candidate(1))
    const second = world.candidate(1, { dedupeKey: 'second' })
    expect(codes(await decide(world.db.reader, [second], world.clock.now()))).toEqual(['declined cap-day'])
    await settleAs('refused')
    expect(codes(await decide(world.db.reader, [second], world.clock.now()))).toEqual(['queued ok'])
    await stage(second)
    await settleAs('sent')
    world.clock.advance(hours(48) - minutes(1))
    const third = { dedupeKey: 'third', wantedAt: world.clock.now(), expiresAt: world.clock.now() + hours(1) }
    expect(codes(await decide(world.db.reader, [world.candidate(1, third)], world.clock.now()))).toEqual([
      'declined gap',
    ])
    world.clock.advance(minutes(1))
    expect(
      codes(await decide(world.db.reader, [world.candidate(1, { dedupeKey: 'third' })], world.clock.now())),
    ).toEqual(['queued ok'])
  })

  it('lets the higher priority have the last place, ties in order of their keys', async () => {
    const decided = await stage(
      world.candidate(1, { dedupeKey: 'b', channel: 'advisor-task' }),
      world.candidate(1, { dedupeKey: 'a' }),
      world.candidate(2, { dedupeKey: 'c', priority: 1 }),
      world.candidate(2, { dedupeKey: 'd', priority: 2 }),
    )
    expect(codes(decided)).toEqual(['declined cap-day', 'queued ok', 'declined cap-day', 'queued ok'])
  })

  it('gives a group one broadcast a day and calls it by its name', async () => {
    const decided = await stage(
      world.groupCandidate(),
      world.groupCandidate({ dedupeKey: 'poll', touchpoint: 'poll', priority: 1 }),
    )
    expect(codes(decided)).toEqual(['queued ok', 'declined group-broadcast-today'])
  })

  it('moves a promise to the next good hour, or declines it when that is too late', async () => {
    const wantedAt = instantOf('2026-05-19', '22:00')
    const [later, never] = await stage(
      world.candidate(1, { wantedAt }),
      world.candidate(2, { wantedAt, expiresAt: wantedAt + hours(11) }),
    )
    expect(later).toMatchObject({ decision: 'later', reasonCode: 'quiet-hours' })
    expect(isoOf(later?.dueAt ?? 0)).toBe('2026-05-20T09:30:00+08:00')
    expect(never).toMatchObject({ decision: 'declined', reasonCode: 'quiet-hours' })
  })

  it('waits after a live conversation, and says nothing of offers while a complaint is open', async () => {
    await world.record('kf-said', externalOf(1))
    await world.record('complaint-opened', externalOf(2))
    const [talked, complained, service] = await stage(
      world.candidate(1),
      world.candidate(2),
      world.candidate(2, { dedupeKey: 'care', purpose: 'service', channel: 'advisor-task' }),
    )
    expect(talked).toMatchObject({ decision: 'later', reasonCode: 'recent-conversation' })
    // 12 hours after 10:00 are in the quiet hours, so the next morning.
    expect(isoOf(talked?.dueAt ?? 0)).toBe('2026-05-20T09:30:00+08:00')
    expect(complained).toMatchObject({ decision: 'declined', reasonCode: 'complaint-open' })
    expect(service?.decision).toBe('queued')
    await world.record('satisfaction-given', externalOf(2))
    expect((await stage(world.candidate(2, { dedupeKey: 'then' })))[0]?.decision).toBe('queued')
  })

  it('minds the manners that were published, or those of a draft', async () => {
    await world.as((ctx) => publishManners(ctx, 2, mannersShape.parse({ blackout: ['2026-05-19'] })))
    expect(codes(await decide(world.db.reader, [world.candidate(1)], world.clock.now()))).toEqual([
      'declined blackout',
    ])
    const manners = mannersShape.parse({})
    expect(
      codes(await decide(world.db.reader, [world.candidate(1)], world.clock.now(), { manners })),
    ).toEqual(['queued ok'])
  })

  it('plans days ahead as if each were confirmed by the next', async () => {
    const on = (day: string, key: string): Candidate =>
      world.candidate(1, {
        dedupeKey: key,
        day,
        wantedAt: instantOf(day, '10:00'),
        expiresAt: instantOf(day, '21:00'),
        channel: 'advisor-task',
      })
    const plan = await decide(
      world.db.reader,
      [on('2026-05-23', 'c'), on('2026-05-19', 'a'), on('2026-05-21', 'b'), on('2026-05-26', 'd')],
      world.clock.now(),
    )
    expect(plan.map((one) => `${one.dedupeKey} ${one.reasonCode}`)).toEqual([
      'c cap-week',
      'a ok',
      'b ok',
      'd ok',
    ])
  })

  it('two triggers at once cannot both take the last place', async () => {
    for (let round = 0; round < 10; round += 1) {
      const customer = (round % 6) + 1
      const keys = ['x', 'y', 'z'].map((name) => `${name}${String(round)}`)
      const answers = await Promise.all(
        keys.map((dedupeKey) => stage(world.candidate(customer, { dedupeKey }))),
      )
      const queued = answers.flat().filter(({ decision }) => decision === 'queued')
      expect(queued.length, `round ${String(round)}`).toBe(round < 6 ? 1 : 0)
    }
  })

  it('an opt-out ends what is queued at once, and leaves the other customers and other purposes alone', async () => {
    await stage(
      world.candidate(1),
      world.candidate(1, { dedupeKey: 'service', purpose: 'service', channel: 'advisor-task' }),
      world.candidate(2),
    )
    await world.as((ctx) => optOut(ctx, externalOf(1), { purpose: 'marketing', via: 'sidebar' }))
    await world.followers.catchUp()
    expect(await world.states()).toEqual({
      'offer:wm0001:2026-05-19': 'cancelled',
      'offer:wm0002:2026-05-19': 'queued',
      service: 'queued',
    })
    const cancelled = (await world.log()).filter(({ kind }) => kind === 'touch-cancelled')
    expect(cancelled.map(({ who, detail }) => [who.external, detail['code']])).toEqual([
      [externalOf(1), 'opted-out'],
    ])
    await world.as((ctx) => optIn(ctx, externalOf(1), { purpose: 'marketing', via: 'sidebar' }))
    expect((await stage(world.candidate(1, { dedupeKey: 'again' })))[0]?.decision).toBe('queued')
  })

  it('a promise never moves against the arrows', async () => {
    await stage(world.candidate(1))
    await settleAs('sent')
    await expect(
      world.as(async (ctx) => {
        const rows = await lockPromises(
          ctx.tx,
          (await world.promises()).map(({ id }) => id),
        )
        await move(ctx, rows, { to: 'queued' })
      }),
    ).rejects.toThrow('cannot go from sent to queued')
    expect(customerOfNumber(1)).toMatch(/^c[0-9a-f]{24}$/)
  })
})
