import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCadence } from '../config.ts'

const touchpoints = `shop: {name: 店}
touchpoints:
  weekly-note:
    weekday: 3
    at: '10:00'
    wordings: [原来的话]
  daily-tip:
    interests: {辅食: [一条], 睡眠: [一条]}
  weekly-poll:
    polls: [{question: 问题, options: [{id: a, label: 甲}, {id: b, label: 乙}]}]
  wake-up: {enabled: false, wording: '再见 [[link:subscription]]'}
experiments:
`
const read = (experiments: string) => readCadence(touchpoints + experiments, { tiers: null })
const mistakes = (experiments: string): string[] =>
  read(experiments).mistakes.map(({ line, path, message }) => `${String(line)} ${path}: ${message}`)

const warm = (more = '') => `  warm:
    touchpoint: weekly-note
    what: wording
    from: 2026-12-01
    arms:
      - {name: now, share: 50}
      - name: warmer
        share: 50
        set: {wordings: [更暖的话]}
${more}`

describe('an experiment', () => {
  it('is read with its arms bound to their own settings', () => {
    const { cadence, mistakes } = read(warm())
    expect(mistakes).toEqual([])
    const [one] = cadence?.experiments ?? []
    expect(one).toMatchObject({
      name: 'warm',
      touchpoint: 'weekly-note',
      unit: 'customer',
      read: 'always-valid',
      alpha: 0.05,
      primary: { metric: 'sent-to-order', windowDays: 7 },
      smallRange: null,
      until: null,
    })
    expect(one?.arms.map(({ name, title }) => [name, title])).toEqual([
      ['now', 'now'],
      ['warmer', 'warmer'],
    ])
  })

  it('is as the shipped cadence shows it in its comments', () => {
    const shipped = readFileSync(resolve(import.meta.dirname, '../../../config/cadence.yaml'), 'utf8')
    const [before = '', example = ''] = shipped.split('# experiments:\n')
    const { cadence, mistakes } = readCadence(`${before}experiments:\n${example.replaceAll(/^# /gm, '')}`, {
      tiers: null,
    })
    expect(mistakes).toEqual([])
    expect(cadence?.experiments).toMatchObject([
      {
        name: 'warmer-note',
        what: 'wording',
        until: '2027-01-06',
        smallRange: { percent: 30 },
        // What it says it tests is what it changes.
        arms: [{ set: {} }, { set: { ending: expect.stringContaining('[[link:subscription]]') as string } }],
      },
    ])
  })

  it('of a group touchpoint assigns groups, and changes one interest without losing the others', () => {
    const { cadence, mistakes } = read(
      `  tip: {touchpoint: daily-tip, what: wording, from: 2026-12-01, arms: [{name: a, share: 50}, {name: b, share: 50, set: {interests: {辅食: [另一条]}}}]}\n`,
    )
    expect(mistakes).toEqual([])
    const rules = cadence?.experiments[0]?.arms[1]?.rules
    expect(cadence?.experiments[0]?.unit).toBe('group')
    expect(rules?.audience).toBe('group')
  })

  it('of a touchpoint that is switched off is checked and not run', () => {
    const { cadence, mistakes } = read(
      `  off: {touchpoint: wake-up, what: time, from: 2026-12-01, arms: [{name: a, share: 50}, {name: b, share: 50, set: {weekday: 4}}]}\n`,
    )
    expect([mistakes, cadence?.experiments]).toEqual([[], []])
  })
})

