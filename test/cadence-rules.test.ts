/** Settings that every touchpoint has, from the YAML to the decision: which days, which audience, whose voice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Actor, Happening } from '../src/base/act.ts'
import { addDays, instantOf, isoOf } from '../src/base/calendar.ts'
import { applyHolidays, loadHolidays } from '../src/base/holidays.ts'
import { createLog } from '../src/base/log.ts'
import {
  audienceParts,
  createCadenceFollowers,
  currentCadence,
  explainCustomer,
  planDay,
  previewDays,
  publish,
  readCadence,
  tierNames,
} from '../src/cadence/index.ts'
import type { CadenceParts, Foreseen } from '../src/cadence/index.ts'
import { planOf } from './plan-of.ts'
import { saveContacts, saveStaff } from '../src/customer/index.ts'
import { nameAdvisor } from '../src/desk/index.ts'
import { audienceRoutes } from '../src/http/admin/audiences.ts'
import { createFollowers } from '../src/interaction/index.ts'
import { sendersOf, setLeave } from '../src/outbox/index.ts'
import { removeAudience, saveAudience } from '../src/segment/index.ts'
import { onBothDatabases } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

/** A Wednesday, the last day of the holiday; Saturday the 10th is worked for it. */
const holiday = '2026-10-07'

const order = (shopId: string, external: string, day: string): Happening => ({
  kind: 'order-placed',
  at: instantOf(day, '09:00'),
  source: 'shop',
  sourceKey: `${shopId}:${day}`,
  who: { shopId, external },
  detail: { amountFen: 90_000, items: [] },
})

const cadenceOf = (touchpoint: string): string =>
  `shop: { name: 小禾 }\ntouchpoints:\n  note:\n    kind: weekly-note\n    tiers: [high, mid, new, dormant, other]\n    wordings: ['您好']\n${touchpoint}`

