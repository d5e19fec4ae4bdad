/** What may be said to the staff and by them: days, turns, and what WeCom would refuse is refused when it is written. */
import { expect, it } from 'vitest'
import { readCadence } from '../config.ts'
import { momentOf } from '../touchpoint.ts'
import type { BoundStaff } from '../touchpoint.ts'
import { touchpointKinds } from './index.ts'

const lin = { userid: 'lin', name: '林晓' }

function bound(kind: string, settings: object): BoundStaff {
  const rules = touchpointKinds.find((one) => one.kind === kind)?.bind(settings)
  return rules?.audience === 'staff' ? rules : expect.fail()
}

const mistakesOf = (touchpoints: string): string[] =>
  readCadence(`shop: { name: 小禾 }\ntouchpoints:\n${touchpoints}`, {
    tiers: ['high'],
    robots: ['早会'],
    media: [
      { name: '图', type: 'image', bytes: 1_000 },
      { name: '片', type: 'video', bytes: 1_000 },
    ],
  }).mistakes.map(({ message }) => message)

it('asks for moments on the chosen weekdays only, and turns through the wordings without a gap', () => {
  const rules = bound('moment-note', {
    weekdays: ['周五', '周二'],
    at: '10:00',
    withinDays: 2,
    wordings: ['一', '二', '三'],
    ending: '完 [[link:me]]',
  })
  const view = { shop: { name: '小禾' }, day: { date: '', words: '', weekday: '' } }
  const days = ['2026-05-18', '2026-05-19', '2026-05-22', '2026-05-26', '2026-05-29']
  const said = days.flatMap((day) => {
    const moment = momentOf(day)
    const due = rules.due(moment, lin)
    return due ? [[due.period, rules.compose(moment, lin, view).text.slice(0, 1)]] : []
  })
  expect(said.map(([day]) => day)).toEqual(['2026-05-19', '2026-05-22', '2026-05-26', '2026-05-29'])
  const words = said.map(([, word]) => word ?? '')
  expect(new Set(words.slice(0, 3)).size).toBe(3)
  expect(words[3]).toBe(words[0])
  const due = rules.due(momentOf('2026-05-19'), lin)
  expect(due?.expiresAt).toBe(momentOf('2026-05-21').evening())
})

const moment = (more: string): string => `  moment-note:\n    wordings: ['好']\n    ${more}\n`

it.each([
  ['takes pictures along', moment('attachments: [{ image: 图 }, { image: 图 }]'), []],
  [
    'takes a link with its cover',
    moment('attachments: [{ link: { title: 直播间, url: "[[link:me]]", picture: 图 } }]'),
    [],
  ],
  [
    'does not mix kinds',
    moment('attachments: [{ image: 图 }, { video: 片 }]'),
    ['朋友圈的附件不能混用：最多 9 张图片，或 1 个视频，或 1 个链接'],
  ],
  [
    'has one film',
    moment('attachments: [{ video: 片 }, { video: 片 }]'),
    ['朋友圈的附件不能混用：最多 9 张图片，或 1 个视频，或 1 个链接'],
  ],
  [
    'asks for the cover of a link',
    moment('attachments: [{ link: { title: 直播间, url: "https://example.com" } }]'),
    ['朋友圈的链接要有封面'],
  ],
  [
    'takes no files',
    moment('attachments: [{ file: 图 }]'),
    ['素材“图”是图片，这里要文件', '朋友圈只能带图片、视频或链接'],
  ],
  [
    'has no audience',
    moment('audience: { combinator: and, rules: [] }'),
    ['这个触点面向员工，不能限定客户人群'],
  ],
  [
    'has a length',
    `  moment-note:\n    wordings: ['${'长'.repeat(1_700)}']\n`,
    ['话术约 1700 字（链接按长链接计），超过上限 1699 字'],
  ],
  [
    'has no links of customers for the staff',
    `  staff-note:\n    wordings: ['看 [[link:me]]']\n    attachments: [{ image: 图 }]\n`,
    ['发给员工的话术里有给客户的链接'],
  ],
  [
    'takes nothing along for the staff',
    `  staff-note:\n    attachments: [{ image: 图 }]\n`,
    ['这个触点不能带附件：只有欢迎语、客户群发、社群消息、顾问任务和朋友圈可以'],
  ],
  ['knows its robots', `  morning-digest:\n    robots: [早会]\n    wording: '{{ digest.today }}'\n`, []],
  ['names a robot nobody knows', `  morning-digest:\n    robots: [晚会]\n`, ['没有名为“晚会”的群机器人']],
  [
    'names nobody in a digest',
    `  morning-digest:\n    robots: [早会]\n    wording: '{{ customer.name }}'\n`,
    [expect.stringContaining('customer.name')],
  ],
])('%s', (_name, yaml, expected) => {
  const told = mistakesOf(yaml)
  expect(told).toHaveLength(expected.length)
  expect(told).toEqual(expect.arrayContaining(expected))
})

it('is no matter of experiments', () => {
  const { mistakes } = readCadence(
    `shop: { name: 小禾 }\ntouchpoints:\n${moment('enabled: true')}experiments:\n  try:\n    touchpoint: moment-note\n    what: wording\n    from: '2026-05-01'\n    arms: [{ name: a, share: 50 }, { name: b, share: 50, set: { wordings: [坏] } }]\n`,
    { tiers: ['high'] },
  )
  expect(mistakes.map(({ message }) => message)).toContain(
    '发给员工的消息和朋友圈不能做实验：看到的人不由系统分组',
  )
})
