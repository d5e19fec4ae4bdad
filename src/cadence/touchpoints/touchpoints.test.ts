import { describe, expect, it } from 'vitest'
import { addDays, instantOf, isoOf } from '../../base/calendar.ts'
import { hours, seconds } from '../../base/clock.ts'
import { huntSettings } from '../../game/index.ts'
import { readCadence } from '../config.ts'
import { createHistory, isForCustomers, restedDue } from '../stage.ts'
import { noOccasion } from '../occasion.ts'
import { tipId } from '../tips/rotation.ts'
import type { Tip } from '../tips/rotation.ts'
import { momentOf } from '../touchpoint.ts'
import type { Bound, BoundCustomer, BoundGroup, BoundPiece, Group, Happened, Member } from '../touchpoint.ts'
import { dailyTip } from './daily-tip.ts'
import { followUp } from './follow-up.ts'
import { treasureHunt } from './treasure-hunt.ts'
import { rungOf, wakeGiftOf, wakeUp } from './wake-up.ts'
import { weeklyNote } from './weekly-note.ts'
import { weeklyPoll } from './weekly-poll.ts'
import { welcome } from './welcome.ts'

const forCustomers = (bound: Bound): BoundCustomer => (bound.audience === 'customer' ? bound : expect.fail())
const forGroups = (bound: Bound): BoundGroup => (bound.audience === 'group' ? bound : expect.fail())
const asPiece = (bound: Bound): BoundPiece => (bound.audience === 'group-piece' ? bound : expect.fail())

const member = (over: Partial<Member> = {}): Member => ({
  customer: 'c1',
  tier: 'dormant',
  tierTitle: '沉睡客户',
  tierReason: '',
  dormancy: 'medium',
  firstDay: '2025-01-01',
  lastDay: '2026-01-01',
  purchases: 2,
  name: '王芳',
  salutation: '王女士',
  external: 'wm1',
  advisor: { userid: 'zhang', name: '小张' },
  spentFen: 0,
  worthFen: 0,
  points: 0,
  level: null,
  ...over,
})
const group = (over: Partial<Group> = {}): Group => ({
  chat: 'wr1',
  name: '小禾宝宝睡眠互助群',
  owner: 'zhang',
  interest: null,
  ...over,
})
const view = {
  shop: { name: '小禾' },
  day: { date: '2026-11-18', words: '11月18日', weekday: '周三' },
  customer: { salutation: '王女士', name: '王芳', tier: '高价值', daysSince: 3, purchases: 2 },
  advisor: { name: '小张' },
}
const tuesday = '2026-11-17'
/** Is she due on that day, as the planner asks? */
const dueOn = (rules: BoundCustomer, day: string, one: Member = member(), occasion = noOccasion) =>
  rules.looksFor?.(momentOf(day)) ? rules.due(momentOf(day), one, occasion) : null
const wayOut = '再见 [[link:subscription]]'

describe('the wake-up ladder', () => {
  const ladder = [
    { afterMonths: 3, percentOff: 20 },
    { afterMonths: 12, percentOff: 40 },
    { afterMonths: 6, percentOff: 30 },
  ]
  it.each([
    [89, null],
    [90, 20],
    [179, 20],
    [180, 30],
    [359, 30],
    [360, 40],
    [4_000, 40],
  ])('after %i days gives %s percent off', (asleep, percentOff) => {
    expect(rungOf(ladder, addDays(tuesday, -asleep), tuesday)?.percentOff ?? null).toBe(percentOff)
  })

  it('gives the coupon in the words of a shop, for its hours', () => {
    const rung = rungOf(ladder, addDays(tuesday, -200), tuesday) ?? expect.fail()
    expect(wakeGiftOf(rung, 24)).toEqual({
      title: '老朋友回归 7折券',
      validHours: 24,
      family: 'wake-up',
      terms: { kind: 'percent', percentOff: 30, minFen: 0 },
    })
  })

  it('is climbed on its weekday only, and not twice within its months', () => {
    const rules = forCustomers(wakeUp.bind({ wording: wayOut, weekday: 2, onceInMonths: 6 }))
    expect(dueOn(rules, addDays(tuesday, 1))).toBeNull()
    expect(dueOn(rules, tuesday)?.skip).toBeUndefined()
    expect(dueOn(rules, tuesday, member({ lastDay: addDays(tuesday, -30) }))?.skip?.code).toBe(
      'rung-not-reached',
    )
    // Awake: nothing to explain.
    expect(dueOn(rules, tuesday, member({ lastDay: addDays(tuesday, -30), dormancy: null }))).toBeNull()
    expect(rules.rests?.()).toMatchObject({ days: 180, family: 'wake-up' })
    expect(rules.rests?.()?.refusal('2026-05-30')).toEqual({
      code: 'woken-before',
      words: '6 个月内已唤醒过（2026-05-30）',
    })
  })

  it('rests from the day it was promised, and never because of its own slot', () => {
    const read = readCadence(
      `shop: {name: 店}\ntouchpoints: {wake-up: {onceInMonths: 6, wording: '${wayOut}'}}`,
      {
        tiers: null,
      },
    )
    const [touchpoint] = (read.cadence?.touchpoints ?? []).filter(isForCustomers)
    if (!touchpoint) return expect.fail()
    const codeAfter = (said: string): string | undefined => {
      const history = createHistory()
      history.add('wake-up', 'c1', said)
      const due = { period: 'x', wantedAt: 0, expiresAt: 1 }
      return restedDue(touchpoint, due, member(), momentOf(tuesday), history).skip?.code
    }
    expect([-179, -180, -181, 0].map((ago) => codeAfter(addDays(tuesday, ago)))).toEqual([
      'woken-before',
      undefined,
      undefined,
      undefined,
    ])
  })

  it('says the same to everybody', () => {
    const rules = forCustomers(wakeUp.bind({ wording: wayOut }))
    const texts = [member(), member({ name: '李强', salutation: '李先生', lastDay: '2020-01-01' })].map(
      (one) => rules.compose(momentOf(tuesday), one, view, noOccasion, '').text,
    )
    expect(new Set(texts).size).toBe(1)
    expect([rules.personal, rules.channel]).toEqual([false, 'broadcast'])
  })
})

