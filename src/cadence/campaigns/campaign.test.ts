import { describe, expect, it } from 'vitest'
import { addDays, instantOf, isoOf, weekdayOf } from '../../base/calendar.ts'
import { gamesOf, readCadence } from '../config.ts'
import type { Cadence } from '../config.ts'
import { momentOf } from '../touchpoint.ts'
import type { BoundCustomer } from '../touchpoint.ts'
import { campaignShape, spanNear } from './campaign.ts'
import { campaignOfRsvp } from './parts.ts'

const wayOut = '好 [[link:subscription]]'
const read = (campaign: string) =>
  readCadence(`shop: {name: 店}\ntouchpoints: {}\ncampaigns:\n  feast: ${campaign}`, {
    tiers: ['high', 'mid'],
  })
const cadenceOf = (campaign: string): Cadence => {
  const { cadence, mistakes } = read(campaign)
  expect(mistakes).toEqual([])
  return cadence ?? expect.fail()
}
const rulesOf = (cadence: Cadence, name: string): BoundCustomer => {
  const rules = cadence.touchpoints.find((one) => one.name === name)?.rules
  return rules?.audience === 'customer' ? rules : expect.fail()
}
/** The days on which a part looks for somebody. */
const daysOf = (rules: BoundCustomer, from: string, days: number): string[] =>
  Array.from({ length: days }, (_, n) => addDays(from, n)).filter(
    (day) => (rules.looksFor?.(momentOf(day)) ?? null) !== null,
  )

describe('a campaign', () => {
  const cadence = cadenceOf(`
    title: 囤货节
    from: 2026-11-09
    until: 2026-11-11
    tiers: [mid]
    before: { days: 3, wording: '${wayOut}', early: { tiers: [high], days: 5, wording: '${wayOut}' } }
    start: { wording: '${wayOut}', offer: { yuanOff: 30, days: 2 } }
    groups: { updates: [{ day: 1, text: 开始 }, { day: 3, text: 最后一天 }] }
    invitation: { daysBefore: 4, question: 来吗, wording: '${wayOut}', reminder: { wording: '${wayOut}' } }
    after: { days: 1, wording: 没买也没关系 }`)

  it('speaks before, at its beginning and after its end, each once', () => {
    const said = ['early', 'before', 'invitation', 'start', 'reminder', 'after'].map((part) =>
      daysOf(rulesOf(cadence, `feast-${part}`), '2026-10-20', 40),
    )
    expect(said).toEqual([
      ['2026-11-04'],
      ['2026-11-06'],
      ['2026-11-05'],
      ['2026-11-09'],
      ['2026-11-09'],
      ['2026-11-12'],
    ])
    expect(cadence.touchpoints.map(({ campaign }) => campaign)).toEqual(Array(7).fill('feast'))
  })

  it('tells the early ones at the hour of the others, unless they have one of their own', () => {
    const hours = ['', "at: '18:20', "].map((at) => {
      const one = cadenceOf(`
    title: 囤货节
    from: 2026-11-09
    until: 2026-11-11
    before: { at: '14:30', wording: '${wayOut}', early: { tiers: [high], days: 5, ${at}wording: '${wayOut}' } }`)
      return rulesOf(one, 'feast-early').due(momentOf('2026-11-04'), null as never, { key: '' })?.wantedAt
    })
    expect(hours).toEqual([instantOf('2026-11-04', '14:30'), instantOf('2026-11-04', '18:20')])
  })

  it('binds what customers hear to its kinds of day, and not the news of the groups', () => {
    const bound = cadenceOf(`
    title: 囤货节
    from: 2026-11-09
    until: 2026-11-11
    days: workdays
    start: { wording: '${wayOut}' }
    groups: { updates: [{ day: 1, text: 开始 }] }
    after: { wording: 没买也没关系 }`)
    expect(bound.touchpoints.map(({ name, days }) => [name, days])).toEqual([
      ['feast-start', 'workdays'],
      ['feast-live', 'all'],
      ['feast-after', 'workdays'],
    ])
  })

  it('asks after its end for those who took part, and stops when they buy', () => {
    const rules = rulesOf(cadence, 'feast-after')
    expect(rules.looksFor?.(momentOf('2026-11-12'))).toEqual({
      find: 'took-part',
      campaign: 'feast',
      since: '2026-11-04',
      from: '2026-11-09',
      until: '2026-11-11',
    })
    expect([rules.personal, rules.channel]).toEqual([true, 'advisor-task'])
    expect(rules.ends?.({ kind: 'order-placed', at: 0, detail: {} }, '2026-11-09')?.code).toBe(
      'bought-meanwhile',
    )
  })

  it('keeps its invitation open until it begins, and reminds whoever comes', () => {
    const open = (day: string) => gamesOf(cadence, day).map(({ id }) => id)
    expect([open('2026-11-04'), open('2026-11-05'), open('2026-11-09'), open('2026-11-10')]).toEqual([
      [],
      ['feast-rsvp-2026-11-09'],
      ['feast-rsvp-2026-11-09'],
      [],
    ])
    expect(rulesOf(cadence, 'feast-reminder').looksFor?.(momentOf('2026-11-09'))).toEqual({
      find: 'answered',
      question: 'feast-rsvp-2026-11-09',
      choices: ['come'],
    })
    expect([campaignOfRsvp('feast-rsvp-2026-11-09'), campaignOfRsvp('poll-2026-W47')]).toEqual([
      'feast',
      null,
    ])
  })

  it('puts its news into the message of the groups', () => {
    const rules = cadence.touchpoints.find(({ name }) => name === 'feast-live')?.rules
    const group = { chat: 'wr1', name: '群', owner: 'zhang', interest: null }
    const texts = ['2026-11-08', '2026-11-09', '2026-11-10', '2026-11-11', '2026-11-12'].map((day) =>
      rules?.audience === 'group-piece'
        ? (rules.piece(momentOf(day), group, 'feast-live')?.text ?? null)
        : expect.fail(),
    )
    expect(texts).toEqual([null, '🎉 囤货节\n开始', null, '🎉 囤货节\n最后一天', null])
  })

  it('gives its coupon under the name of the running', () => {
    const rules = rulesOf(cadence, 'feast-start')
    const due = rules.due(momentOf('2026-11-09'), null as never, { key: '' })
    expect([due?.period, isoOf(due?.expiresAt ?? 0)]).toEqual(['2026-11-09', '2026-11-09T21:30:00+08:00'])
    expect(due?.wantedAt).toBe(instantOf('2026-11-09', '10:00'))
  })
})

