/** Settings that every touchpoint has, from the YAML to the decision: which days, which audience, whose voice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Happening } from '../src/base/act.ts'
import { addDays, instantOf, isoOf } from '../src/base/calendar.ts'
import { applyHolidays, loadHolidays } from '../src/base/holidays.ts'
import {
  currentCadence,
  explainCustomer,
  planDay,
  previewDays,
  publish,
  readCadence,
} from '../src/cadence/index.ts'
import type { CadenceParts, Foreseen } from '../src/cadence/index.ts'
import { cadencePlan } from '../src/cli/cadence.ts'
import { saveContacts, saveStaff } from '../src/customer/index.ts'
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

    it('counts by weekdays where nobody has entered the year, and says so', async () => {
      await enterHolidays()
      await live('    weekday: 六\n    days: workdays\n')
      expect(await shown('2028-01-01')).toMatchObject([
        { at: '2028-01-03', reasonWords: '只在工作日发，2028 年的节假日未录入，按周一至周五算' },
        {},
      ])
      expect((await cadencePlan(parts, { from: '2027-12-31', days: 2 })).holidaysMissing).toEqual([
        2027, 2028,
      ])
      expect((await cadencePlan(parts, { from: '2026-12-30', days: 2 })).holidaysMissing).toEqual([])
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
})