describe('the weekly note', () => {
  it('turns through its wordings, one a week, over the end of a year', () => {
    const rules = forCustomers(weeklyNote.bind({ wordings: ['甲', '乙', '丙'], weekday: 3 }))
    const said = Array.from({ length: 8 }, (_, n) => {
      const moment = momentOf(addDays('2026-12-09', n * 7))
      expect(rules.due(moment, member(), noOccasion)?.period).toBe(moment.week)
      return rules.compose(moment, member(), view, noOccasion, '').text.slice(0, 1)
    })
    expect(new Set(said.slice(0, 3)).size).toBe(3)
    said.forEach((one, i) => expect(one).toBe(said[i % 3]))
  })
})

describe('the visit after the first order', () => {
  const rules = forCustomers(followUp.bind({ wording: '好' }))
  const placed = (at: number, purchases: number): Happened => ({
    kind: 'order-placed',
    at,
    staff: null,
    detail: {},
    purchases,
  })
  it('is due 24 hours after the first order, at the latest after 48, and after no other', () => {
    const at = instantOf('2026-11-18', '23:50')
    expect(rules.onHappening?.(placed(at, 1), member())).toEqual({
      period: 'first',
      wantedAt: at + hours(24),
      expiresAt: at + hours(48),
    })
    expect(rules.onHappening?.(placed(at, 2), member())).toBeNull()
  })
  it('is due the day after when only the day of the order is known', () => {
    const due = (day: string) => dueOn(rules, day, member({ firstDay: '2026-11-17' }))
    expect([due('2026-11-17'), due('2026-11-19')]).toEqual([null, null])
    expect(isoOf(due('2026-11-18')?.wantedAt ?? 0)).toBe('2026-11-18T10:00:00+08:00')
  })
})

describe('the welcome', () => {
  it('is never due by the calendar, and has 18 seconds', () => {
    const rules = forCustomers(welcome.bind({ wording: '{{ customer.salutation }}，你好' }))
    expect(dueOn(rules, tuesday)).toBeNull()
    const at = instantOf(tuesday, '23:00')
    const due = rules.onHappening?.(
      { kind: 'contact-added', at, staff: 'zhang', detail: {}, purchases: 1 },
      member(),
    )
    expect(due).toMatchObject({ wantedAt: at, expiresAt: at + seconds(18) })
    expect(rules.compose(momentOf(tuesday), member(), view, noOccasion, '').text).toBe('王女士，你好')
  })
})

