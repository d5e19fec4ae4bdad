import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import { hours } from '../src/base/clock.ts'
import { loadHolidays } from '../src/base/holidays.ts'
import { namesInFiles, seedCadence } from '../src/cadence/index.ts'
import { cadenceApply } from '../src/cli/cadence.ts'
import { cadenceValidate } from '../src/cli/cadence-offline.ts'
import { problemLines } from '../src/cli/cadence-problems.ts'
import { saveGroup, saveStaff } from '../src/customer/index.ts'
import { cadenceRoutes } from '../src/http/admin/cadence.ts'
import { pauseRoutes } from '../src/http/admin/pause.ts'
import { enqueue, pauseSending } from '../src/outbox/index.ts'
import { calendarRoutes } from '../src/http/admin/calendar.ts'
import type { CadenceDocument, Calendar } from '../src/http/contract.ts'
import type { Answer, Call, Route } from '../src/http/route.ts'
import { sqliteDatabase } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const yaml = readFileSync(join(configDir, 'cadence.yaml'), 'utf8')
const now = instantOf('2026-11-18', '08:00')

let store: TestStore
let routes: Route[]
beforeEach(async () => {
  store = await openStore(sqliteDatabase, now)
  const parts = { db: store.db, act: store.act, clock: store.clock, tierRules: store.rules }
  routes = [
    ...cadenceRoutes({ ...parts, admins: ['zhang'], readOnly: false }),
    ...calendarRoutes({ reader: store.db.reader, tierRules: store.rules, holidays: loadHolidays(configDir) }),
  ]
  await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
    await seedCadence(ctx, store.rules, { yaml, path: 'cadence.yaml', source: 'database' })
    await saveStaff(ctx, [{ userid: 'zhang', name: '张小敏', active: true, contact: true }])
    await saveGroup(ctx, { chat: 'wr1', name: '辅食群', owner: 'zhang', members: [] })
  })
})
afterEach(() => store.drop())

function call(method: Route['method'], path: string, more: Partial<Call> = {}): Promise<Answer> {
  const route = routes.find((one) => one.method === method && one.path === path) ?? expect.fail(path)
  return route.handle({
    params: {},
    query: {},
    body: null,
    staff: { userid: 'zhang', name: '张小敏', roles: ['admin'] },
    player: null,
    cookies: { get: () => undefined },
    requestId: 'r1',
    ip: '127.0.0.1',
    userAgent: 'test',
    now: store.clock.now(),
    ...more,
  })
}

it('shows the cadence, checks a draft with lines, tells the difference, publishes it, and refuses a stale author', async () => {
  const shown = (await call('GET', '/api/admin/cadence')).json as CadenceDocument
  expect(shown).toMatchObject({ version: 1, yaml, readOnly: false, publishedBy: '配置文件' })
  const wrong = await call('POST', '/api/admin/cadence/validate', {
    body: { yaml: yaml.replace('weekly-note:', 'weekly-nots:') },
  })
  expect(wrong.json).toMatchObject({
    ok: false,
    problems: [{ path: 'touchpoints.weekly-nots', fix: expect.stringContaining('weekly-note') as string }],
  })
  const draft = yaml.replace('name: 小禾母婴', 'name: 小树母婴')
  expect((await call('POST', '/api/admin/cadence/diff', { body: { yaml: draft } })).json).toMatchObject({
    baseVersion: 1,
    changes: [
      {
        path: 'shop.name',
        before: '小禾母婴',
        after: '小树母婴',
        words: '门店：名称由 小禾母婴 改为 小树母婴',
      },
    ],
  })
  const body = { yaml: draft, note: '改名', baseVersion: 1 }
  expect((await call('POST', '/api/admin/cadence/publish', { body })).json).toMatchObject({
    version: 2,
    publishedBy: '张小敏',
    note: '改名',
  })
  await expect(call('POST', '/api/admin/cadence/publish', { body })).rejects.toMatchObject({
    code: 'stale-version',
    status: 409,
  })
  await expect(
    call('POST', '/api/admin/cadence/publish', { body: { ...body, yaml: 'x: 1', baseVersion: 2 } }),
  ).rejects.toMatchObject({ status: 422 })
  expect((await call('GET', '/api/admin/cadence/versions')).json).toMatchObject({
    total: 2,
    items: [{ version: 2 }, { version: 1 }],
  })
})

