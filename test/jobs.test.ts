import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import { createJobRunner, slotsBetween } from '../src/base/jobs.ts'
import type { Job } from '../src/base/jobs.ts'
import { createLog } from '../src/base/log.ts'
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
    await runner.runDue(at('2026-05-20', '09:00'))
    await runner.runDue(at('2026-05-21', '09:00'))
    expect(ran).toEqual(['2026-05-21T08:30'])
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
})

it('slots of a schedule are counted in the shop’s zone', () => {
  const from = instantOf('2026-05-20', '00:00')
  expect(slotsBetween({ every: 'day', at: '08:30' }, from, from + 24 * hour).map(({ name }) => name)).toEqual(
    ['2026-05-20T08:30'],
  )
  expect(slotsBetween({ every: 'minutes', minutes: 360 }, from - 1, from + 12 * hour)).toHaveLength(2)
})
