import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { changesBetween } from './changes.ts'
import { readCadence } from './config.ts'
import { threeWay } from './diff.ts'
import { cadenceSchemaText, cadenceSchema } from './schema.ts'
import { touchpointKinds } from './touchpoints/index.ts'

const config = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, '../../config', name), 'utf8')
const shipped = config('cadence.yaml')
const tiers = new Map([
  ['high', '高价值客户'],
  ['mid', '中等客户'],
])
const words = (before: string, after: string): string[] =>
  changesBetween(parse(before), parse(after), { tiers }).map((one) => one.words)
const note = (rest: string): string => `touchpoints: {weekly-note: {${rest}}}`
const list = (...wordings: string[]): string => note(`wordings: [${wordings.join(', ')}]`)
const ladder = (...steps: string[]): string => `touchpoints: {wake-up: {ladder: [${steps.join(', ')}]}}`
const three = '{afterMonths: 3, percentOff: 20}'
const six = '{afterMonths: 6, percentOff: 30}'

describe('a difference in words', () => {
  it.each<[string, string, readonly string[]]>([
    [note("at: '10:00'"), note("at: '09:30'"), ['高价值每周一对一：时间由 10:00 改为 09:30']],
    [note('weekday: 3'), note('weekday: Fri'), ['高价值每周一对一：星期由 周三 改为 周五']],
    [
      note('tiers: [high]'),
      note('tiers: [high, mid]'),
      ['高价值每周一对一：分层由 高价值客户 改为 高价值客户、中等客户'],
    ],
    [note('withinDays: 3'), note('enabled: false, withinDays: 3'), ['停用触点：高价值每周一对一']],
    [note('enabled: false'), note('enabled: true'), ['启用触点：高价值每周一对一']],
    [note('at: 1'), 'touchpoints: {}', ['删除触点：高价值每周一对一']],
    ['touchpoints: {}', 'touchpoints: {tea: {kind: weekly-note, title: 茶友}}', ['新增触点：茶友']],
    [list('甲', '乙'), list('甲', '丙', '乙'), ['高价值每周一对一：新增话术第 2 条：丙']],
    [
      list('今天的第一句话要说得长一些才好呢', '第二句'),
      list('第零句', '今天的第一句话要说得长一些才好呢', '第二句'),
      ['高价值每周一对一：新增话术第 1 条：第零句'],
    ],
    [
      list('今天的第一句话要说得长一些才好呢', '第二句'),
      list('今天的第一句话要说得长一些才好呢', '第三句'),
      ['高价值每周一对一：话术第 2 条由 第二句 改为 第三句'],
    ],
    [
      list('今天的第一句话要说得长一些才好呢', '第二句'),
      list('第二句', '今天的第一句话要说得长一些才好呢'),
      ['高价值每周一对一：话术调整了顺序'],
    ],
    [
      ladder(three, six),
      ladder(six.replace('30', '35'), '{afterMonths: 12, percentOff: 40}'),
      [
        '沉睡唤醒：唤醒阶梯第 1 项的优惠（减百分比）由 30 改为 35',
        '沉睡唤醒：删除唤醒阶梯第 1 项：「沉睡月数 3，优惠（减百分比） 20」',
        '沉睡唤醒：新增唤醒阶梯第 2 项：「沉睡月数 12，优惠（减百分比） 40」',
      ],
    ],
    [ladder(three, six), ladder(six, three), ['沉睡唤醒：唤醒阶梯调整了顺序']],
    ['manners: {}', 'manners: {gapHours: 72}', ['分寸：两次营销触达至少间隔几小时由默认的 48 改为 72']],
    ['manners: {gapHours: 72}', 'manners: {}', ['分寸：两次营销触达至少间隔几小时改回默认 48（原为 72）']],
    [
      'publishing: {approval: {required: true}}',
      'publishing: {approval: {required: false}}',
      ['发布：审批的发布需要审批由 是 改为 否'],
    ],
    ['shop: {name: 小禾}', 'shop: {name: 小树}', ['门店：名称由 小禾 改为 小树']],
    // Keys that this version does not know are told as they stand.
    [
      'campaigns: {spring: {title: 春季回访, groups: {updates: [{day: 1, text: 早}], x: 1}}}',
      'campaigns: {spring: {title: 春季回访, groups: {updates: [{day: 1, text: 晚}], x: 2}}}',
      ['春季回访：社群的播报第 1 项的文字由 早 改为 晚', '春季回访：社群的x由 1 改为 2'],
    ],
    ['a: 1', 'a: 1', []],
  ])('%# %s → %s', (before, after, expected) => expect(words(before, after)).toEqual(expected))

  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('a', 'b', '一句比较长的话术，超过十六个字的那一种。', null, true),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('id', 'at', 'title', 'x'), tie('any'), { maxKeys: 3 }),
    ),
  }))['any'] as fc.Arbitrary<unknown>
  it('says something exactly when something differs, whatever is nested how', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [was, is] = [{ touchpoints: { one: { x: a } } }, { touchpoints: { one: { x: b } } }]
        expect(changesBetween(was, was)).toEqual([])
        const equal = JSON.stringify(parse(JSON.stringify(a))) === JSON.stringify(b)
        const found = changesBetween(was, is)
        if (!equal && JSON.stringify(sortedKeys(a)) !== JSON.stringify(sortedKeys(b)))
          expect(found.length).toBeGreaterThan(0)
        for (const { words: said } of found) expect(said).not.toMatch(/undefined|\[object/)
      }),
      { numRuns: 400 },
    )
  })
})

const sortedKeys = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sortedKeys)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, sortedKeys(one)]),
        )
      : value

describe('two people who edit at once', () => {
  it('are told what each changed, and what both did', () => {
    const at = (rest: string) => ({ version: 1, raw: parse(`shop: {name: 甲}\n${note(rest)}`) as unknown })
    const told = threeWay(
      at("at: '10:00', weekday: 3"),
      { ...at("at: '11:00', weekday: 4"), version: 2 },
      at("at: '09:30', weekday: 4, withinDays: 2").raw,
    )
    expect(told).toMatchObject({ base: 1, newest: 2 })
    expect(told.yours).toHaveLength(3)
    expect(told.theirs).toHaveLength(2)
    expect(told.both).toEqual([
      {
        path: 'touchpoints.weekly-note.at',
        yours: '高价值每周一对一：时间由 10:00 改为 09:30',
        theirs: '高价值每周一对一：时间由 10:00 改为 11:00',
      },
    ])
  })
})

describe('the schema for editors', () => {
  it('lies beside the cadence as it is made now (else: npm run -s siyu -- cadence schema --write)', () =>
    expect(config('cadence.schema.json')).toBe(cadenceSchemaText()))

  it('is named in the first line of the shipped cadence', () =>
    expect(shipped.split('\n')[0]).toBe('# yaml-language-server: $schema=./cadence.schema.json'))

  it('knows every kind of touchpoint, each setting with a title', () => {
    const { definitions } = cadenceSchema()
    for (const { kind } of touchpointKinds) {
      const { properties = {} } = definitions[kind] ?? expect.fail(kind)
      expect(Object.keys(properties)).toContain('enabled')
      for (const [name, node] of Object.entries(properties))
        expect([name, node.title]).toEqual([name, node.title ?? ''])
    }
  })

  it('asks for nothing that the reader does not ask for', () => {
    const { required } = cadenceSchema() as { required?: string[] }
    expect(required).toEqual(['shop', 'touchpoints'])
    expect(readCadence('shop: {name: 甲}\ntouchpoints: {}', { tiers: null }).mistakes).toEqual([])
  })
})
