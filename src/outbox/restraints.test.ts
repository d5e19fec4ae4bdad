/** The same rules as in judge.test.ts, now from rows: what the database knows restrains, and what restrains is kept. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { customerOfNumber, externalOf, openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { instantOf, isoOf } from '../base/calendar.ts'
import { days, hours } from '../base/clock.ts'
import { chooseTopics } from '../customer/index.ts'
import { currentManners, decide, enqueue, publishManners, rememberChannels } from './enqueue.ts'
import { isHeldOut } from './holdout.ts'
import { leavesFrom } from './leave.store.ts'
import { endLeave, setLeave } from './leaves.ts'
import { mannersShape } from './manners.ts'
import type { Candidate, Decided } from './promise.ts'
import { lockPromises } from './promise.store.ts'
import { confirmQuotaMode, quotaDoubt } from './quota.ts'
import { outboxRegroup } from './regroup.ts'
import { move } from './settle.ts'

onBothDatabases('restraints', (open) => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(open)
  })
  afterEach(() => world.drop())

  const stage = (...candidates: Candidate[]): Promise<Decided[]> =>
    world.as((ctx) => enqueue(ctx, candidates))
  const asked = async (...candidates: Candidate[]): Promise<string[]> =>
    (await decide(world.db.reader, candidates, world.clock.now())).map(
      (one) => `${one.decision} ${one.reasonCode} ${one.sender ?? ''}`,
    )
  const task = (n: number, more: Partial<Candidate> = {}): Candidate =>
    world.candidate(n, { channel: 'advisor-task', dedupeKey: `task:${externalOf(n)}`, ...more })
  const manners = (more: object): Promise<void> =>
    world.as((ctx) => publishManners(ctx, 2, mannersShape.parse(more)))
  /** All that is queued, through the arrows to its end. */
  const end = (how: 'sent' | 'refused', code?: string): Promise<void> =>
    world.as(async (ctx) => {
      const ids = (await world.promises()).filter(({ state }) => state === 'queued').map(({ id }) => id)
      for (const to of ['claimed', 'intent', how] as const)
        await move(ctx, await lockPromises(ctx.tx, ids), to === how ? { to, code } : { to })
    })

  it('a refused topic ends what is queued of it, a refund keeps offers back for three days', async () => {
    await stage(task(1, { topic: 'baby' }), task(2, { topic: 'baby' }))
    await world.as((ctx) => chooseTopics(ctx, externalOf(1), { baby: false }, 'h5'))
    await world.followers.catchUp()
    expect(await world.states()).toEqual({ 'task:wm0001': 'cancelled', 'task:wm0002': 'queued' })
    expect((await world.promises())[0]).toMatchObject({ settle_code: 'topic-refused' })
    expect(
      await asked(task(1, { dedupeKey: 'more', topic: 'baby' }), task(1, { dedupeKey: 'other' })),
    ).toEqual(['declined topic-refused lin', 'queued ok lin'])
    await world.record('order-refunded', externalOf(3))
    expect(await asked(task(3))).toEqual(['declined refund-open lin'])
    world.clock.advance(days(3))
    expect(await asked(task(3))).toEqual(['queued ok lin'])
  })

  it('only speaks where the server said that there is an adapter', async () => {
    const text = world.candidate(1, { channel: 'sms' })
    expect(await asked(text)).toEqual(['declined no-channel lin'])
    await world.as((ctx) => rememberChannels(ctx, ['sms', 'broadcast']))
    expect(await asked(text, task(2))).toEqual(['queued ok lin', 'declined no-channel wang'])
  })

  it('an advisor on leave is known by name, stood in for, and back again', async () => {
    const leave = { staff: 'lin', from_day: '2026-05-19', to_day: '2026-05-20', deputy: 'wang' }
    await world.as((ctx) => setLeave(ctx, leave))
    // Her customers are no contacts of wang: they wait for her.
    expect(await asked(task(1), task(2))).toEqual(['declined advisor-on-leave lin', 'queued ok wang'])
    await world.db.tx((tx) =>
      tx.run("UPDATE relation SET staff = 'wang' WHERE external = $1", [externalOf(1)]),
    )
    await world.db.tx((tx) =>
      tx.run("INSERT INTO relation (external, staff, state, added_at) VALUES ($1, 'lin', 'active', 1)", [
        externalOf(1),
      ]),
    )
    const [stoodIn] = await stage(task(1))
    expect(stoodIn).toMatchObject({ sender: 'wang', reasonCode: 'advisor-on-leave', decision: 'queued' })
    expect(await leavesFrom(world.db.reader, '2026-05-20')).toMatchObject([
      { name: 'lin', deputy_name: 'wang' },
    ])
    expect(await world.as((ctx) => endLeave(ctx, 'lin', '2026-05-19'))).toBe(true)
    expect(await world.as((ctx) => endLeave(ctx, 'lin', '2026-05-19'))).toBe(false)
    expect(await asked(task(3))).toEqual(['queued ok lin'])
    const bad = (more: object) => world.as((ctx) => setLeave(ctx, { ...leave, ...more }))
    await expect(bad({ to_day: '2026-05-18' })).rejects.toMatchObject({ code: 'bad-leave' })
    await expect(bad({ deputy: 'lin' })).rejects.toMatchObject({ code: 'bad-leave' })
    await expect(bad({ staff: 'nobody' })).rejects.toMatchObject({ code: 'no-such-staff' })
    expect(
      (await world.log()).filter(({ kind }) => kind.startsWith('leave-')).map(({ kind }) => kind),
    ).toEqual(['leave-set', 'leave-ended'])
  })

  it("counts an advisor's tasks of the day from rows, those of people held out too", async () => {
    await manners({ advisorPerDay: 1 })
    await stage(task(1))
    const next = task(3, { expiresAt: world.clock.now() + days(2) })
    const [moved] = await decide(world.db.reader, [next], world.clock.now())
    expect(moved).toMatchObject({ decision: 'later', reasonCode: 'advisor-load' })
    expect(isoOf(moved?.dueAt ?? 0)).toBe('2026-05-20T10:00:00+08:00')
  })

  it('whoever is held out is declined at her instant, and planned for as if she had heard it', async () => {
    const all = [1, 2, 3, 4, 5, 6].map((n) => world.candidate(n))
    const treated = await decide(world.db.reader, all, world.clock.now())
    await manners({ holdout: { percent: 50 } })
    const inForce = await currentManners(world.db.reader)
    const apart = [1, 2, 3, 4, 5, 6].filter((n) => isHeldOut(inForce, customerOfNumber(n)))
    expect(apart.length).toBeGreaterThan(0)
    const decided = await stage(...all)
    expect(decided.map(({ dueAt }) => dueAt)).toEqual(treated.map(({ dueAt }) => dueAt))
    expect(decided.map(({ reasonCode }) => reasonCode === 'holdout')).toEqual(
      all.map((_, i) => apart.includes(i + 1)),
    )
    await end('sent')
    world.clock.advance(hours(24))
    const again = all.map((one) => ({
      ...one,
      dedupeKey: `again:${one.dedupeKey}`,
      wantedAt: world.clock.now(),
    }))
    expect((await asked(...again)).map((one) => one.split(' ')[1])).toEqual(all.map(() => 'gap'))
  })

  it('after a merge the id that stays decides who is held out', async () => {
    await stage(world.candidate(1), world.candidate(2))
    await manners({ holdout: { percent: 50 } })
    const inForce = await currentManners(world.db.reader)
    const kept = [1, 2, 3, 4, 5, 6].find((n) => isHeldOut(inForce, customerOfNumber(n))) ?? 0
    const other = kept === 1 ? 2 : 1
    const merge = { from: customerOfNumber(other), to: customerOfNumber(kept), how: 'merged' } as const
    await world.as((ctx) => outboxRegroup.apply(ctx, merge))
    const hers = (await world.promises()).filter(({ customer }) => customer === customerOfNumber(kept))
    expect(hers.map(({ state, settle_code: code }) => `${state ?? ''} ${code ?? ''}`)).toContain(
      'cancelled holdout',
    )
    expect(hers.every(({ state }) => state === 'cancelled')).toBe(true)
  })

  it('believes WeCom about the quota, and doubts the rule when that happens too often', async () => {
    await manners({ quotaDoubts: 3, gapHours: 0, marketingPerDay: 5 })
    await stage(world.candidate(1), world.candidate(2))
    await end('refused', 'quota-used')
    const again = (n: number): Candidate => world.candidate(n, { dedupeKey: `again${String(n)}` })
    expect(await asked(again(1), again(3))).toEqual(['declined quota-used lin', 'queued ok lin'])
    expect(await quotaDoubt(world.db.reader)).toBeNull()
    await stage(world.candidate(3))
    await end('refused', 'quota-used')
    expect(await quotaDoubt(world.db.reader)).toEqual({
      written: 'month-days',
      stricter: '7-per-week',
      since: world.clock.now(),
    })
    expect((await currentManners(world.db.reader)).quotaMode).toBe('7-per-week')
    // A new version with the same rule does not settle the doubt; a person does.
    await manners({ gapHours: 0 })
    expect((await currentManners(world.db.reader)).quotaMode).toBe('7-per-week')
    expect(await world.as((ctx) => confirmQuotaMode(ctx, 'admin'))).toBe(true)
    expect(await world.as((ctx) => confirmQuotaMode(ctx, 'admin'))).toBe(false)
    expect((await currentManners(world.db.reader)).quotaMode).toBe('month-days')
    const told = (await world.log()).filter(({ kind }) => kind.startsWith('quota-'))
    expect(told.map(({ kind, detail }) => [kind, detail['stricter'] ?? null])).toEqual([
      ['quota-mode-doubted', '7-per-week'],
      ['quota-mode-confirmed', null],
    ])
    // What was seen holds until the month ends, whatever the rule.
    expect(await asked(again(1))).toEqual(['declined quota-used lin'])
    const june = { wantedAt: instantOf('2026-06-02', '10:00'), expiresAt: instantOf('2026-06-03') }
    expect(await asked({ ...again(1), ...june, day: '2026-06-02' })).toEqual(['queued ok lin'])
  })
})
