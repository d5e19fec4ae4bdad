/** Each weekday, however it is written, is the weekday on which the planner stages: every day of some years, both ways. */
import { describe, expect, it } from 'vitest'
import { addDays } from '../base/calendar.ts'
import { holidaysOf } from '../base/holidays.ts'
import type { Reader } from '../base/db.ts'
import type { Standing } from '../segment/index.ts'
import type { People } from './audience.ts'
import { readCadence } from './config.ts'
import type { Cadence } from './config.ts'
import { createHistory, readOccasions, stageDay } from './stage.ts'
import { createTipMemory } from './tips/rotation.ts'

/** From Monday on; what an operator may write for each. */
const spellings: readonly (readonly string[])[] = [
  ['1', "'1'", '一', '周一', '星期一', '礼拜一', 'Mon', 'monday'],
  ['2', "'2'", '二', '周二', '星期二', '礼拜二', 'Tue', 'TUESDAY'],
  ['3', "'3'", '三', '周三', '星期三', '礼拜三', 'wed', 'Wednesday'],
  ['4', "'4'", '四', '周四', '星期四', '礼拜四', 'Thu', 'thursday'],
  ['5', "'5'", '五', '周五', '星期五', '礼拜五', 'FRI', 'Friday'],
  ['6', "'6'", '六', '周六', '星期六', '礼拜六', 'Sat', 'saturday'],
  ['7', "'7'", '日', '天', '周日', '周天', '星期天', '礼拜日', 'Sun', 'sunday'],
]
const english = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const format = new Intl.DateTimeFormat('en-US', { weekday: 'short', timeZone: 'UTC' })
/** What Intl calls the day, not our calendar. */
const nameOf = (day: string): string => format.format(Date.parse(day))

const standing = (customer: string, tier: string): Standing => ({
  customer,
  tier,
  tierTitle: tier,
  reason: '',
  dormancy: null,
  dormancyByRhythm: null,
  stage: 'growth',
  firstDay: '2020-01-01',
  lastDay: '2020-06-01',
  purchases: 3,
  spentFen: 100,
})
const people: People = {
  advisors: new Map(),
  externals: new Map(),
  shopIds: new Map(),
  profiles: new Map(),
  worth: new Map(),
  points: new Map(),
  levels: new Map(),
  staff: [],
  groups: [{ chat: 'wr1', name: '群', owner: 'zhang', interest: null }],
}
const tips = { stored: new Map(), memory: createTipMemory([], []) }
/** What these kinds look for needs no database. */
const reader: Reader = {
  dialect: 'sqlite',
  rows: () => Promise.reject(new Error('This cadence asks the database for nothing.')),
}

const wayOut = "'再见 [[link:subscription]]'"
/** A kind of touchpoint that keeps a weekday, once for each spelling, named by weekday and spelling. */
const customerYaml = (kind: string): string =>
  spellings
    .flatMap((written, n) =>
      written.map((weekday, i) => `  t-${String(n)}-${String(i)}: {weekday: ${weekday}, ${kind}}`),
    )
    .join('\n')
const customerKinds = [
  `kind: weekly-note, tiers: [high], wordings: ['您好']`,
  `kind: wake-up, tiers: [dormant], wording: ${wayOut}`,
]
/** A group hears one message a day, so each has a cadence of its own. */
const groupYamls: readonly ((weekday: string) => string)[] = [
  (weekday) =>
    `  tip: {kind: daily-tip, weekdays: [${weekday}], interests: {全部: ['一条']}, otherwise: 全部}`,
  (weekday) =>
    `  poll: {kind: weekly-poll, weekday: ${weekday}, polls: [{question: 选哪个, options: [{id: a, label: 甲}, {id: b, label: 乙}]}]}`,
  (weekday) =>
    `  show: {kind: weekly-programme, weekday: ${weekday}, programmes: [{title: 晒图, text: 来晒图}]}`,
  (weekday) =>
    `  hunt: {kind: treasure-hunt, everyWeeks: 1, releases: [${weekday}], hunts: [{name: h, title: 寻宝, clues: [{riddle: 谜, answers: [底]}], prize: {title: 奖, count: 1}}]}`,
]

function cadenceOf(touchpoints: string): Cadence {
  const { cadence, mistakes } = readCadence(`shop: {name: 店}\ntouchpoints:\n${touchpoints}\n`, {
    tiers: null,
  })
  expect(mistakes).toEqual([])
  return cadence ?? expect.fail()
}

/** The touchpoints staged on each day. */
async function stagedOn(cadence: Cadence, from: string, days: number): Promise<Map<string, string[]>> {
  const staged = new Map<string, string[]>()
  const standings = [standing('c1', 'high'), standing('c2', 'dormant')]
  for (let n = 0; n < days; n += 1) {
    const day = addDays(from, n)
    const occasions = await readOccasions(reader, cadence, day, null)
    const scene = {
      cadence,
      day,
      people,
      standings,
      occasions,
      tips,
      holidays: holidaysOf([]),
      audiences: new Map(),
      history: createHistory(),
      figures: new Map(),
    }
    const candidates = stageDay(scene)
    staged.set(
      day,
      candidates.map(({ touchpoint }) => touchpoint),
    )
  }
  return staged
}

describe('every weekday of the configuration is that weekday', () => {
  it.each(customerKinds)(
    'for customers: seven days in all their spellings, every day of four years: %s',
    { timeout: 60_000 },
    async (kind) => {
      let seen = 0
      for (const [day, touchpoints] of await stagedOn(cadenceOf(customerYaml(kind)), '2025-01-01', 1461)) {
        const weekday = english.indexOf(nameOf(day))
        const wanted = (spellings[weekday] ?? []).map((_, i) => `t-${String(weekday)}-${String(i)}`)
        expect(touchpoints.toSorted(), day).toEqual(wanted.toSorted())
        seen += touchpoints.length
      }
      expect(seen).toBeGreaterThan(10_000)
    },
  )

  it(
    'for groups: tip, poll, programme and clue, over the turn of a year and a leap day',
    { timeout: 60_000 },
    async () => {
      for (const [n, written] of spellings.entries())
        for (const [i, yamlOf] of groupYamls.entries()) {
          const cadence = cadenceOf(yamlOf(written[(n + i * 3) % written.length] ?? ''))
          for (const [day, touchpoints] of await stagedOn(cadence, '2027-12-20', 80))
            expect(touchpoints.length, `${written.join(' ')} ${day}`).toBe(nameOf(day) === english[n] ? 1 : 0)
        }
    },
  )
})