onBothDatabases('what every touchpoint may set', (open) => {
  let store: TestStore
  let parts: CadenceParts
  beforeEach(async () => {
    store = await openStore(open, instantOf(holiday, '08:31'))
    parts = { db: store.db, act: store.act, clock: store.clock, tierRules: store.rules }
    await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
      await saveStaff(ctx, [
        { userid: 'zhang', name: '张小敏', active: true, contact: true },
        { userid: 'li', name: '李可', active: true, contact: true },
      ])
      for (const external of ['wm1', 'wm2'])
        await saveContacts(ctx, [
          { external, staff: 'zhang', name: external, gender: 2, addedAt: instantOf('2026-01-01') },
        ])
    })
    await store.say(
      ...['wm1', 'wm2'].flatMap((external) =>
        [20, 40, 60].map((ago) => order(`s-${external}`, external, addDays(holiday, -ago))),
      ),
    )
  })
  afterEach(() => store.drop())

  const live = (touchpoint: string) =>
    store.act({ kind: 'cli', verb: 'test' }, (ctx) =>
      publish(ctx, store.rules, { yaml: cadenceOf(touchpoint), note: '', by: 'cli', baseVersion: null }),
    )
  const foreseen = async (day: string): Promise<readonly Foreseen[]> => {
    const cadence = (await currentCadence(store.db.reader)) ?? expect.fail('no cadence')
    const span = { from: day, days: 1, now: instantOf(day, '00:00') }
    return (await previewDays({ reader: store.db.reader, tierRules: store.rules, cadence }, span)).promises
  }
  const shown = async (day: string) =>
    (await foreseen(day)).map(({ decision, dueAt, reasonCode, reasonWords }) => ({
      decision,
      at: isoOf(dueAt).slice(0, 10),
      reasonCode,
      reasonWords,
    }))

  describe('days', () => {
    const enterHolidays = () =>
      store.act({ kind: 'system', name: 'setup' }, (ctx) => applyHolidays(ctx, loadHolidays(configDir)))

    it('moves what falls on a day off to the next workday, weekend days worked for a holiday included', async () => {
      await enterHolidays()
      await live('    weekday: 三\n    days: workdays\n')
      const moved = {
        decision: 'later',
        at: '2026-10-08',
        reasonCode: 'day-kind',
        reasonWords: '只在工作日发',
      }
      expect(await shown(holiday)).toEqual([moved, moved])
      await live('    weekday: 六\n    days: workdays\n')
      expect((await shown('2026-10-10')).map(({ decision }) => decision)).toEqual(['queued', 'queued'])
      await live('    weekday: 六\n    days: restdays\n')
      expect(await shown('2026-10-10')).toMatchObject([{ at: '2026-10-11', reasonWords: '只在休息日发' }, {}])
      await live('    weekday: 三\n    days: workdays\n')
      // The plan itself decides the same.
      expect(
        (await planDay(parts, holiday)).map(({ decision, reasonCode }) => [decision, reasonCode]),
      ).toEqual([
        ['later', 'day-kind'],
        ['later', 'day-kind'],
      ])
    })

    it('ends the rest of the month where a full cap aborts, in the dry run, the plan and the answer alike', async () => {
      await live('    weekday: 三\n    onOverCap: abort\nmanners: { marketingPerMonth: 1 }\n')
      const foreseen = (await planOf(parts, { from: holiday, days: 29 })).promises
        .filter(({ subject }) => subject === 'wm1')
        .map(({ day, decision, reasonCode }) => `${day} ${decision} ${reasonCode}`)
      expect(foreseen).toEqual([
        '2026-10-07 queued ok',
        '2026-10-14 declined run-aborted',
        '2026-10-21 declined run-ended',
        '2026-10-28 declined run-ended',
        '2026-11-04 declined run-aborted',
      ])
      const planned: string[] = []
      for (const line of foreseen) {
        const day = line.slice(0, 10)
        store.clock.set(instantOf(day, '08:31'))
        const [first] = await planDay(parts, day)
        planned.push(`${day} ${first?.decision ?? ''} ${first?.reasonCode ?? ''}`)
      }
      expect(planned).toEqual(foreseen)
      const [{ customer = '' } = {}] = await store.db.reader.rows<{ customer: string }>(
        "select customer from identity where kind = 'external' and value = 'wm1'",
      )
      const { promises } = await explainCustomer(
        { reader: store.db.reader, tierRules: store.rules },
        customer,
        store.clock.now(),
      )
      expect(promises.find(({ day }) => day === '2026-10-21')?.reason).toEqual({
        code: 'run-ended',
        words: '本轮因触达次数已满提前结束（2026-10-14）',
      })
      expect(promises.find(({ day }) => day === '2026-11-11')?.reason.code).toBe('run-ended')
    })

    it('counts by weekdays where nobody has entered the year, and says so', async () => {
      await enterHolidays()
      await live('    weekday: 六\n    days: workdays\n')
      expect(await shown('2028-01-01')).toMatchObject([
        { at: '2028-01-03', reasonWords: '只在工作日发，2028 年的节假日未录入，按周一至周五算' },
        {},
      ])
      expect((await planOf(parts, { from: '2027-12-31', days: 2 })).holidaysMissing).toEqual([2027, 2028])
      expect((await planOf(parts, { from: '2026-12-30', days: 2 })).holidaysMissing).toEqual([])
      const [{ customer = '' } = {}] = await store.db.reader.rows<{ customer: string }>(
        "select customer from identity where kind = 'external' and value = 'wm1'",
      )
      const { touchpoints } = await explainCustomer(
        { reader: store.db.reader, tierRules: store.rules },
        customer,
        store.clock.now(),
      )
      expect(touchpoints[0]).toMatchObject({ days: '只在工作日发' })
      expect(touchpoints[0]?.lines).toContain('日子：只在工作日发')
    })

    it('is refused where a message of a group carries it, and for an arm of a test', () => {
      const poll = `shop: { name: 小禾 }\ntouchpoints:\n  weekly-poll:\n    days: workdays\n    polls:\n      - question: 您喜欢哪个\n        options: [{ id: a, label: 甲 }, { id: b, label: 乙 }]\n`
      const { mistakes } = readCadence(poll, { tiers: null })
      expect(mistakes).toMatchObject([
        {
          line: 4,
          path: 'touchpoints.weekly-poll.days',
          fix: expect.stringContaining('删去 days') as string,
        },
      ])
      expect(readCadence(cadenceOf('    days: holidays\n'), { tiers: null }).mistakes).toMatchObject([
        { line: 7, path: 'touchpoints.note.days', fix: expect.stringContaining('workdays') as string },
      ])
    })
  })

  describe('whose voice', () => {
    const befriend = (staff: string, external: string, addedAt: string) =>
      store.act({ kind: 'system', name: 'seed' }, (ctx) =>
        saveContacts(ctx, [{ external, staff, name: external, gender: 2, addedAt: instantOf(addedAt) }]),
      )
    const senders = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await foreseen(holiday)).map(({ subject, sender }) => [subject, sender ?? '']))
    const customerOf = async (external: string): Promise<string> =>
      (
        await store.db.reader.rows<{ customer: string }>(
          "select customer from identity where kind = 'external' and value = $1",
          [external],
        )
      )[0]?.customer ?? expect.fail(external)

    beforeEach(async () => {
      await live('    weekday: 三\n')
      for (const external of ['wm1', 'wm2']) await befriend('li', external, '2026-02-01')
    })

    it('shares those who talk with nobody by load, the same each time it is asked', async () => {
      const shared = await senders()
      expect(Object.values(shared).sort()).toEqual(['li', 'zhang'])
      expect(await senders()).toEqual(shared)
    })

    it('goes on with whoever talked last, told in words, and gives nobody away to a deputy', async () => {
      await planDay(parts, holiday)
      await store.db.tx((tx) =>
        tx.run(`update promise set sender = 'li', state = 'sent', sent_at = $1 where subject = 'wm1'`, [
          store.clock.now(),
        ]),
      )
      await store.db.tx((tx) =>
        tx.run(
          `update promise set sender = 'li', reason_code = 'advisor-on-leave', decision = 'queued', state = 'sent'
           where subject = 'wm2'`,
        ),
      )
      const reader = store.db.reader
      const [one, two] = [await customerOf('wm1'), await customerOf('wm2')]
      const chosen = await sendersOf(reader, [one, two])
      expect(chosen.get(one)).toMatchObject({ staff: 'li', why: 'talked-last' })
      expect(chosen.get(two)).toMatchObject({ staff: 'zhang', why: 'oldest' })
      const explained = await explainCustomer({ reader, tierRules: store.rules }, one, store.clock.now())
      expect(explained).toMatchObject({ advisor: '李可', advisorWhy: '最近由这位顾问联系' })
    })

    it('is that of the advisor who is hers by name, foreseen and planned, and of her deputy while she is on leave', async () => {
      const byPerson: Actor = { kind: 'staff', userid: 'zhang' }
      for (const external of ['wm1', 'wm2'])
        await store.act(byPerson, async (ctx) =>
          nameAdvisor(ctx, await customerOf(external), { staff: 'li', said: '' }),
        )
      expect(await senders()).toEqual({ wm1: 'li', wm2: 'li' })
      await store.act({ kind: 'cli', verb: 'leave' }, (ctx) =>
        setLeave(ctx, { staff: 'li', from_day: holiday, to_day: holiday, deputy: 'zhang' }),
      )
      const decided = await planDay(parts, holiday)
      expect(decided.map(({ sender, reasonCode }) => [sender, reasonCode])).toEqual([
        ['zhang', 'advisor-on-leave'],
        ['zhang', 'advisor-on-leave'],
      ])
    })

    it('leaves it to the deputy while the chosen one is on leave', async () => {
      const before = await senders()
      const [away = '', other = ''] = [before['wm1'], before['wm2']]
      await store.act({ kind: 'cli', verb: 'leave' }, (ctx) =>
        setLeave(ctx, { staff: away, from_day: holiday, to_day: holiday, deputy: other }),
      )
      const decided = await planDay(parts, holiday)
      expect(decided.find(({ subject }) => subject === 'wm1')).toMatchObject({
        sender: other,
        reasonCode: 'advisor-on-leave',
      })
    })
  })

  describe('audience', () => {
    const twice =
      '{ combinator: and, rules: [{ field: purchases, operator: ">=", value: 2 }, { field: spent, operator: ">", value: 200000 }] }'
    const spender = { combinator: 'and', rules: [{ field: 'spent', operator: '>', value: 300_000 }] }
    const save = (name: string, rule: unknown, baseVersion = 0) =>
      store.act({ kind: 'cli', verb: 'test' }, (ctx) =>
        saveAudience(ctx, audienceParts(store.rules), { name, title: '大客户', rule, baseVersion }),
      )
    const heard = async (): Promise<string[]> =>
      (await foreseen(holiday)).map(({ subject }) => subject).sort()
    // wm2 has spent 3,600 yuan, wm1 2,700.
    beforeEach(() => store.say(order('s-wm2', 'wm2', addDays(holiday, -5))))

    it('of its own rule is asked of the database as a set, by the plan, the dry run and what answers at once', async () => {
      await live(`    weekday: 三\n    audience: ${twice}\n`)
      expect(await heard()).toEqual(['wm1', 'wm2'])
      await live(`    weekday: 三\n    audience: ${JSON.stringify(spender)}\n`)
      expect(await heard()).toEqual(['wm2'])
      expect((await planDay(parts, holiday)).map(({ subject }) => subject)).toEqual(['wm2'])
      await live(
        `    weekday: 四\n  care:\n    kind: order-care\n    wording: '您好'\n    audience: ${JSON.stringify(spender)}\n`,
      )
      const answers = createCadenceFollowers(parts)
      const followers = createFollowers(store.db, store.act, answers, createLog('silent'))
      await store.say(
        ...['wm1', 'wm2'].map((external) => ({
          kind: 'order-delivered',
          at: store.clock.now(),
          source: 'shop',
          sourceKey: `delivered:${external}`,
          who: { external },
          detail: { orderId: `o-${external}` },
        })),
      )
      await followers.catchUp()
      const care = await store.db.reader.rows("select subject from promise where touchpoint = 'care'")
      expect(care).toEqual([{ subject: 'wm2' }])
    })

    it('may be a saved one: its rule as it is on the day, and nobody once it is gone', async () => {
      await save('spenders', spender)
      await live('    weekday: 三\n    audience: spenders\n')
      expect(await heard()).toEqual(['wm2'])
      await save('spenders', { combinator: 'and', rules: [] }, 1)
      expect(await heard()).toEqual(['wm1', 'wm2'])
      const remove = audienceRoutes({
        act: store.act,
        reader: store.db.reader,
        ...audienceParts(store.rules),
        rowsOf: () => Promise.resolve([]),
      }).find(({ method }) => method === 'DELETE')
      await expect(
        remove?.handle({
          params: { name: 'spenders' },
          query: {},
          body: {},
          staff: { userid: 'zhang', name: '张小敏', roles: ['admin'] },
          player: null,
          cookies: { get: () => undefined },
          requestId: 'r1',
          ip: '127.0.0.1',
          userAgent: 'test',
          now: store.clock.now(),
        }),
      ).rejects.toMatchObject({
        code: 'audience-in-use',
        fix: expect.stringContaining('再删除人群') as string,
      })
      await store.act({ kind: 'cli', verb: 'test' }, (ctx) => removeAudience(ctx, 'spenders'))
      expect(await heard()).toEqual([])
      const [{ customer = '' } = {}] = await store.db.reader.rows<{ customer: string }>(
        "select customer from identity where kind = 'external' and value = 'wm2'",
      )
      const at = { reader: store.db.reader, tierRules: store.rules }
      const { touchpoints } = await explainCustomer(at, customer, store.clock.now())
      expect(touchpoints[0]).toMatchObject({
        applies: false,
        words: '不适用：人群“spenders”已被删除，没有人在里面',
      })
    })

    it('is checked with line and fix: fields, names, and touchpoints that have none', async () => {
      const misspelt = `    audience:
      combinator: and
      rules:
        - { field: purchases, operator: ">=", value: 2 }
        - { field: purchase, operator: ">=", value: 2 }
`
      expect(readCadence(cadenceOf(misspelt), { tiers: null }).mistakes).toMatchObject([
        {
          line: 11,
          path: 'touchpoints.note.audience.rules[1].field',
          message: '人群规则有误：没有“purchase”这个条件',
          fix: expect.stringContaining('siyu audience fields') as string,
        },
      ])
      const odd = readCadence(cadenceOf('    audience: 12\n'), { tiers: null })
      expect(odd.mistakes).toMatchObject([{ line: 7, path: 'touchpoints.note.audience' }])
      const known = { tiers: tierNames(store.rules), audiences: ['spenders'] }
      expect(readCadence(cadenceOf('    audience: spender\n'), known).mistakes).toMatchObject([
        { line: 7, fix: expect.stringContaining('是不是“spenders”') as string },
      ])
      await expect(live('    audience: spenders\n')).rejects.toMatchObject({ code: 'invalid-cadence' })
      const group = `shop: { name: 小禾 }\ntouchpoints:\n  daily-tip:\n    audience: spenders\n    interests: { 辅食: [一条] }\n`
      expect(readCadence(group, { tiers: null }).mistakes).toMatchObject([
        { line: 4, path: 'touchpoints.daily-tip.audience', fix: expect.stringContaining('删去') as string },
      ])
    })
  })
})
