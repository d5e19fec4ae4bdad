/** A test send reaches one member of staff as a customer would read it, and nothing that is counted knows of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import { enterQuarantine } from '../src/base/quarantine.ts'
import { currentCadence, seedCadence, tryTouchpoint } from '../src/cadence/index.ts'
import type { Posted, PostToStaff, Trial } from '../src/cadence/index.ts'
import { cadenceTry } from '../src/cli/cadence-try.ts'
import { saveContacts, saveGroup, saveStaff } from '../src/customer/index.ts'
import { trialRoutes } from '../src/http/admin/trial.ts'
import { readLog } from '../src/interaction/index.ts'
import { pauseSending } from '../src/outbox/index.ts'
import { bytesOf } from '../src/content/index.ts'
import { onBothDatabases } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const yaml = readFileSync(join(configDir, 'cadence.yaml'), 'utf8')
const now = instantOf('2026-11-18', '08:00')
const counted = ['promise', 'parcel', 'coupon', 'quota_seen', 'game'] as const

onBothDatabases('a test send', (open) => {
  let store: TestStore
  let posted: { userid: string; text: string }[]
  let answer: Posted
  const post: PostToStaff = (userid, text) => {
    posted.push({ userid, text })
    return Promise.resolve(answer)
  }
  const parts = () => ({
    db: store.db,
    reader: store.db.reader,
    act: store.act,
    clock: store.clock,
    tierRules: store.rules,
    publicUrl: 'https://siyu.example.com',
    post,
  })
  const send = async (touchpoint: string, customer: string | null = null, to = 'zhang'): Promise<Trial> => {
    const cadence = (await currentCadence(store.db.reader)) ?? expect.fail('no cadence')
    return tryTouchpoint(parts(), { kind: 'staff', userid: 'zhang' }, { cadence, touchpoint, to, customer })
  }
  const kinds = async (): Promise<string[]> =>
    (await readLog(store.db.reader, { limit: 10_000 })).map(({ kind }) => kind)

  beforeEach(async () => {
    store = await openStore(open, now)
    posted = []
    answer = { kind: 'sent' }
    await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
      await seedCadence(ctx, store.rules, { yaml, path: 'cadence.yaml', source: 'database' })
      await saveStaff(ctx, [{ userid: 'zhang', name: '张小敏', active: true, contact: true }])
      await saveGroup(ctx, { chat: 'wr1', name: '辅食群', owner: 'zhang', members: [] })
    })
  })
  afterEach(() => store.drop())

  it('sends each touchpoint of the shipped cadence, marked, within what WeCom takes, and counts nowhere', async () => {
    const cadence = (await currentCadence(store.db.reader)) ?? expect.fail('no cadence')
    const before = await kinds()
    for (const { name } of cadence.touchpoints) {
      posted = []
      const tried = await send(name)
      expect(tried.messages.length).toBeGreaterThan(0)
      expect(posted).toEqual(tried.messages.map((text) => ({ userid: 'zhang', text })))
      for (const { text } of posted) {
        expect(text).toMatch(/^【测试/)
        expect(bytesOf(text)).toBeLessThanOrEqual(2_048)
        expect(text).not.toContain('[[link:')
        expect(text).not.toContain('{{')
        // A token would be taken for a customer's, or counted as a broadcast's.
        expect(text).not.toContain('/h5/l/')
      }
      // Words of its own, not only the head and the notes.
      expect(tried.messages.join('').split('———')[0]?.split('\n\n').slice(1).join('').trim()).not.toBe('')
    }
    expect((await kinds()).slice(before.length)).toEqual(cadence.touchpoints.map(() => 'touchpoint-tried'))
    for (const table of counted)
      expect([table, await store.db.reader.rows(`select 1 as one from ${table}`)]).toEqual([table, []])
    const audited = await store.db.reader.rows<{ about: string; who: string }>(
      "select about, who from audit where what = 'touchpoint-tried' order by seq",
    )
    expect(audited[0]).toMatchObject({
      who: 'staff:zhang',
      about: `touchpoint:${cadence.touchpoints[0]?.name ?? ''}`,
    })
  })

  it('fills in a real customer, and says so when the touchpoint is not for her', async () => {
    await store.say({
      kind: 'order-placed',
      at: instantOf('2026-11-10', '09:00'),
      source: 'shop',
      sourceKey: 'o1',
      who: { shopId: 's1', external: 'wm1' },
      detail: { amountFen: 10_000, items: [] },
    })
    await store.act({ kind: 'system', name: 'seed' }, (ctx) =>
      saveContacts(ctx, [{ external: 'wm1', staff: 'zhang', name: '陈晨', gender: 2, addedAt: now }]),
    )
    const [{ customer } = { customer: '' }] = await store.db.reader.rows<{ customer: string }>(
      "select customer from identity where kind = 'external' and value = 'wm1'",
    )
    const tried = await send('quiet-reminder', customer)
    expect(posted[0]?.text).toContain('陈')
    expect(tried.notes.join()).toContain('陈晨')
    await expect(send('daily-tip', customer)).rejects.toMatchObject({ code: 'not-for-customers' })
    await expect(send('weekly-note', 'nobody')).rejects.toMatchObject({ code: 'not-found', fix: /客户页/ })
  })

  it('says what is wrong with a name, with the nearest one', async () => {
    await expect(send('weekly-nots')).rejects.toMatchObject({
      code: 'no-such-touchpoint',
      fix: expect.stringContaining('weekly-note') as string,
    })
    await expect(send('weekly-note', null, 'ghost')).rejects.toMatchObject({
      code: 'no-such-staff',
      status: 404,
    })
    expect(posted).toEqual([])
  })

  it('goes out while the kill switch is on, and not from a database that a person has not looked at', async () => {
    await store.act({ kind: 'cli', verb: 'pause' }, (ctx) => pauseSending(ctx, 'cli', '核对价格'))
    await send('weekly-note')
    expect(posted).toHaveLength(1)
    await store.db.tx((tx) => enterQuarantine(tx, { since: now, backupAt: null, cause: 'restored' }))
    await expect(send('weekly-note')).rejects.toMatchObject({ code: 'quarantined', status: 409 })
    expect(posted).toHaveLength(1)
  })

  it('tells a refusal, an answer that got lost and a WeCom that is away apart', async () => {
    answer = { kind: 'refused', why: '不在可见范围', fix: '加上这位员工' }
    await expect(send('weekly-note')).rejects.toMatchObject({ code: 'test-not-sent', fix: '加上这位员工' })
    answer = { kind: 'unknown', why: '超时' }
    await expect(send('weekly-note')).rejects.toMatchObject({ code: 'test-unknown', status: 502 })
    answer = { kind: 'away', why: 'no token', retryAfterMs: 5_000 }
    await expect(send('weekly-note')).rejects.toMatchObject({ name: 'OutsideFailure', retryAfterMs: 5_000 })
  })

  it('tries a file that is not published, and the console only ever sends to whoever presses', async () => {
    const tried = await cadenceTry(parts(), 'weekly-note', {
      to: 'zhang',
      file: join(configDir, 'cadence.yaml'),
    })
    expect(tried).toMatchObject({ touchpoint: 'weekly-note', toName: '张小敏' })
    const [route] = trialRoutes(parts())
    const { json } = (await route?.handle({
      params: { name: 'wake-up' },
      query: {},
      body: {},
      staff: { userid: 'zhang', name: '张小敏', roles: ['operator'] },
      player: null,
      cookies: { get: () => undefined },
      requestId: 'r1',
      ip: '127.0.0.1',
      userAgent: 'test',
      now,
    })) ?? { json: null }
    expect(json).toMatchObject({ touchpoint: 'wake-up', to: 'zhang' })
    expect(posted.at(-1)).toMatchObject({ userid: 'zhang' })
  })
})
