import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTierRules } from '../segment/index.ts'
import { readCadence } from './config.ts'
import { namesInFiles } from './names.ts'
import type { KnownNames } from './names.ts'

const configDir = resolve(import.meta.dirname, '../../config')
const known: KnownNames = {
  tiers: ['high', 'mid'],
  levels: ['ordinary', 'silver'],
  tags: [
    { name: 'price-sensitive', announce: true },
    { name: 'browsed-repeatedly', announce: true },
    { name: 'quiet-one', announce: false },
  ],
}
const wayOut = 'x [[link:subscription]]'
const whole = (touchpoints: string, more = ''): string =>
  `shop: { name: 店 }\n${more}touchpoints:\n  ${touchpoints.trim()}\n`
const read = (yaml: string) => readCadence(yaml, known)
/** `line:column path` of every mistake, with its Chinese words. */
const told = (yaml: string): string[] =>
  read(yaml).mistakes.map(
    ({ line, column, path, message }) => `${String(line)}:${String(column)} ${path}: ${message}`,
  )

describe('what cannot be meant', () => {
  it.each([
    [
      'a tier that does not exist',
      'tier-change: { moves: [{ from: [hihg], to: high, wording: x }, { to: gone, wording: x }] }',
      [
        '3:35 touchpoints.tier-change.moves[0].from[0]: 没有名为“hihg”的分层',
        '3:72 touchpoints.tier-change.moves[1].to: 没有名为“gone”的分层',
      ],
    ],
    [
      'a level that does not exist',
      'level-change: { moves: [{ to: gold, wording: x }] }',
      ['3:33 touchpoints.level-change.moves[0].to: 没有名为“gold”的会员等级'],
    ],
    [
      'a tag that does not exist',
      'on-tag: { tag: nosuch, wording: x }',
      ['3:18 touchpoints.on-tag.tag: 没有名为“nosuch”的动态标签'],
    ],
    [
      'a tag that nobody announces',
      'on-tag: { tag: quiet-one, wording: x }',
      ['3:18 touchpoints.on-tag.tag: 标签“quiet-one”写了 announce: false，得到它时不会通知触点'],
    ],
    [
      'words that are late before they are due',
      'order-guide: { afterMinutes: 60, withinHours: 1, wording: x }',
      ['3:32 touchpoints.order-guide.afterMinutes: 60 分钟后才说，但 1 小时后就不再说，所以永远不会说'],
    ],
    [
      'a reminder before the coupon is there',
      'coupon-ending: { hoursLeft: 48, fromHours: 2, wording: x }',
      [
        '3:31 touchpoints.coupon-ending.hoursLeft: 到期前 48 小时提醒，但有效期只有 2 小时的券也算在内，那时还没有发出',
      ],
    ],
    [
      'an age that no stage has',
      'growth-check: { stages: [{ fromMonths: 1, toMonths: 3, wording: x }], only: [2, 99] }',
      ['3:83 touchpoints.growth-check.only[1]: 没有包含 99 个月的 stages，这个月龄不会说任何话'],
    ],
    [
      'a ladder that goes down',
      `wake-up: { wording: '${wayOut}', ladder: [{ afterMonths: 6, percentOff: 30 }, { afterMonths: 3, percentOff: 40 }, { afterMonths: 3, percentOff: 10 }] }`,
      [
        '3:89 touchpoints.wake-up.ladder[0].percentOff: 沉睡 6 个月给 30%，比 3 个月时的 40% 还少',
        '3:146 touchpoints.wake-up.ladder[2].afterMonths: 有两级都写了沉睡 3 个月',
      ],
    ],
  ])('%s is refused', (_name, touchpoint, expected) => {
    expect(told(whole(touchpoint))).toEqual(expected)
    for (const { fix, fixEn, messageEn } of read(whole(touchpoint)).mistakes) {
      expect(fix).not.toBe('')
      expect(`${fixEn} ${messageEn}`).not.toMatch(/[\u4e00-\u9fff]/)
    }
  })

  it('is refused in an arm of an experiment too, at the arm', () => {
    const yaml = whole(
      'order-guide: { wording: x }',
      'experiments:\n  e:\n    touchpoint: order-guide\n    what: time\n    from: 2026-12-01\n    arms:\n      - { name: a, share: 50 }\n      - { name: b, share: 50, set: { withinHours: 1, afterMinutes: 90 } }\n',
    )
    expect(told(yaml)).toEqual([
      '9:68 experiments.e.arms[1].set.afterMinutes: 90 分钟后才说，但 1 小时后就不再说，所以永远不会说',
    ])
  })

  it('does not stop a version that was published before it was known', () => {
    const yaml = whole('order-guide: { afterMinutes: 60, withinHours: 1, wording: x }')
    expect(readCadence(yaml, { tiers: null }).mistakes).toEqual([])
  })

  it('names tags, levels and tiers of the shipped files as they are', () => {
    const shipped = readFileSync(resolve(configDir, 'cadence.yaml'), 'utf8')
    const { mistakes, warnings } = readCadence(shipped, namesInFiles(configDir, loadTierRules(configDir)))
    expect([mistakes, warnings]).toEqual([[], []])
  })
})