describe('the daily tip', () => {
  const rules = (more: object = {}) =>
    forGroups(dailyTip.bind({ interests: { 辅食: ['辅食一', '辅食二'], 睡眠: ['睡眠一'] }, ...more }))
  const nothing = new Map<string, readonly Tip[]>()
  const listOf = (one: Group, more: object = {}, stored = nothing) => rules(more).tips(one, stored)

  it('speaks of the group’s interest: its own, else the one in its name', () => {
    expect(listOf(group())?.tips.map(({ text }) => text)).toEqual(['睡眠一'])
    expect(listOf(group({ interest: '辅食' }))?.interest).toBe('辅食')
  })
  it('has no tip for a group without interest; the shop may name one', () => {
    const other = group({ name: '晒娃福利群' })
    expect(listOf(other)).toBeNull()
    expect(listOf(other, { otherwise: '睡眠' })?.interest).toBe('睡眠')
  })
  it('takes those of spreadsheets along, the same one once and with its day', () => {
    const same: Tip = { id: tipId('睡眠一'), text: '睡眠一', on: tuesday }
    const stored = new Map([
      ['睡眠', [same]],
      ['绘本', [{ id: 'b', text: '绘本一' }]],
    ])
    expect(listOf(group(), {}, stored)?.tips).toEqual([same])
    expect(listOf(group({ interest: '绘本' }), {}, stored)?.tips.map(({ text }) => text)).toEqual(['绘本一'])
  })
  it('carries the pieces of the day between the tip and the way out', () => {
    const pieces = [
      { text: '投票', games: ['poll-1'] },
      { text: '线索', games: ['hunt-1'] },
    ]
    const told = { interest: '睡眠', tip: { id: 'a', text: '睡眠一' }, pieces }
    const said = rules().compose(momentOf(tuesday), group(), told, view)
    expect(said.text.split('\n\n').slice(1)).toEqual([
      '睡眠一',
      '投票',
      '线索',
      expect.stringContaining('[[link:subscription]]'),
    ])
    expect(said.games).toEqual(['poll-1', 'hunt-1'])
  })
})

describe('the weekly poll', () => {
  const polls = ['一', '二'].map((question) => ({
    question: `问题${question}`,
    options: [
      { id: 'a', label: '甲' },
      { id: 'b', label: '乙' },
    ],
  }))
  const rules = asPiece(weeklyPoll.bind({ weekday: 4, openDays: 2, polls }))
  const thursday = '2026-11-19'
  it('is open from its weekday for its days, under one id', () => {
    const open = Array.from({ length: 8 }, (_, n) =>
      rules.games(momentOf(addDays(thursday, n)), 'weekly-poll').map(({ id }) => id),
    )
    expect(open).toEqual([
      ['poll-2026-W47'],
      ['poll-2026-W47'],
      ['poll-2026-W47'],
      [],
      [],
      [],
      [],
      ['poll-2026-W48'],
    ])
  })
  it('asks the next question next week, and its link stands in the message of its day only', () => {
    const [first, second] = [thursday, addDays(thursday, 7)].map(
      (day) => rules.games(momentOf(day), 'weekly-poll')[0]?.title,
    )
    expect(first).not.toBe(second)
    expect(rules.piece(momentOf(thursday), group(), 'weekly-poll')?.text).toContain(
      '[[link:game/poll-2026-W47]]',
    )
    expect(rules.piece(momentOf(addDays(thursday, 1)), group(), 'weekly-poll')).toBeNull()
  })
})

describe('the treasure hunt', () => {
  const clues = Array.from({ length: 5 }, (_, i) => ({ riddle: `谜${String(i + 1)}`, answers: ['底'] }))
  const hunt = (name: string, more: object = {}) => ({
    name,
    title: `寻宝${name}`,
    clues,
    prize: { title: '券', count: 3 },
    ...more,
  })
  const bind = (hunts: object[], more: object = {}) => asPiece(treasureHunt.bind({ hunts, ...more }))
  const monday = '2026-11-16'

  it('releases one clue on each of its days, at its time, and closes with the week', () => {
    const rules = bind([hunt('a')], { everyWeeks: 1, releases: [2, 3, 4, 5, 6], at: '11:00' })
    const [game] = rules.games(momentOf('2026-11-19'), 'treasure-hunt')
    const settings = huntSettings.parse(game?.settings)
    expect(settings.clues.map(({ releaseAt }) => isoOf(releaseAt))).toEqual(
      [17, 18, 19, 20, 21].map((day) => `2026-11-${String(day)}T11:00:00+08:00`),
    )
    expect(isoOf(game?.closesAt ?? 0)).toBe('2026-11-22T21:30:00+08:00')
    const texts = Array.from(
      { length: 7 },
      (_, n) => rules.piece(momentOf(addDays(monday, n)), group(), 'treasure-hunt')?.text,
    )
    expect(texts.map((text) => /谜\d/.exec(text ?? '')?.[0] ?? null)).toEqual([
      null,
      '谜1',
      '谜2',
      '谜3',
      '谜4',
      '谜5',
      null,
    ])
  })
  it('comes every second week, the hunts in turn; one bound to a week takes that week', () => {
    const rules = bind([hunt('a'), hunt('b'), hunt('feast', { weekOf: '2027-02-05' })])
    const ids = Array.from(
      { length: 14 },
      (_, n) => rules.games(momentOf(addDays(monday, n * 7)), 'treasure-hunt')[0]?.id ?? null,
    )
    const regular = ids.flatMap((id) => (id === null || id.includes('feast') ? [] : [id]))
    expect(regular.length).toBeGreaterThanOrEqual(6)
    regular.slice(1).forEach((id, i) => expect(id.includes('-a-')).not.toBe(regular[i]?.includes('-a-')))
    expect(ids).toContain('hunt-feast-2027-W05')
  })
})