describe('a campaign that comes back', () => {
  it('begins on the Monday of its week, four times a year, over the end of a year', () => {
    const campaign = campaignShape.parse({
      title: '回归周',
      repeat: { every: 'quarter', monthOfQuarter: 1, week: 1 },
      start: { wording: wayOut },
    })
    const starts = new Set<string>()
    for (let day = '2026-01-01'; day < '2028-01-01'; day = addDays(day, 1)) {
      const span = spanNear(campaign, day, 0, 0)
      if (!span) continue
      expect([weekdayOf(span.from), weekdayOf(span.until)]).toEqual([1, 7])
      expect(day >= span.from && day <= span.until).toBe(true)
      starts.add(span.from)
    }
    expect([...starts]).toEqual([
      '2026-01-05',
      '2026-04-06',
      '2026-07-06',
      '2026-10-05',
      '2027-01-04',
      '2027-04-05',
      '2027-07-05',
      '2027-10-04',
    ])
    // Its teaser of the old year belongs to the running of the new one.
    expect(spanNear(campaign, '2026-12-31', 7, 0)?.from).toBe('2027-01-04')
  })
})

it.each([
  ['{ title: 活动, from: 2026-11-09, start: { wording: W } }', '日期没有写清楚'],
  ['{ title: 活动, from: 2026-11-09, until: 2026-11-01, start: { wording: W } }', '早于开始日'],
  ['{ title: 活动, from: 2026-01-01, until: 2026-12-31, start: { wording: W } }', '最多 62 天'],
  ['{ title: 活动, from: 2026-11-09, until: 2026-11-09 }', '没有任何内容'],
  ['{ title: 活动, from: 2026-11-09, until: 2026-11-09, tiers: [hihg], start: { wording: W } }', 'hihg'],
  ['{ title: 活动, from: 2026-11-09, until: 2026-11-09, start: { wording: 没有退订 } }', '订阅设置'],
  [
    '{ title: 活动, from: 2026-11-09, until: 2026-11-09, start: { wording: W, offer: {} } }',
    '优惠没有写是什么',
  ],
])('is refused with the line: %s', (text, words) => {
  const { mistakes } = read(text.replace('W', `'${wayOut}'`))
  expect(mistakes.map(({ line, message }) => `${String(line)} ${message}`).join('\n')).toMatch(
    new RegExp(`^4 .*${words}`, 'm'),
  )
})
