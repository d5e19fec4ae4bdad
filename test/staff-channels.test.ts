/**
 * 朋友圈 and 应用消息 from the cadence to the end: the whole server and the simulator over HTTP, both clocks moved by
 * hand. What was said is what the simulator's ledger says.
 */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { system } from '../src/base/act.ts'
import { addDays, instantOf } from '../src/base/calendar.ts'
import { minutes, seconds, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { createCalendar, publishAndPlan } from '../src/cadence/index.ts'
import { addMedia } from '../src/content/index.ts'
import { readLog } from '../src/interaction/index.ts'
import { pauseSending, setLeave } from '../src/outbox/index.ts'
import type { PromiseRow } from '../src/outbox/index.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { LedgerRow, Simulator } from '../src/simulator/index.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'
import { openServerOn, passTogether } from './whole-server.ts'

/** A Wednesday, before its day is planned. */
const wednesday = '2026-05-20'
const start = instantOf(wednesday, '08:00')

const cadence = (more = ''): string => `
shop: { name: 小禾 }
touchpoints:
  moment-note:
    weekdays: [周三, 周四]
    at: '10:00'
    withinDays: 1
    wordings: ['今天的辅食小知识', '明天的辅食小知识']
${more}  staff-note:
    weekdays: [周三]
    at: '09:00'
`

onBothDatabases('moments and notes to the staff', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let app: App
  let robot: string
  let address: string

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(start)
    simulator = await startSimulator({ clock: 'virtual', startAt: start, empty: true })
    const { world } = simulator
    for (const [userid, name] of [
      ['lin', '林晓'],
      ['wang', '王丽'],
    ] as const) {
      world.addStaff({ userid, name, confirm: { mode: 'never' } })
      for (const n of [1, 2])
        world.addContact({ userid, external_userid: `wm${userid}${String(n)}`, silent: true })
    }
    robot = await robotKey()
    app = await openServerOn(opened.url, simulator, clock, { WECOM_ROBOTS: `早会=${robot}` })
    ;({ url: address } = await app.listen())
    await simulator.setCallback(`${address}/wecom/callback`, true)
    await app.compareAll()
    await settle()
  })
  afterEach(async () => {
    await app.stop()
    await simulator.close()
    await opened.drop()
  })

  const ask = async (path: string, body: object): Promise<unknown> =>
    (await fetch(`${simulator.url}/sim/${path}`, { method: 'POST', body: JSON.stringify(body) })).json()
  const robotKey = async (): Promise<string> =>
    ((await ask('robots/add', { members: ['lin', 'wang'] })) as { key: string }).key
  const settle = (ms = 0): Promise<void> => passTogether(app, simulator, clock, ms)
  /** From one thing that falls due to the next, as a server would live it. */
  async function until(time: number, leastMs = minutes(5)): Promise<void> {
    while (clock.now() < time) {
      const next = (await app.nextDueAt()) ?? time
      await settle(Math.min(Math.max(next - clock.now(), leastMs), time - clock.now()))
    }
  }
  /** In one breath, where nothing of interest happens. */
  const leap = (time: number): Promise<void> => settle(time - clock.now())
  async function publish(yaml: string): Promise<void> {
    const { db, act, rules } = app.importParts
    const publishing = { yaml, note: '', by: 'test', baseVersion: null }
    await publishAndPlan(
      { db, act, clock, tierRules: rules },
      { kind: 'staff', userid: 'operator' },
      publishing,
    )
    await settle()
  }
  const promises = (touchpoint: string): Promise<PromiseRow[]> =>
    app.db.reader.rows<PromiseRow>('select * from promise where touchpoint = $1 order by day, subject', [
      touchpoint,
    ])
  const states = async (touchpoint: string): Promise<unknown[]> =>
    (await promises(touchpoint)).map(({ subject, day, state }) => [subject, day.slice(-2), state])
  const shown = (): LedgerRow[] => simulator.ledger().filter(({ api }) => api === 'add_moment_task')
  const moments = (): string[] => [...new Set(shown().map(({ msgid }) => msgid))]
  const notes = (userid: string): LedgerRow[] =>
    simulator.ledger().filter((row) => row.api === 'message/send' && row.recipient === userid)

  it('asks all advisors at once to publish, reminds them, and knows who did', async () => {
    await publish(cadence())
    await leap(instantOf(wednesday, '09:59'))
    await until(instantOf(wednesday, '10:05'))
    expect(await states('moment-note')).toEqual([
      ['lin', '20', 'waiting'],
      ['wang', '20', 'waiting'],
    ])
    // One task, to each advisor's own customers.
    const [moment = ''] = moments()
    expect(moments()).toHaveLength(1)
    expect(shown().map(({ sender, recipient }) => [sender, recipient])).toEqual([
      ['lin', 'wmlin1'],
      ['lin', 'wmlin2'],
      ['wang', 'wmwang1'],
      ['wang', 'wmwang2'],
    ])
    expect(shown()[0]?.text).toMatch(/^今天的辅食小知识\n会员中心：http:\/\/127.0.0.1:9\/h5\/l\/b\./)
    const [row] = await promises('moment-note')
    const [parcel] = await app.db.reader.rows<{ remote_id: string }>(
      'select remote_id from parcel where id = $1',
      [row?.parcel ?? ''],
    )
    expect(parcel?.remote_id).toBe(moment)
    simulator.world.confirm('lin', moment)
    await until(instantOf(wednesday, '13:00'), minutes(40))
    expect(await states('moment-note')).toEqual([
      ['lin', '20', 'sent'],
      ['wang', '20', 'waiting'],
    ])
    // Only whoever has not published is reminded, once in these hours.
    expect(notes('wang').filter(({ text }) => text.includes('等您发表'))).toHaveLength(1)
    expect(notes('lin').filter(({ text }) => text.includes('等您发表'))).toHaveLength(0)
    await until(instantOf(addDays(wednesday, 2), '00:10'), minutes(120))
    // What still waited on the next morning might yet be published that day: nothing was asked beside it.
    expect(await states('moment-note')).toEqual([
      ['lin', '20', 'sent'],
      ['wang', '20', 'expired'],
      ['lin', '21', 'waiting'],
      ['wang', '21', null],
    ])
    expect(
      shown()
        .filter(({ msgid }) => msgid === moment)
        .map(({ sender, status }) => [sender, status]),
    ).toEqual([
      ['lin', 'sent'],
      ['lin', 'sent'],
      ['wang', 'cancelled'],
      ['wang', 'cancelled'],
    ])
    const told = await readLog(app.db.reader, { kinds: ['touch-sent'], limit: 10 })
    const published = told.filter(({ detail }) => detail['channel'] === 'moments')
    expect(published.map(({ who, detail }) => [who, detail['seenBy']])).toEqual([[{ staff: 'lin' }, 2]])
    expect((await promises('moment-note'))[0]?.settle_words).toBe('2 位客户可见')
  })

  it.each(['reset-before', 'reset-after'] as const)(
    'asks once, whatever becomes of the call: %s',
    async (kind) => {
      await publish(cadence())
      await leap(instantOf(wednesday, '09:59'))
      simulator.addFault({ api: 'add_moment_task', kind, times: 1 })
      await until(instantOf(wednesday, '10:01'))
      expect((await states('moment-note')).map((one) => (one as string[])[2])).toEqual(['unknown', 'unknown'])
      await until(instantOf(wednesday, '10:40'))
      expect(moments()).toHaveLength(1)
      for (const userid of ['lin', 'wang']) simulator.world.confirm(userid, moments()[0] ?? '')
      await until(instantOf(wednesday, '11:40'), minutes(30))
      expect((await states('moment-note')).map((one) => (one as string[])[2])).toEqual(['sent', 'sent'])
    },
  )

  it('takes back a first task that turns up after a second was made', async () => {
    await publish(cadence())
    await leap(instantOf(wednesday, '09:59'))
    simulator.addFault({ api: 'add_moment_task', kind: 'reset-after', times: 1 })
    // Its job takes longer than anybody would believe.
    simulator.settings.dispatchMs = minutes(60)
    await until(instantOf(wednesday, '10:02'))
    simulator.settings.dispatchMs = 500
    await until(instantOf(wednesday, '12:30'), minutes(10))
    expect(moments()).toHaveLength(2)
    const alive = shown().filter(({ status }) => status === 'accepted')
    expect(new Set(alive.map(({ msgid }) => msgid)).size).toBe(1)
    expect((await states('moment-note')).map((one) => (one as string[])[2])).toEqual(['waiting', 'waiting'])
  })

  it('ends where WeCom refuses, waits while there are too many, and is taken back by a pause', async () => {
    await publish(cadence())
    await leap(instantOf(wednesday, '09:59'))
    simulator.addFault({ api: 'add_moment_task', kind: 'errcode', errcode: 41078, times: 1 })
    await until(instantOf(wednesday, '10:10'))
    expect((await states('moment-note')).map((one) => (one as string[])[2])).toEqual(['waiting', 'waiting'])
    await app.importParts.act({ kind: 'staff', userid: 'operator' }, (ctx) =>
      pauseSending(ctx, 'operator', '停一停', { scope: 'channel', name: 'moments' }),
    )
    await until(instantOf(wednesday, '10:20'))
    expect((await states('moment-note')).map((one) => (one as string[])[2])).toEqual([
      'cancelled',
      'cancelled',
    ])
    expect(shown().map(({ status }) => status)).toEqual(Array(4).fill('cancelled'))
  })

  it('refuses for whom WeCom made no task, and what it does not take', async () => {
    await publish(cadence())
    await leap(instantOf(wednesday, '09:30'))
    simulator.addFault({ api: 'add_moment_task', kind: 'errcode', errcode: 85002, times: 1 })
    await until(instantOf(wednesday, '10:05'))
    expect((await promises('moment-note')).map(({ state, settle_code }) => [state, settle_code])).toEqual([
      ['refused', 'forbidden-words'],
      ['refused', 'forbidden-words'],
    ])
  })

  it('never asks an advisor more often than WeCom shows, nor one on leave, and says why', async () => {
    await publish(
      cadence(`  more-moments:\n    kind: moment-note\n    weekdays: [周三]\n    wordings: ['再来一条']\n`),
    )
    await app.importParts.act({ kind: 'staff', userid: 'operator' }, (ctx) =>
      setLeave(ctx, { staff: 'wang', from_day: wednesday, to_day: addDays(wednesday, 2), deputy: 'lin' }),
    )
    await leap(instantOf(wednesday, '08:45'))
    const first = await promises('moment-note')
    const second = await promises('more-moments')
    expect(
      [...first, ...second].map(({ touchpoint, subject, decision, reason_code }) => [
        touchpoint,
        subject,
        decision,
        reason_code,
      ]),
    ).toEqual([
      ['moment-note', 'lin', 'queued', 'ok'],
      ['moment-note', 'wang', 'declined', 'advisor-on-leave'],
      ['more-moments', 'lin', 'declined', 'channel-cap'],
      ['more-moments', 'wang', 'declined', 'advisor-on-leave'],
    ])
    expect(second[0]?.reason_words).toBe('朋友圈每天最多 1 次')
    const calendar = createCalendar({
      reader: app.db.reader,
      tierRules: app.importParts.rules,
      holidays: app.importParts.holidays,
    })
    const subjects = await calendar.subjects(
      { day: wednesday, touchpoint: 'more-moments', page: 1, size: 10 },
      clock.now(),
    )
    expect(subjects.items.map(({ name, reason }) => [name, reason.code])).toEqual([
      ['林晓', 'channel-cap'],
      ['王丽', 'advisor-on-leave'],
    ])
    // A month ahead holds four of each advisor.
    const plan = await calendar.calendar(wednesday, 28, clock.now())
    const queued = plan.days.map(({ entries }) =>
      entries.filter(({ channel }) => channel === 'moments').reduce((sum, one) => sum + one.queued, 0),
    )
    expect(queued.reduce((sum, n) => sum + n, 0)).toBe(8)
  })

  it('takes pictures along, uploaded for moments', async () => {
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    await app.importParts.act(system('test'), (ctx) =>
      addMedia(ctx, { name: '封面', filename: 'cover.png', bytes: picture }),
    )
    await publish(
      cadence().replace('    withinDays: 1\n', '    withinDays: 1\n    attachments: [{ image: 封面 }]\n'),
    )
    await leap(instantOf(wednesday, '09:59'))
    await until(instantOf(wednesday, '10:05'))
    expect(shown()[0]?.body).toMatchObject({ attachments: [{ msgtype: 'image' }] })
    for (const userid of ['lin', 'wang']) simulator.world.confirm(userid, moments()[0] ?? '')
    simulator.addFault({ api: 'add_moment_task', kind: 'reset-after', times: 1 })
    await leap(instantOf(wednesday, '11:30'))
    await leap(instantOf(addDays(wednesday, 1), '09:59'))
    await until(instantOf(addDays(wednesday, 1), '10:40'))
    expect(moments()).toHaveLength(2)
    expect((await states('moment-note')).slice(2)).toEqual([
      ['lin', '21', 'waiting'],
      ['wang', '21', 'waiting'],
    ])
  })

  it('tells each advisor her figures, once, though an answer is lost, and nobody on leave', async () => {
    await publish(cadence())
    await until(instantOf(wednesday, '08:50'))
    await app.importParts.act({ kind: 'staff', userid: 'operator' }, (ctx) =>
      setLeave(ctx, { staff: 'wang', from_day: wednesday, to_day: wednesday, deputy: null }),
    )
    simulator.addFault({ api: 'message/send', kind: 'reset-after', times: 1 })
    await until(instantOf(wednesday, '09:05'), seconds(20))
    expect(await states('staff-note')).toEqual([
      ['lin', '20', 'sent'],
      ['wang', '20', 'expired'],
    ])
    expect(notes('lin')).toHaveLength(1)
    expect(notes('lin')[0]?.text).toContain('林晓，过去 7 天')
    expect(notes('lin')[0]?.text).toContain('现有 2 位')
    expect(notes('wang')).toEqual([])
  })

  const digest = `  morning-digest:\n    robots: [早会]\n    at: '09:00'\n`
  /** What the robot said, each once however many members read it. */
  const digests = (): string[] => {
    const rows = simulator.ledger().filter(({ api }) => api === 'webhook/send')
    return [...new Map(rows.map(({ msgid, text }) => [msgid, text])).values()]
  }
  const ends = async (): Promise<unknown[]> =>
    (await promises('morning-digest')).map(({ day, state, settle_code }) => [
      day.slice(-2),
      state,
      settle_code,
    ])
  const ready = async (): Promise<string> => (await fetch(`${address}/readyz`)).text()

  it('tells the group of the staff how the day looks, and its key stands nowhere', async () => {
    await publish(cadence(digest))
    await until(instantOf(wednesday, '09:10'))
    expect(await ends()).toEqual([['20', 'sent', null]])
    expect(digests()).toHaveLength(1)
    expect(digests()[0]).toContain('小禾 5月20日 周三')
    for (const table of ['promise', 'parcel', 'log', 'meta', 'cadence_version'])
      expect(JSON.stringify(await app.db.reader.rows(`select * from ${table}`))).not.toContain(robot)
    expect(await ready()).not.toContain('robots')
  })

  it('holds a digest whose answer was lost, and says nothing twice', async () => {
    await publish(cadence(digest))
    await until(instantOf(wednesday, '08:55'))
    simulator.addFault({ api: 'webhook/send', kind: 'reset-after', times: 1 })
    await until(instantOf(wednesday, '10:30'))
    expect(await ends()).toEqual([['20', 'held', 'unsure']])
    expect(digests()).toHaveLength(1)
  })

  it('leaves a robot alone that was switched off, says so, and tries it again after a day', async () => {
    await publish(cadence(digest))
    await ask('robots/disable', { key: robot })
    await until(instantOf(wednesday, '09:10'))
    expect(await ends()).toEqual([['20', 'refused', 'robot-unusable']])
    expect(await ready()).toContain('早会')
    const calls = (): number => simulator.calls().filter(({ api }) => api === 'webhook/send').length
    expect(calls()).toBe(1)
    await until(instantOf(addDays(wednesday, 1), '09:10'), minutes(60))
    expect(await ends()).toContainEqual(['21', 'refused', 'robot-unusable'])
    expect(digests()).toEqual([])
  })

  it('refuses a cadence that names a robot nobody knows', async () => {
    await expect(publish(cadence(digest.replace('早会', '晚会')))).rejects.toMatchObject({
      detail: {
        problems: [{ message: '没有名为“晚会”的群机器人', path: 'touchpoints.morning-digest.robots[0]' }],
      },
    })
  })
})