describe('manners', () => {
  const note = 'weekly-note: { tiers: [high], wordings: [x] }'
  it.each([
    [
      'names of touchpoints that are not there',
      "manners: { avoidExempt: [weekly-not], blackout: [{ days: '2027-01-01', touchpoints: [weekly-note, gone, c-start] }] }\ncampaigns:\n  c: { title: 周年庆, from: 2026-12-01, until: 2026-12-03, start: { wording: 'x [[link:subscription]]' } }\n",
      [
        '2:26 manners.avoidExempt[0]: 没有名为“weekly-not”的触点',
        '2:99 manners.blackout[0].touchpoints[1]: 没有名为“gone”的触点',
      ],
    ],
    [
      'a name that no cap binds and that is not there',
      'manners: { capExempt: [weekly-not] }\n',
      ['2:24 manners.capExempt[0]: 没有名为“weekly-not”的触点'],
    ],
    [
      'quiet hours all day',
      "manners: { quietHours: '00:00-24:00' }\n",
      ['2:24 manners.quietHours: 发送时段全部落在安静时段（00:00-24:00）里，什么都发不出去'],
    ],
    [
      'windows at night only',
      "manners: { windows: ['22:00-23:00'] }\n",
      ['2:12 manners.windows: 发送时段全部落在安静时段（21:30-08:30）里，什么都发不出去'],
    ],
    [
      'windows of a channel at night only',
      "manners: { channels: { sms: { windows: ['22:00-23:00'] } } }\n",
      ['2:31 manners.channels.sms.windows: 发送时段全部落在安静时段（21:30-08:30）里，什么都发不出去'],
    ],
    [
      'every hour of the week to be avoided',
      `manners: { avoid: [${[1, 2, 3, 4, 5, 6, 7].map((n) => `{ weekday: ${String(n)}, span: '00:00-24:00' }`).join(', ')}] }\n`,
      ['2:12 manners.avoid: 避开的时间盖住了一周里所有的发送时段，营销永远发不出去'],
    ],
    ['quiet hours over midnight that leave a window', "manners: { quietHours: '11:00-09:30' }\n", []],
  ])('%s', (_name, manners, expected) => expect(told(whole(note, manners))).toEqual(expected))

  it('say in both languages how spans and days are written', () => {
    const { mistakes } = read(
      whole(
        note,
        "manners: { quietHours: late, blackout: [tomorrow, { days: '2026-05-20', channels: [fax] }, 7] }\n",
      ),
    )
    expect(mistakes.map(({ path, message, messageEn }) => [path, message, messageEn])).toEqual([
      ['manners.quietHours', '“late”不是时段', '"late" is not a span of time'],
      ['manners.blackout[0]', '“tomorrow”不是日期', '"tomorrow" is not a day or a range of days'],
      ['manners.blackout[1].channels[0]', '没有名为“fax”的选项', 'there is no choice "fax"'],
      [
        'manners.blackout[2]',
        '应为文字或一组“键: 值”，现在是“7”',
        'must be text or a group of "key: value" lines, not 7',
      ],
    ])
    expect(mistakes.map(({ fixEn }) => fixEn).join()).not.toMatch(/[\u4e00-\u9fff]/)
    expect(mistakes.map(({ fix }) => fix).join()).not.toContain('符合要求的写法')
  })

  it('tell a wrong rule of an audience in English on the command line', () => {
    const { mistakes } = read(
      whole(
        "weekly-note: { wordings: [x], audience: { combinator: and, rules: [{ field: nosuch, operator: '=', value: 1 }] } }",
      ),
    )
    expect(mistakes.map(({ messageEn }) => messageEn)).toEqual([
      'the audience rule is wrong: there is no field "nosuch"',
    ])
  })
})

