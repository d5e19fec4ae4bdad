import { describe, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { hours, minutes } from '../../base/clock.ts'
import type { Kind } from '../../interaction/index.ts'
import { noOccasion } from '../occasion.ts'
import { momentOf } from '../touchpoint.ts'
import type { BoundCustomer, Due, Happened, Member, TouchpointKind } from '../touchpoint.ts'
import { answerFollowUp } from './answer-follow-up.ts'
import { browsedRepeatedly } from './browsed-repeatedly.ts'
import { churnCare } from './churn-care.ts'
import { clickedNotBought } from './clicked-not-bought.ts'
import { couponEnding } from './coupon-ending.ts'
import { touchpointKinds } from './index.ts'
import { namedAdvisor } from './named-advisor.ts'
import { orderCare } from './order-care.ts'
import { orderGuide } from './order-guide.ts'
import { recovery } from './recovery.ts'
import { repeatOrder } from './repeat-order.ts'
import { replenish } from './replenish.ts'
import { survey } from './survey.ts'
import { tierChange } from './tier-change.ts'
import { welcomeBack } from './welcome-back.ts'

const at = instantOf('2026-11-18', '10:00')
const member: Member = {
  customer: 'c1',
  tier: 'high',
  tierTitle: '高价值客户',
  tierReason: '',
  dormancy: null,
  firstDay: '2025-01-01',
  lastDay: '2026-11-01',
  purchases: 4,
  spentFen: 80_000,
  name: '王芳',
  salutation: '王女士',
  external: 'wm1',
  advisor: { userid: 'zhang', name: '小张' },
  worthFen: 0,
  points: 0,
  level: null,
}
const forCustomers = (kind: TouchpointKind, settings: object): BoundCustomer => {
  const bound = kind.bind(settings)
  return bound.audience === 'customer' ? bound : expect.fail()
}
const happened = (kind: Kind, detail: Happened['detail'], more: Partial<Happened> = {}): Happened => ({
  kind,
  at,
  staff: null,
  detail,
  purchases: 1,
  ...more,
})
const due = (rules: BoundCustomer, what: Happened, who = member): Due | null =>
  rules.answers?.includes(what.kind) ? (rules.onHappening?.(what, who) ?? null) : null
const wording = '好'
const product = { sku: 's1', name: '一段奶粉', category: '奶粉', url: '', stock: 3, priceFen: 19_900 }
const tagged = (tag: string, since = at - hours(1)) =>
  happened('tag-gained', { tag, subject: 's1', reason: '看了没买', since }, { product })

describe('what answers a happening', () => {
  it('reminds of a click within a day of it, with what is left, and not of what is sold out', () => {
    const rules = forCustomers(clickedNotBought, { wording, afterMinutes: 30 })
    expect(due(rules, tagged('clicked-not-bought'))).toMatchObject({
      period: `s1:${String(at - hours(1))}`,
      wantedAt: at,
      expiresAt: at + hours(23),
      occasion: { product },
    })
    expect(due(rules, tagged('reviewer'))).toBeNull()
    const soldOut = { ...tagged('clicked-not-bought'), product: { ...product, stock: 0 } }
    expect(due(rules, soldOut)?.skip?.code).toBe('out-of-stock')
    const bought = { kind: 'order-placed' as const, at, detail: { items: [{ sku: 's1', quantity: 1 }] } }
    expect(rules.ends?.(bought, `s1:${String(at)}`)?.code).toBe('bought-meanwhile')
    expect(rules.ends?.(bought, `s10:${String(at)}`)).toBeNull()
  })

  it('gives a coupon for the third look, once in a while', () => {
    const rules = forCustomers(browsedRepeatedly, { wording })
    const asked = due(rules, tagged('browsed-repeatedly')) ?? expect.fail()
    const view = { shop: { name: '店' }, day: { date: '2026-11-18', words: '', weekday: '' } }
    const said = rules.compose(momentOf('2026-11-18'), member, view, asked.occasion ?? noOccasion, 'x')
    expect(said.gift).toEqual({
      title: '立减 20 元券',
      validHours: 72,
      family: 'browsed-repeatedly',
      terms: { kind: 'amount', offFen: 2_000, minFen: 0 },
    })
    expect(rules.rests?.()?.days).toBe(60)
  })

  it('follows moves between tiers that somebody made, into the tier she still is in', () => {
    const rules = forCustomers(tierChange, { moves: [{ from: ['mid'], to: 'high', wording }] })
    const moved = (cause: string, from = 'mid', to = 'high') =>
      happened('tier-moved', { from, to, cause, reason: '近90天3次', day: '2026-11-18' })
    expect(due(rules, moved('order'))?.period).toBe('mid-high:2026-11-18')
    for (const cause of ['import', 'cut-points', 'rules', 'merge'])
      expect(due(rules, moved(cause))).toBeNull()
    expect(due(rules, moved('order', 'new'))).toBeNull()
    expect(due(rules, moved('order'), { ...member, tier: 'mid' })).toBeNull()
    const away = { kind: 'tier-moved' as const, at, detail: { from: 'high', to: 'mid' } }
    expect(rules.ends?.(away, 'mid-high:2026-11-18')?.code).toBe('moved-on')
  })

  it.each([
    ['satisfaction-given', { score: 2 }, true],
    ['satisfaction-given', { score: 3 }, false],
    ['satisfaction-given', { score: 4, scale: 10 }, true],
    ['satisfaction-given', { score: 'bad' }, false],
    ['complaint-opened', {}, true],
    ['poll-voted', { choices: ['bad-experience'] }, true],
    ['poll-voted', { choices: ['price'] }, false],
    ['survey-answered', { answers: ['unhappy'] }, true],
  ] as const)('calls a human within hours: %s %o', (kind, detail, unhappy) => {
    const asked = due(forCustomers(recovery, { wording }), happened(kind, detail))
    expect(asked?.expiresAt ?? null).toBe(unhappy ? at + hours(4) : null)
  })

  it('leads each answer of a survey to an outcome of its own, unless she says another or buys', () => {
    const rules = forCustomers(answerFollowUp, {
      actions: [
        { choice: 'need-changed', todo: '给新的价值', wording: '新的' },
        { choice: 'competitor', todo: '对比和价格', wording: '{{ offer.words }}', offer: { percentOff: 10 } },
      ],
    })
    const said = (kind: Kind, detail: object) =>
      due(rules, happened(kind, { game: 'why-2026-11', ...detail }))
    const asked = said('poll-voted', { choices: ['competitor'] }) ?? expect.fail()
    expect(asked).toMatchObject({
      period: 'why-2026-11:competitor',
      wantedAt: at + minutes(30),
      expiresAt: at + hours(96),
    })
    expect(said('survey-answered', { answers: ['need-changed'] })?.occasion?.key).toBe('need-changed')
    expect(said('poll-voted', { choices: ['bad-experience'] })).toBeNull()
    const view = { shop: { name: '店' }, day: { date: '2026-11-18', words: '', weekday: '' } }
    expect(
      rules.compose(momentOf('2026-11-18'), member, view, asked.occasion ?? noOccasion, ''),
    ).toMatchObject({
      text: expect.stringMatching(/^9折券\n/) as string,
      why: '问卷答复跟进：对比和价格',
      gift: { family: 'answer-follow-up', terms: { kind: 'percent', percentOff: 10 } },
    })
    const ends = (kind: Kind, detail: object) =>
      rules.ends?.({ kind, at, detail: { ...detail } }, asked.period)?.code
    expect(ends('poll-voted', { game: 'why-2026-11', choices: ['need-changed'] })).toBe('moved-on')
    expect(ends('poll-voted', { game: 'why-2026-11', choices: ['competitor'] })).toBeUndefined()
    expect(ends('poll-voted', { game: 'other', choices: ['a'] })).toBeUndefined()
    expect(ends('order-placed', {})).toBe('bought-meanwhile')
  })

  it('welcomes back within three days, with the level that was lent and a gift, once a year', () => {
    const rules = forCustomers(welcomeBack, {
      offer: { words: '回归礼一份', days: 30 },
      wording: "{% if occasion.words != '' %}{{ occasion.words }}{% endif %}！",
    })
    const back = (more: object) =>
      due(rules, happened('customer-returned', { day: '2026-11-18', quietDays: 200, ...more })) ??
      expect.fail()
    const lifted = back({ levelTitle: '金卡', until: '2027-02-15' })
    expect(lifted).toMatchObject({ period: '2026-11-18', wantedAt: at + hours(2), expiresAt: at + hours(72) })
    const said = (asked: Due) => {
      const occasion = asked.occasion ?? noOccasion
      const view = {
        shop: { name: '店' },
        day: { date: '2026-11-18', words: '', weekday: '' },
        occasion: { words: occasion.words ?? '', number: occasion.number ?? 0 },
      }
      return rules.compose(momentOf('2026-11-18'), member, view, occasion, '')
    }
    expect(said(lifted)).toMatchObject({
      text: expect.stringMatching(/^金卡权益体验到 2027-02-15！/) as string,
      why: '隔 200 天回来下单，已开通金卡权益体验到 2027-02-15',
      gift: { title: '回归礼一份', family: 'welcome-back' },
    })
    expect(said(back({}))).toMatchObject({
      text: expect.stringMatching(/^！/) as string,
      why: '隔 200 天回来下单',
    })
    expect(rules.rests?.()).toMatchObject({ days: 360, family: 'welcome-back' })
  })

  it('introduces the advisor who was named, in her own words only, and ends when it is another', () => {
    const rules = forCustomers(namedAdvisor, { wording: '我是{{ advisor.name }}' })
    const named = (staff: string, more: object = {}) =>
      happened('advisor-named', { staff, by: 'clv', rank: 3, of: 120, percent: 5, ...more })
    const asked = due(rules, named('zhang')) ?? expect.fail()
    expect(asked).toMatchObject({
      period: `zhang:${String(at)}`,
      wantedAt: at + hours(1),
      expiresAt: at + hours(168),
    })
    expect(due(rules, named('li'))).toBeNull()
    expect(due(rules, named('zhang'), { ...member, advisor: null })).toBeNull()
    const view = {
      shop: { name: '店' },
      day: { date: '2026-11-18', words: '', weekday: '' },
      advisor: { name: '小张' },
    }
    expect(
      rules.compose(momentOf('2026-11-18'), member, view, asked.occasion ?? noOccasion, ''),
    ).toMatchObject({
      text: expect.stringMatching(/^我是小张\n/) as string,
      why: '您刚成为她的专属顾问（预计价值居前），打个招呼',
    })
    expect(due(rules, named('zhang', { by: 'person' }))?.occasion?.words).toBe('由人工指定')
    const ends = (kind: Kind, staff: string) =>
      rules.ends?.({ kind, at, detail: { staff } }, asked.period)?.code
    expect(ends('advisor-unnamed', 'zhang')).toBe('moved-on')
    expect(ends('advisor-unnamed', 'li')).toBeUndefined()
    expect(ends('advisor-named', 'li')).toBe('moved-on')
    expect(ends('advisor-named', 'zhang')).toBeUndefined()
    expect(rules.rests?.()).toMatchObject({ days: 360 })
  })

  it('cares once a week after a parcel came, and leaves a complaint to a human', () => {
    const rules = forCustomers(orderCare, { wording })
    expect(due(rules, happened('order-delivered', { orderId: 'O1' }))).toMatchObject({
      period: 'O1',
      expiresAt: at + hours(48),
    })
    expect(due(rules, happened('order-delivered', {}))).toBeNull()
    expect(rules.ends?.({ kind: 'order-refunded', at, detail: { orderId: 'O1' } }, 'O1')?.code).toBe(
      'refunded',
    )
    expect(rules.ends?.({ kind: 'order-refunded', at, detail: { orderId: 'O2' } }, 'O1')).toBeNull()
    expect(rules.ends?.({ kind: 'complaint-opened', at, detail: {} }, 'O1')?.code).toBe('human-first')
  })

  it('guides after the first order only', () => {
    const rules = forCustomers(orderGuide, { wording })
    expect(due(rules, happened('order-placed', {}))?.wantedAt).toBe(at + minutes(10))
    expect(due(rules, happened('order-placed', {}, { purchases: 2 }))).toBeNull()
  })

  it('counts a coupon down two hours before its end, unless it lived too short or was used', () => {
    const rules = forCustomers(couponEnding, { wording })
    const issued = (lives: number) =>
      happened('coupon-issued', { code: 'ABC', title: '8折券', expiresAt: at + hours(lives) })
    expect(due(rules, issued(48))).toMatchObject({
      period: 'ABC',
      wantedAt: at + hours(46),
      expiresAt: at + hours(48) - minutes(15),
    })
    expect(due(rules, issued(23))).toBeNull()
    const used = (code: string) => ({ kind: 'coupon-redeemed' as const, at, detail: { code } })
    expect([rules.ends?.(used('ABC'), 'ABC')?.code, rules.ends?.(used('XYZ'), 'ABC')]).toEqual([
      'redeemed',
      null,
    ])
  })

  it('answers a churn warning', () => {
    const asked = due(
      forCustomers(churnCare, { wording }),
      happened('churn-warned', { words: '平时约每 10 天买一次' }),
    )
    expect(asked?.occasion?.words).toBe('平时约每 10 天买一次')
  })
})

describe('what the calendar makes due', () => {
  it('leaves in peace whoever has bought a second time', () => {
    const rules = forCustomers(repeatOrder, {
      steps: [{ afterDays: 2, offer: { percentOff: 20, days: 3 }, wording }],
    })
    const moment = momentOf('2026-11-18')
    const occasion = { key: '2026-11-16', number: 2 }
    expect(rules.looksFor?.(moment)).toEqual({ find: 'purchase', which: 'first', daysAgo: [2] })
    expect(rules.due(moment, { ...member, purchases: 1 }, occasion)?.period).toBe('after2')
    expect(rules.due(moment, member, occasion)).toBeNull()
  })

  it('says of what is sold out that it is', () => {
    const rules = forCustomers(replenish, { wording })
    const occasion = { key: 's1:2026-10-20', product: { ...product, stock: 0 } }
    expect(rules.due(momentOf('2026-11-18'), member, occasion)?.skip?.code).toBe('out-of-stock')
  })

  it('opens the question of a survey for its days, under the id its link has', () => {
    const rules = forCustomers(survey, {
      on: { day: 12 },
      openDays: 3,
      question: '最近少来的原因？',
      options: [
        { id: 'price', label: '价格' },
        { id: 'bad-experience', label: '体验不好' },
      ],
      wording,
    })
    const ids = (day: string): string[] => (rules.games?.(momentOf(day), 'why') ?? []).map(({ id }) => id)
    expect([ids('2026-11-11'), ids('2026-11-12'), ids('2026-11-15'), ids('2026-11-16')]).toEqual([
      [],
      ['why-2026-11'],
      ['why-2026-11'],
      [],
    ])
    const view = { shop: { name: '店' }, day: { date: '', words: '', weekday: '' } }
    const said = rules.compose(momentOf('2026-11-12'), member, view, noOccasion, 'why')
    expect([said.games, said.text.includes('[[link:game/why-2026-11]]')]).toEqual([['why-2026-11'], true])
  })
})

it('has every kind once, under a name that fits into a key', () => {
  const names = touchpointKinds.map(({ kind }) => kind)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{2,31}$/)
})