it('refuses a switch for what nobody knows, and knows what is written, paused or still owed', async () => {
  routes = pauseRoutes({ act: store.act })
  const body = (scope: string, name: string) => ({ body: { reason: '核对', scope, name } })
  await expect(call('POST', '/api/admin/pause', body('touchpoint', 'weekly-not'))).rejects.toMatchObject({
    code: 'bad-pause',
    status: 422,
    message: '没有名为“weekly-not”的触点',
    fix: expect.stringContaining('是不是“weekly-note”？可选：welcome、') as string,
    english: { fix: expect.stringContaining('Did you mean "weekly-note"?') as string },
  })
  await expect(call('POST', '/api/admin/pause', body('campaign', 'nosuch'))).rejects.toMatchObject({
    message: '没有名为“nosuch”的活动',
    fix: '可选：return-week',
  })
  await expect(call('POST', '/api/admin/resume', body('touchpoint', 'weekly-not'))).rejects.toMatchObject({
    code: 'bad-pause',
  })
  for (const [scope, name] of [
    ['touchpoint', 'weekly-note'],
    ['touchpoint', 'return-week-start'],
    ['campaign', 'return-week'],
  ] as const)
    expect((await call('POST', '/api/admin/pause', body(scope, name))).json).toMatchObject({ paused: true })
  // Of a touchpoint that is gone from the text something may still be owed.
  const old = { touchpoint: 'old-note', campaign: 'old-feast' }
  const resumeOld = () => call('POST', '/api/admin/resume', body('touchpoint', old.touchpoint))
  await expect(resumeOld()).rejects.toMatchObject({ code: 'bad-pause' })
  await store.act({ kind: 'system', name: 'test' }, (ctx) =>
    enqueue(ctx, [
      {
        ...old,
        dedupeKey: 'old-note:wr1:2026-11-18',
        title: '旧触点',
        cadenceVersion: 1,
        purpose: 'marketing',
        personal: false,
        channel: 'group-broadcast',
        subjectKind: 'group',
        subject: 'wr1',
        sender: 'zhang',
        day: '2026-11-18',
        wantedAt: store.clock.now(),
        expiresAt: store.clock.now() + hours(40),
        priority: 10,
        content: { text: '好' },
      },
    ]),
  )
  expect((await resumeOld()).json).toMatchObject({ paused: false, resumed: false })
  expect((await call('POST', '/api/admin/pause', body('campaign', old.campaign))).json).toMatchObject({
    paused: true,
  })
  // What is paused may be resumed, also when its name is gone meanwhile.
  await store.act({ kind: 'system', name: 'test' }, (ctx) =>
    pauseSending(ctx, 'zhang', '旧', { scope: 'touchpoint', name: 'long-gone' }),
  )
  const gone = await call('POST', '/api/admin/resume', body('touchpoint', 'long-gone'))
  expect(gone.json).toMatchObject({ paused: false, resumed: true })
})

it('warns of a message that may be too long, and lets it be published', async () => {
  const long = yaml
    .replace('      辅食:\n', `      辅食:\n        - ${'奶'.repeat(460)}\n`)
    .replace('- title: 晒娃抽奖', `- title: 晒娃抽奖\n        text: ${'玩'.repeat(290)}\n      - title: 抽奖`)
    .replace('releases: [1, 2, 3, 4, 5]', 'releases: [1, 2, 3, 4, 6]')
    .replace(/riddle: 每晚十分钟.*/, `riddle: ${'谜'.repeat(200)}`)
    .replace('        - { day: 3,', `        - { day: 6, text: ${'贺'.repeat(230)} }\n        - { day: 3,`)
  const checked = await call('POST', '/api/admin/cadence/validate', { body: { yaml: long } })
  expect(checked.json).toMatchObject({
    ok: true,
    problems: [],
    warnings: [{ path: 'touchpoints.daily-tip.interests.辅食[0]', line: expect.any(Number) as number }],
  })
})