describe('a campaign', () => {
  const campaign = (more: string): string =>
    whole('weekly-note: { tiers: [high], wordings: [x] }', `campaigns:\n  c: { title: 周年庆, ${more} }\n`)

  it('has no news on days that it does not have, and one piece of news a day', () => {
    const days = 'groups: { updates: [{ day: 30, text: x }, { day: 1, text: y }, { day: 1, text: z }] }'
    expect(told(campaign(`from: 2026-12-01, until: 2026-12-03, ${days}`))).toEqual([
      '3:84 campaigns.c.groups.updates[0].day: 活动只有 3 天，没有第 30 天，这条播报不会发',
      '3:127 campaigns.c.groups.updates[2].day: 第 1 天写了两条播报，只会发前一条',
    ])
    expect(
      told(campaign('repeat: { every: month, week: 1 }, groups: { updates: [{ day: 8, text: x }] }')),
    ).toEqual([expect.stringContaining('活动只有 7 天')])
  })

  it('tells the early ones before the others', () => {
    const before = (early: number): string =>
      campaign(
        `from: 2026-12-01, until: 2026-12-03, before: { days: 3, wording: '${wayOut}', early: { tiers: [high], days: ${String(early)}, wording: '${wayOut}' } }`,
      )
    expect(told(before(4))).toEqual([])
    expect(told(before(3))).toEqual([
      expect.stringContaining(
        'campaigns.c.before.early.days: 抢先通知在开始前 3 天，并不早于开始前 3 天的预告',
      ),
    ])
  })
})

describe('the message of a group', () => {
  const tip = '奶'.repeat(460)
  const programme = '玩'.repeat(290)
  const riddle = '谜'.repeat(200)
  const yaml = (weekday: number): string =>
    whole(`
  daily-tip: { interests: { 辅食: [短, ${tip}] } }
  weekly-programme: { weekday: ${String(weekday)}, programmes: [{ title: 节目, text: ${programme} }] }
  treasure-hunt:
    releases: [3]
    hunts: [{ name: h, title: 寻宝, clues: [{ riddle: ${riddle}, answers: [a] }], prize: { title: 奖, count: 1 } }]`).replace(
      'touchpoints:\n  daily-tip',
      `campaigns:\n  c: { title: 周年庆, from: 2026-12-02, until: 2026-12-02, groups: { updates: [{ day: 1, text: ${'贺'.repeat(230)} }] } }\ntouchpoints:\n  daily-tip`,
    )

  it('is warned of when tip, programme, clue and news of one day may be more than WeCom takes', () => {
    const { cadence, warnings, mistakes } = read(yaml(3))
    expect([mistakes, cadence === null]).toEqual([[], false])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({
      line: 5,
      path: 'touchpoints.daily-tip.interests.辅食[1]',
      message: expect.stringMatching(
        /^周三的社群消息最长可达 4\d{3} 字节，超过企业微信的 4000 字节，装不下的部分那天不发/,
      ) as string,
      messageEn: expect.stringMatching(
        /^the message of groups on Wednesday can reach 4\d{3} bytes/,
      ) as string,
    })
    expect(read(yaml(4)).warnings).toEqual([])
  })
})
