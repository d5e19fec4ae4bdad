import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import { duesInShanghai, pushClock } from '../src/base/jobs.checks.fixture.ts'
import { createJobRunner, slotsBetween } from '../src/base/jobs.ts'
import type { Job } from '../src/base/jobs.ts'
import { createLog } from '../src/base/log.ts'
import { randomOf } from '../src/base/schedule.checks.fixture.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'

const hour = 3_600_000

onBothDatabases('jobs', (open) => {
  let opened: TestDatabase
  let ran: string[]
  const daily = (more: Partial<Job> = {}): Job => ({
    name: 'daily',
    schedule: { every: 'day', at: '08:30' },
    catchUpMs: 12 * hour,
    run: (slot) => Promise.resolve(void ran.push(slot.name)),
    ...more,
  })
  const at = (day: string, time: string): number => instantOf(day, time)
  const states = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (
        await opened.db.reader.rows<{ state: string; n: number }>(
          'select state, count(*) as n from job_slot group by state order by state',
        )
      ).map(({ state, n }) => [state, n]),
    )
  beforeEach(async () => {
    opened = await open()
    ran = []
  })
  afterEach(() => opened.drop())

  it('run a slot once, however many processes look at the same moment', async () => {
    const runners = Array.from({ length: 5 }, () =>
      createJobRunner(opened.db, [daily()], createLog('silent')),
    )
    await Promise.all(
      runners.flatMap((runner) => [
        runner.runDue(at('2026-05-20', '08:30')),
        runner.runDue(at('2026-05-20', '08:31')),
      ]),
    )
    expect(ran).toEqual(['2026-05-20T08:30'])
  })

  it('catch up what was missed while down inside the catch-up, and record the rest as missed', async () => {
    const runner = createJobRunner(opened.db, [daily()], createLog('silent'))
    await runner.runDue(at('2026-05-20', '08:30'))
    await runner.runDue(at('2026-05-23', '10:00'))
    expect(ran).toEqual(['2026-05-20T08:30', '2026-05-23T08:30'])
    const missed = await opened.db.reader.rows(
      `select slot from job_slot where state = 'missed' order by slot`,
    )
    expect(missed).toEqual([{ slot: '2026-05-21T08:30' }, { slot: '2026-05-22T08:30' }])
  })

  it('do not replay the past when they are new, nor jump when the clock goes back', async () => {
    const runner = createJobRunner(opened.db, [daily()], createLog('silent'))
    await runner.runDue(at('2026-05-20', '22:00'))
    expect(ran).toEqual([])
    await runner.runDue(at('2026-05-21', '09:00'))
    await runner.runDue(at('2026-05-20', '21:00'))
    await runner.runDue(at('2026-05-21', '09:00'))
    expect(ran).toEqual(['2026-05-21T08:30'])
  })

  it('record every slot of a long absence, however many', async () => {
    const often = daily({ schedule: { every: 'minutes', minutes: 30 }, catchUpMs: hour })
    const runner = createJobRunner(opened.db, [often], createLog('silent'))
    await runner.runDue(at('2026-05-01', '00:10'))
    await runner.runDue(at('2026-05-31', '00:00'))
    expect(ran).toEqual(['2026-05-01T00:00', '2026-05-30T23:00', '2026-05-30T23:30', '2026-05-31T00:00'])
    expect(await states()).toEqual({ done: 4, missed: 30 * 48 - 3 })
  })

  it('run what a clock that was ahead had jumped over, and what it ran there not again', async () => {
    const runner = createJobRunner(opened.db, [daily()], createLog('silent'))
    await runner.runDue(at('2026-05-20', '09:00'))
    await runner.runDue(at('2027-06-24', '09:00'))
    expect(await states()).toEqual({ done: 2, missed: 399 })
    await runner.runDue(at('2026-05-20', '09:01'))
    expect(await states()).toEqual({ done: 2 })
    await runner.runDue(at('2026-05-21', '09:00'))
    await runner.runDue(at('2027-06-24', '09:00'))
    expect(ran).toEqual(['2026-05-20T08:30', '2027-06-24T08:30', '2026-05-21T08:30'])
    expect(await states()).toEqual({ done: 3, missed: 398 })
  })

  it('leave no hole before what a process left when it died under a clock that was ahead', async () => {
    const runner = createJobRunner(opened.db, [daily()], createLog('silent'))
    await runner.runDue(at('2026-05-20', '09:00'))
    await runner.runDue(at('2027-06-24', '09:00'))
    await opened.db.tx((tx) =>
      tx.run(`UPDATE job_slot SET state = 'running', lease_until = 0 WHERE slot = '2027-06-24T08:30'`),
    )
    await runner.runDue(at('2026-05-20', '09:01'))
    await runner.runDue(at('2027-06-25', '09:00'))
    // Too late by then for the one that was left.
    expect(await states()).toEqual({ done: 2, missed: 400 })
  })

  it('leave no hole before what a clock that was ahead had tried in vain', async () => {
    let isBroken = false
    const mended = daily({
      run: (slot) => (isBroken ? Promise.reject(new Error('no')) : Promise.resolve(void ran.push(slot.name))),
    })
    const runner = createJobRunner(opened.db, [mended], createLog('silent'))
    await runner.runDue(at('2026-05-20', '09:00'))
    isBroken = true
    await runner.runDue(at('2027-06-23', '09:00'))
    await opened.db.tx((tx) => tx.run('UPDATE job_slot SET lease_until = 0'))
    isBroken = false
    // The one that failed is too late by now: missed, after an attempt.
    await runner.runDue(at('2027-06-24', '09:00'))
    await runner.runDue(at('2026-05-20', '09:01'))
    await runner.runDue(at('2026-05-21', '09:00'))
    await runner.runDue(at('2027-06-25', '09:00'))
    expect(ran).toEqual(['2026-05-20T08:30', '2027-06-24T08:30', '2026-05-21T08:30', '2027-06-25T08:30'])
    expect(await states()).toEqual({ done: 4, missed: 398 })
  })

  it('begin with the present when the first clock was ahead', async () => {
    const runner = createJobRunner(opened.db, [daily()], createLog('silent'))
    await runner.runDue(at('2027-06-24', '09:00'))
    await runner.runDue(at('2026-05-20', '09:00'))
    await runner.runDue(at('2026-05-21', '09:00'))
    expect(ran).toEqual(['2027-06-24T08:30', '2026-05-20T08:30', '2026-05-21T08:30'])
  })

  it('do not try a failed slot again once it is too late', async () => {
    let isBroken = true
    const mended = daily({
      run: (slot) => (isBroken ? Promise.reject(new Error('no')) : Promise.resolve(void ran.push(slot.name))),
    })
    const runner = createJobRunner(opened.db, [mended], createLog('silent'))
    await runner.runDue(at('2026-05-20', '09:00'))
    await opened.db.tx((tx) => tx.run('UPDATE job_slot SET lease_until = 0'))
    isBroken = false
    await runner.runDue(at('2026-05-21', '09:00'))
    expect(ran).toEqual(['2026-05-21T08:30'])
    expect(await opened.db.reader.rows('select slot, state, error from job_slot order by slot')).toEqual([
      { slot: '2026-05-20T08:30', state: 'missed', error: 'no' },
      { slot: '2026-05-21T08:30', state: 'done', error: null },
    ])
  })

  it('leave a slot alone that another process took over meanwhile', async () => {
    let goOn = (): void => undefined
    const slow = daily({ run: () => new Promise<void>((ok) => (goOn = ok)) })
    const stalled = createJobRunner(opened.db, [slow], createLog('silent')).runDue(at('2026-05-20', '09:00'))
    await vi.waitFor(async () => expect(await states()).toEqual({ running: 1 }))
    // Its lease ran out; the other one fails.
    await opened.db.tx((tx) => tx.run('UPDATE job_slot SET lease_until = 0'))
    const failing = daily({ run: () => Promise.reject(new Error('no')) })
    await createJobRunner(opened.db, [failing], createLog('silent')).runDue(at('2026-05-20', '09:01'))
    goOn()
    await stalled
    expect(await opened.db.reader.rows('select state, attempts, error from job_slot')).toEqual([
      { state: 'failed', attempts: 2, error: 'no' },
    ])
  })

  it('end every slot once, whatever the clock does', async () => {
    const seed = Number(process.env['CLOCK_SEED'] ?? 20_261_128)
    const figures = await pushClock({
      db: opened.db,
      random: randomOf(seed),
      looks: 60,
      everyMinutes: 360,
      jumpiness: 250,
      start: at('2026-05-20', '08:40'),
      dues: duesInShanghai,
    })
    process.stderr.write(`a clock pushed about, seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
    expect(figures).toMatchObject({ twice: 0, open: 0, denied: 0 })
    expect(Object.values(figures.jumps).every((n) => n > 0)).toBe(true)
  })

  it('give a failing slot up after three attempts', async () => {
    const failing = daily({ run: () => Promise.reject(new Error('no')) })
    const runner = createJobRunner(opened.db, [failing], createLog('silent'))
    for (let look = 0; look < 5; look += 1) {
      await runner.runDue(at('2026-05-20', '08:31'))
      // The rest between attempts is counted by the database's clock; the test lets it pass at once.
      await opened.db.tx((tx) => tx.run('UPDATE job_slot SET lease_until = 0'))
    }
    const [slot] = await opened.db.reader.rows('select state, attempts, error from job_slot')
    expect(slot).toEqual({ state: 'exhausted', attempts: 3, error: 'no' })
  })

  it('are taken over from a holder that froze, whose late end then changes nothing', async () => {
    let thaw: () => void = () => undefined
    const frozen = new Promise<void>((ok) => {
      thaw = ok
    })
    const runs: string[] = []
    const job = (name: string, until: () => Promise<void>): Job =>
      daily({
        run: async () => {
          runs.push(name)
          await until()
        },
      })
    const log = createLog('silent')
    const first = createJobRunner(opened.db, [job('first', () => frozen)], log)
    const second = createJobRunner(opened.db, [job('second', () => Promise.resolve())], log)
    const slot = async () =>
      (await opened.db.reader.rows('select state, holder, attempts, error from job_slot'))[0]
    const asleep = first.runDue(at('2026-05-20', '08:31'))
    while (runs.length === 0) await new Promise((ok) => setTimeout(ok, 1))
    const held = await slot()
    expect(await second.runDue(at('2026-05-20', '08:31'))).toBe(0)
    await opened.db.tx((tx) => tx.run('UPDATE job_slot SET lease_until = 0'))
    // Its own lease is over too, yet nobody takes over from himself.
    expect(await first.runDue(at('2026-05-20', '08:31'))).toBe(0)
    const third = createJobRunner(opened.db, [job('third', () => Promise.reject(new Error('no')))], log)
    expect(await third.runDue(at('2026-05-20', '08:31'))).toBe(1)
    expect(runs).toEqual(['first', 'third'])
    const taken = await slot()
    expect(taken).toMatchObject({ state: 'failed', attempts: 2, error: 'no' })
    expect(taken?.['holder']).not.toBe(held?.['holder'])
    thaw()
    await asleep
    expect(await slot()).toEqual(taken)
  })
})

it('slots of a schedule are counted in the shop’s zone', () => {
  const from = instantOf('2026-05-20', '00:00')
  expect(slotsBetween({ every: 'day', at: '08:30' }, from, from + 24 * hour).map(({ name }) => name)).toEqual(
    ['2026-05-20T08:30'],
  )
  expect(slotsBetween({ every: 'minutes', minutes: 360 }, from - 1, from + 12 * hour)).toHaveLength(2)
})