it('is read-only when the file rules', async () => {
  const [publishRoute] = cadenceRoutes({
    db: store.db,
    act: store.act,
    clock: store.clock,
    tierRules: store.rules,
    admins: ['zhang'],
    readOnly: true,
  }).slice(-1)
  routes = publishRoute ? [publishRoute] : []
  await expect(
    call('POST', '/api/admin/cadence/publish', { body: { yaml, note: '', baseVersion: 1 } }),
  ).rejects.toMatchObject({ code: 'read-only' })
})

it('plans at once what a version published during the day adds to that day', async () => {
  store.clock.set(instantOf('2026-11-18', '09:00'))
  const promises = () => store.db.reader.rows('select id from promise')
  expect(await promises()).toHaveLength(0)
  await call('POST', '/api/admin/cadence/publish', {
    body: { yaml: yaml.replace('小禾母婴', '小树'), note: '', baseVersion: 1 },
  })
  expect(await promises()).toHaveLength(1)
})

it('lays the calendar out by days, and refuses a day that does not exist', async () => {
  const calendar = (await call('GET', '/api/admin/calendar', { query: { days: '3' } })).json as Calendar
  expect(
    calendar.days.map(({ day, weekday, isToday }) => `${day} ${String(weekday)} ${String(isToday)}`),
  ).toEqual(['2026-11-18 3 true', '2026-11-19 4 false', '2026-11-20 5 false'])
  expect(calendar.days[0]?.entries).toEqual([
    {
      touchpoint: 'daily-tip',
      title: '每日干货',
      channel: 'group-broadcast',
      channelTitle: '社群群发',
      // Off the round minute.
      at: expect.stringMatching(/^10:(0[2-9]|1[0-4])$/) as string,
      planned: true,
      queued: 1,
      later: 0,
      declined: 0,
      sent: 0,
      waiting: 0,
      reasons: [],
    },
  ])
  const turn = (await call('GET', '/api/admin/calendar', { query: { from: '2026-12-30', days: '3' } }))
    .json as Calendar
  expect(turn.missingHolidayYears).toEqual([2027])
  expect(turn.days.map(({ festival, holiday, mark }) => [festival, holiday, mark])).toEqual([
    [undefined, undefined, undefined],
    [undefined, undefined, undefined],
    ['元旦', undefined, undefined],
  ])
  const past = (await call('GET', '/api/admin/calendar', { query: { from: '2026-09-30', days: '11' } }))
    .json as Calendar
  expect(past.missingHolidayYears).toEqual([])
  expect(past.days.map(({ festival, holiday, mark }) => [festival, holiday, mark])).toEqual([
    [undefined, undefined, undefined],
    ['国庆节', '国庆节', 'rest'],
    ...Array<unknown>(6).fill([undefined, '国庆节', 'rest']),
    [undefined, undefined, undefined],
    [undefined, undefined, undefined],
    [undefined, '国庆节', 'work'],
  ])
  const entries = await call('GET', '/api/admin/calendar/entries', {
    query: { day: '2026-11-18', touchpoint: 'daily-tip' },
  })
  expect(entries.json).toMatchObject({
    total: 1,
    items: [{ subject: 'wr1', name: '辅食群', advisor: '张小敏', decision: 'queued' }],
  })
  await expect(call('GET', '/api/admin/calendar', { query: { from: '2026-02-30' } })).rejects.toMatchObject({
    status: 400,
  })
})

it('validates and applies from the command line', async () => {
  const known = namesInFiles(configDir, store.rules)
  expect(cadenceValidate({ configDir, known })).toMatchObject({ ok: true, problems: [], warnings: [] })
  expect(() => cadenceValidate({ file: '/nowhere.yaml', configDir, known })).toThrow('cannot be read')
  const lines = problemLines({
    file: 'c.yaml',
    problems: [
      { line: 3, column: 5, path: 'shop', message: 'is missing', fix: 'add it', messageZh: '', fixZh: '' },
    ],
    warnings: [],
  })
  expect(lines).toEqual(['c.yaml:3:5 shop: is missing — fix: add it'])
  const parts = {
    db: store.db,
    act: store.act,
    clock: store.clock,
    tierRules: store.rules,
    admins: ['zhang'],
    readOnly: false,
  }
  expect(
    (await cadenceApply(parts, { file: join(configDir, 'cadence.yaml'), configDir, note: 'same' })).version,
  ).toBe(1)
})
