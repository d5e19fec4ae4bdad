import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAct, system } from '../src/base/act.ts'
import type { Act, Happening } from '../src/base/act.ts'
import { virtualClock } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { createFlush, createFollowers, createRecorder, readLog, nobody } from '../src/interaction/index.ts'
import type { Flush, Follower, LogRow } from '../src/interaction/index.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'

const happening = (key: string, more: Partial<Happening> = {}): Happening => ({
  kind: 'link-clicked',
  at: 1_000,
  source: 'test',
  sourceKey: key,
  who: { external: 'wm1' },
  detail: { key },
  ...more,
})

onBothDatabases('the log', (open) => {
  let opened: TestDatabase
  let act: Act
  let flush: Flush
  beforeEach(async () => {
    opened = await open()
    flush = createFlush({ people: nobody, projections: [], wake: () => undefined })
    act = createAct({
      db: opened.db,
      clock: virtualClock(5_000),
      flush: async (ctx, happenings) => void (await flush(ctx, happenings)),
    })
  })
  afterEach(() => opened.drop())

  it('numbers rows without gaps in commit order, whatever is submitted side by side, and records each key once', async () => {
    const recorder = createRecorder(opened.db, act, flush)
    const keys = Array.from({ length: 500 }, (_, i) => `k${String(i % 300)}`)
    const answers = await Promise.all(keys.map((key) => recorder.submit(happening(key))))
    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(300)
    const rows = await readLog(opened.db.reader, { limit: 1_000 })
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  })

  it('leaves nothing of a deed that fails, and a row refused by the database does not refuse its neighbours', async () => {
    await expect(
      act(system('test'), (ctx) => {
        ctx.record(happening('lost'))
        return Promise.reject(new Error('the deed fails'))
      }),
    ).rejects.toThrow('the deed fails')
    const recorder = createRecorder(opened.db, act, flush)
    const [good, bad] = await Promise.allSettled([
      recorder.submit(happening('good')),
      recorder.submit(happening('bad', { who: { external: 'a\u0000b' } })),
    ])
    expect(good.status).toBe('fulfilled')
    expect(bad.status).toBe('rejected')
    expect((await readLog(opened.db.reader, { limit: 10 })).map(({ sourceKey }) => sourceKey)).toEqual([
      'good',
    ])
  })

  it('is followed once per row from a stored position, and a poison row is parked after three failures', async () => {
    const seen: string[] = []
    const follower: Follower = {
      name: 'test',
      kinds: ['link-clicked'],
      handle(_ctx, rows: readonly LogRow[]) {
        if (rows.some(({ sourceKey }) => sourceKey === 'poison')) return Promise.reject(new Error('poison'))
        seen.push(...rows.map(({ sourceKey }) => sourceKey))
        return Promise.resolve()
      },
    }
    const followers = createFollowers(opened.db, act, [follower], createLog('silent'))
    for (const key of ['a', 'poison', 'b'])
      await act(system('test'), (ctx) => Promise.resolve(ctx.record(happening(key))))
    for (let tries = 0; tries < 4; tries += 1) await followers.catchUp()
    expect(seen).toEqual(['a', 'b'])
    expect(await followers.atHead()).toBe(true)
    const again = createFollowers(opened.db, act, [follower], createLog('silent'))
    await again.catchUp()
    expect(seen).toEqual(['a', 'b'])
  })

  it('hands what just came in to the urgent follower before the others go on, and lets one that failed rest', async () => {
    const said: string[] = []
    let fails = 0
    const click = (key: string): Promise<void> =>
      act(system('test'), (ctx) => Promise.resolve(ctx.record(happening(key))))
    const slow = (name: string): Follower => ({
      name,
      kinds: ['link-clicked'],
      handle(ctx, rows) {
        said.push(...rows.map(({ sourceKey }) => `${name} ${sourceKey}`))
        if (rows.some(({ sourceKey }) => sourceKey === 'first'))
          ctx.record(happening(`by ${name}`, { kind: 'content-read' }))
        return Promise.resolve()
      },
    })
    const urgent: Follower = {
      name: 'urgent',
      urgent: true,
      kinds: ['link-clicked', 'content-read'],
      handle(_ctx, rows) {
        if (rows.some(({ sourceKey }) => sourceKey === 'by two')) {
          fails += 1
          return Promise.reject(new Error('not now'))
        }
        said.push(...rows.map(({ sourceKey }) => `urgent ${sourceKey}`))
        return Promise.resolve()
      },
    }
    const all = [slow('one'), slow('two'), urgent, slow('three')]
    const followers = createFollowers(opened.db, act, all, createLog('silent'))
    await click('first')
    await followers.catchUp()
    expect(said).toEqual(['urgent first', 'one first', 'urgent by one', 'two first', 'three first'])
    // Once behind `two`, and once more when the next round began.
    expect(fails).toBe(2 * 2)
    expect(await followers.atHead()).toBe(false)
  })

  it('is followed in shorter pages while they take long, longer ones again afterwards, and none is left out', async () => {
    const pages: number[] = []
    const seen: string[] = []
    let msPerPage = 150
    const follower: Follower = {
      name: 'slow',
      kinds: ['link-clicked'],
      handle(_ctx, rows) {
        pages.push(rows.length)
        seen.push(...rows.map(({ sourceKey }) => sourceKey))
        // Work, not waiting: it is the writer's time that counts.
        for (const until = performance.now() + msPerPage; performance.now() < until;);
        return Promise.resolve()
      },
    }
    const keys = (from: number, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `k${String(from + i)}`)
    const record = (some: readonly string[]): Promise<void> =>
      act(system('test'), (ctx) => {
        for (const key of some) ctx.record(happening(key))
        return Promise.resolve()
      })
    const followers = createFollowers(opened.db, act, [follower], createLog('silent'))
    await record(keys(0, 430))
    await followers.catchUp()
    expect(pages).toEqual([200, 100, 50, 25, 25, 25, 5])
    msPerPage = 0
    pages.length = 0
    await record(keys(430, 500))
    await followers.catchUp()
    expect(pages).toEqual([25, 50, 100, 200, 125])
    expect(seen).toEqual(keys(0, 930))
    expect(await followers.atHead()).toBe(true)
  })

  it('refuses a transaction inside a transaction instead of waiting for ever', async () => {
    await expect(opened.db.tx(() => opened.db.tx(() => Promise.resolve(1)))).rejects.toThrow('inside db.tx')
  })
})