describe('an experiment on a part of a campaign', () => {
  const campaign = `campaigns:
  feast:
    title: 囤货节
    from: 2026-11-09
    until: 2026-11-11
    before: {wording: '好 [[link:subscription]]', early: {tiers: [high], days: 5, wording: '早 [[link:subscription]]'}}
    invitation: {question: 来吗, wording: '来 [[link:subscription]]', reminder: {wording: '见 [[link:subscription]]'}}
    groups: {updates: [{day: 1, text: 开始}]}
    after: {wording: 没关系}
`
  const test = (part: string, set: string): string =>
    `  one: {touchpoint: feast-${part}, what: wording, from: 2026-11-01, arms: [{name: a, share: 50}, {name: b, share: 50, set: ${set}}]}\n${campaign}`

  it.each([
    ['before', "{wording: '新 [[link:subscription]]'}", 'broadcast'],
    ['early', "{wording: '新 [[link:subscription]]'}", 'broadcast'],
    ['early', "{at: '19:10'}", 'broadcast'],
    ['reminder', "{at: '10:30'}", 'broadcast'],
    ['after', '{channel: phone-task}', 'phone-task'],
  ])('is bound to the settings of the part %s', (part, set, channel) => {
    const { cadence, mistakes } = read(test(part, set))
    expect(mistakes).toEqual([])
    const one = cadence?.experiments[0] ?? expect.fail()
    expect([one.touchpoint, one.unit]).toEqual([`feast-${part}`, 'customer'])
    expect(one.arms[1]?.rules).toMatchObject({ channel })
  })

  it.each([
    ['before', '{wording: 没有退订}', /^13 experiments\.one\.arms\[1\]\.set\.wording: .*订阅设置/],
    ['before', '{early: {days: 3}}', /set\.early: “early”是活动的另一部分/],
    ['invitation', '{question: 几点来}', /set\.question: 分组里不能改“question”/],
    ['after', '{days: 2}', /set\.days: 分组里不能改“days”/],
    ['after', '{wordin: 好}', /set\.wordin: 没有“wordin”这个设置/],
    ['live', '{at: "11:00"}', /touchpoint: 活动的社群播报装在别的社群消息里/],
    ['start', '{at: "11:00"}', /touchpoint: 没有名为“feast-start”的触点/],
  ])('of %s with %s is refused', (part, set, expected) => {
    const found = mistakes(test(part, set))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })
})

describe('a mistake is shown at its line', () => {
  it.each([
    [
      'a touchpoint that is not there',
      warm().replace('weekly-note', 'weekly-nota'),
      /^14 experiments\.warm\.touchpoint: 没有名为“weekly-nota”的触点/,
    ],
    [
      'an override of another type',
      warm().replace('set: {wordings: [更暖的话]}', 'set:\n          wordings: 更暖的话'),
      /^22 experiments\.warm\.arms\[1\]\.set\.wordings: 应为/,
    ],
    [
      'an unknown override',
      warm().replace('wordings: [更暖的话]', 'wordins: [更暖的话]'),
      /^21 experiments\.warm\.arms\[1\]\.set\.wordins: 没有“wordins”这个设置/,
    ],
    [
      'who takes part',
      warm().replace('wordings: [更暖的话]', 'tiers: [mid]'),
      /arms\[1\]\.set\.tiers: 分组里不能改“tiers”/,
    ],
    [
      'shares',
      warm().replace('share: 50}', 'share: 40}'),
      /^17 experiments\.warm\.arms: 各组比例加起来是 90%，不是 100%/,
    ],
    [
      'an empty treatment',
      warm().replace('        set: {wordings: [更暖的话]}\n', ''),
      /arms\[1\]: 分组“warmer”与对照组没有差别/,
    ],
    [
      'a control that sets something',
      warm().replace('share: 50}', "share: 50, set: {at: '11:00'}}"),
      /arms\[0\]\.set: 第一组是对照组/,
    ],
    [
      'a fixed reading without a plan',
      warm('    read: fixed\n'),
      /^22 experiments\.warm\.read: 固定样本的实验要先定好样本量/,
    ],
    ['an end before the beginning', warm('    until: 2026-11-01\n'), /until: 结束日早于开始日/],
    [
      'two at a time',
      warm() + warm().replace('warm:', 'other:'),
      /^23 experiments\.other\.touchpoint: 同一触点上的实验“warm”/,
    ],
    ['a poll', warm().replace('weekly-note', 'weekly-poll'), /投票和寻宝装在别的社群消息里/],
    [
      'too wide an arm',
      warm().replace(
        '{name: now, share: 50}',
        '{name: now, share: 20}\n      - {name: x, share: 20, set: {weekday: 4}}\n      - {name: y, share: 10, set: {weekday: 5}}',
      ),
      /arms\[3\]\.share: 三个以上的新方案，每个最多占 33.33%/,
    ],
  ])('%s', (_what, yaml, expected) => {
    const found = mistakes(yaml)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })
})
