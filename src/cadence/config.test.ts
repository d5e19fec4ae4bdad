import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, weekdayOf } from '../base/calendar.ts'
import { filledBytes } from '../content/index.ts'
import { huntSettings, pollSettings } from '../game/index.ts'
import { gamesOf, readCadence } from './config.ts'
import { distance, nearest } from './mistake.ts'
import { momentOf } from './touchpoint.ts'
import type { Group } from './touchpoint.ts'
import { decodeYaml } from './yaml.ts'

const tiers = ['high', 'new', 'mid', 'dormant', 'other', 'lead']
const shipped = readFileSync(resolve(import.meta.dirname, '../../config/cadence.yaml'), 'utf8')
const read = (yaml: string) => readCadence(yaml, { tiers })
/** What this process worked: the machine may be busy with others. */
const busyMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
/** `line path: message` of every mistake. */
const mistakes = (yaml: string): string[] =>
  read(yaml).mistakes.map(({ line, path, message }) => `${String(line)} ${path}: ${message}`)

const group: Group = { chat: 'wr1', name: '小禾辅食交流营', owner: 'zhang', interest: null }

describe('the shipped cadence', () => {
  const { cadence } = read(shipped)

  it('has no mistake', () => expect(read(shipped).mistakes).toEqual([]))

  it('defines games that their kinds accept, on every day of a year', () => {
    const ids = new Set<string>()
    for (let n = 0; n < 365; n += 1) {
      for (const game of gamesOf(cadence ?? expect.fail(), addDays('2026-11-01', n))) {
        ids.add(game.id)
        expect(game.closesAt).toBeGreaterThan(game.opensAt)
        ;(game.kind === 'poll' ? pollSettings : huntSettings).parse(game.settings)
      }
    }
    expect([...ids].filter((id) => id.startsWith('poll-'))).toHaveLength(53)
    expect([...ids].filter((id) => id.startsWith('hunt-')).length).toBeGreaterThanOrEqual(26)
    expect(ids).toContain('poll-2026-W47')
  })

  it('never composes a group message beyond 4,000 bytes', () => {
    const rules = cadence?.touchpoints.map((one) => ({ name: one.name, rules: one.rules })) ?? []
    for (let n = 0; n < 60; n += 1) {
      const moment = momentOf(addDays('2026-11-01', n))
      const pieces = rules.flatMap(({ name, rules: one }) => {
        const piece = one.audience === 'group-piece' ? one.piece(moment, group, name) : null
        return piece ? [piece] : []
      })
      for (const { rules: one } of rules) {
        if (one.audience !== 'group') continue
        const list = one.tips(group, new Map())
        const longest = [...(list?.tips ?? [])].sort((a, b) => b.text.length - a.text.length)[0] ?? null
        const said = one.compose(
          moment,
          group,
          { interest: list?.interest ?? '', tip: longest, pieces },
          {
            shop: { name: '店' },
            day: { date: moment.day, words: '', weekday: '' },
          },
        )
        expect(filledBytes(said.text)).toBeLessThan(4_000)
        expect(said.text).toContain('[[link:subscription]]')
      }
    }
  })
})

describe('a wrong cadence', () => {
  it('names every mistake with its line, its path and a fix', () => {
    const yaml = [
      'shop:',
      '  nmae: 小店', // 2
      'touchpoints:',
      '  weekly-note:',
      '    tiers: [hihg]', // 5
      '    weekday: 周八', // 6
      "    at: '25:00'", // 7
      '    wordings:',
      '      - 您好 {{ customer.phone }}', // 9
      '      - |',
      '        第一行',
      '        {{ customer.nam }}', // 12
      '  wake-upp:', // 13
      '    wording: x',
      '  follow-up:',
      '    afterHours: 48',
      '    atLatestHours: 24', // 17
      '    wording: 好',
      'maners: {}', // 19
    ].join('\n')
    const found = read(yaml).mistakes
    expect(mistakes(yaml)).toEqual([
      expect.stringContaining('1 shop.name: 缺少这个设置'),
      '2 shop.nmae: 没有“nmae”这个设置',
      '5 touchpoints.weekly-note.tiers[0]: 没有名为“hihg”的分层',
      '6 touchpoints.weekly-note.weekday: “周八”不是星期几',
      '7 touchpoints.weekly-note.at: “25:00”不是一天里的时间',
      '9 touchpoints.weekly-note.wordings[0]: 话术中不能使用变量 {{ customer.phone }}',
      '12 touchpoints.weekly-note.wordings[1]: 话术中不能使用变量 {{ customer.nam }}',
      '13 touchpoints.wake-upp: 没有名为“wake-upp”的触点类型',
      '17 touchpoints.follow-up.atLatestHours: 最晚 24 小时不晚于首单后 48 小时',
      '19 maners: 没有“maners”这个设置',
    ])
    expect(found.every(({ fix, fixEn, messageEn }) => fix && fixEn && messageEn)).toBe(true)
    expect(found.map(({ fix }) => fix).join()).toContain('是不是“name”')
    expect(found.map(({ fixEn }) => fixEn).join()).toContain('did you mean "wake-up"')
    expect(found.map(({ fix }) => fix).join()).toContain('是不是“high”')
  })

  it.each([
    ['', '1 : 配置是空的'],
    ['shop: [', '缩进|YAML|符号|列表'],
    ['shop:\n\tname: x', '制表符|YAML|冒号|缩进'],
    ['shop: {name: a}\nshop: {name: b}\ntouchpoints: {}', '2 shop: 同一处写了两次同名的键'],
    ['a: &x 1\nshop: *x', '锚点'],
    ['shop: {name: a}\n__proto__: {}\ntouchpoints: {}', '__proto__'],
    ['shop: !!js/function "x"\ntouchpoints: {}', '类型标记'],
    ['shop: {name: a}\n---\nshop: {name: b}', '只能有一份'],
    [`shop: {name: a}\ntouchpoints: ${'{a: '.repeat(40)}1${'}'.repeat(40)}`, '嵌套'],
    ['x'.repeat(262_145), '256 KiB'],
    ['shop: {name: a}\ntouchpoints: {wake-up: {wording: 没有退路}}', '没有订阅设置的链接'],
    ['shop: {name: a}\ntouchpoints: {weekly-note: nonsense}', '2 touchpoints.weekly-note: 应为一组'],
    ['shop: {name: a}\ntouchpoints: {weekly-note: }', '2 touchpoints.weekly-note: 应为一组'],
    ['shop: {name: a}\nmanners: {windows: [1]}\ntouchpoints: {}', '2 manners.windows[0]: 应为文字'],
    ['shop: {name: a}\nmanners: {windows: [早上]}\ntouchpoints: {}', '“早上”不是时段'],
    ['shop: {name: a}\ntouchpoints: {坏名字: {kind: welcome, wording: 好}}', '不能作为名字'],
  ])('is refused, not guessed at (%#)', (yaml, expected) => {
    const started = busyMs()
    expect(read(yaml).cadence).toBeNull()
    expect(mistakes(yaml).join('\n')).toMatch(
      new RegExp(expected.replaceAll('[', '\\[').replaceAll('(', '\\(')),
    )
    expect(busyMs() - started).toBeLessThan(300)
  })

  it.each([
    ['brackets', '['.repeat(262_000), '嵌套'],
    ['maps in maps', '{a: '.repeat(60_000), '嵌套'],
    ['lists in lists', '- '.repeat(130_000), '嵌套'],
    ['quotes', '"'.repeat(262_000), '太多'],
    ['anchors', '&a '.repeat(80_000), '锚点'],
    ['keys', Array.from({ length: 20_000 }, (_, i) => `k${String(i)}: 1`).join('\n'), '太多'],
    [
      'aliases',
      `a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `a${String(i + 1)}: &a${String(i + 1)} [*a${String(i)}, *a${String(i)}]`).join('\n')}`,
      '锚点',
    ],
    [
      'loops',
      `shop: {name: a}\ntouchpoints: {welcome: {wording: '{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}'}}`,
      '话术模板有误',
    ],
  ])('made of %s is refused at once', (_name, yaml, expected) => {
    const started = busyMs()
    expect(mistakes(yaml).join('\n')).toContain(expected)
    expect(busyMs() - started).toBeLessThan(300)
  })

  const tiny = 'shop: {name: 甲}\ntouchpoints: {}\n'
  it.each([
    ['a byte order mark', `\uFEFF${tiny}`],
    ['lines of Windows', tiny.replaceAll('\n', '\r\n')],
    ['tabs between words', tiny.replace(': {', ':\t{')],
  ])('may have %s', (_name, yaml) => expect(mistakes(yaml)).toEqual([]))

  it.each([
    ['merge keys', 'shop: {name: a}\ntouchpoints:\n  <<: {welcome: {wording: 好}}\n', '<<'],
    ['merged aliases', 'a: &a {name: x}\nshop: {<<: *a}\ntouchpoints: {}', '锚点'],
    ['an own constructor', 'shop: {name: a, constructor: {prototype: 1}}\ntouchpoints: {}', 'constructor'],
    [
      'a key that stands twice below',
      'shop: {name: a}\ntouchpoints:\n  welcome: {wording: 好, wording: 坏}',
      '两次',
    ],
    ['a map as a key', 'shop: {name: a}\n? {a: 1}\n: 2\ntouchpoints: {}', '键必须是文字'],
    ['tabs as indentation', 'shop:\n  name: a\ntouchpoints:\n\twelcome: {wording: 好}', '制表符|YAML|缩进'],
    ['a lone carriage return', 'shop: {name: a}\rtouchpoints: {}', 'YAML|符号|冒号|缺少'],
    ['a zero byte', 'shop: {name: "a\u0000b"}\ntouchpoints: {}', '零字节'],
    ['a very long line', `shop: {name: ${'长'.repeat(80_000)}}\ntouchpoints: {}`, '不能超过 30'],
    ['a billion laughs', `a: &a [x]\n${'b: [*a]\n'.repeat(2_000)}`, '锚点'],
    ['numbers beyond all', 'shop: {name: a}\nmanners: {gapHours: 1e999}\ntouchpoints: {}', 'gapHours'],
  ])('with %s is refused at once', (_name, yaml, expected) => {
    const started = busyMs()
    expect(mistakes(yaml).join('\n')).toMatch(new RegExp(expected))
    expect(busyMs() - started).toBeLessThan(300)
  })

  it.each([
    ['GBK', Buffer.from([0x73, 0x3a, 0x20, 0xba, 0xcc, 0x0a])],
    ['UTF-16', Buffer.from('\uFEFFshop: 1', 'utf16le')],
    ['half a letter at the end', Buffer.from('shop: 甲').subarray(0, -1)],
    ['an overlong form', Buffer.from([0xc0, 0xae])],
  ])('in %s is no text', (_name, bytes) =>
    expect(decodeYaml(bytes).mistake).toMatchObject({
      line: 1,
      message: expect.stringContaining('文件不是 UTF-8 编码') as string,
    }),
  )

  it('names the encoding it seems to have, the place, and how to convert it', () => {
    const gbk = Buffer.concat([Buffer.from('a: 1\nshop: { name: '), Buffer.from([0xba, 0xcc, 0x7d, 0x0a])])
    expect(decodeYaml(gbk).mistake).toMatchObject({
      line: 2,
      column: 15,
      messageEn: 'the file is not UTF-8; it looks like GBK (GB18030)',
      fixEn: expect.stringContaining('iconv -f GB18030 -t UTF-8') as string,
      message: '文件不是 UTF-8 编码，看起来是 GBK（GB18030）',
    })
    const wide = Buffer.from('\uFEFFshop: 1', 'utf16le')
    expect(decodeYaml(wide).mistake?.fixEn).toContain('iconv -f UTF-16LE')
    // What begins as UTF-8 is a damaged file, not one in GBK.
    const damaged = Buffer.concat([Buffer.from('shop: 小禾'), Buffer.from([0xba, 0xcc])])
    expect(decodeYaml(damaged).mistake?.messageEn).toBe('the file is not UTF-8')
  })

  it('in UTF-8 keeps every letter and loses its mark; 256 KiB and one byte are too many', () => {
    expect(decodeYaml(Buffer.from(`\uFEFF${tiny}`))).toEqual({ text: tiny, mistake: null })
    expect(decodeYaml(Buffer.alloc(262_145, 97)).mistake?.message).toContain('256 KiB')
  })

  it('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.nat(shipped.length), (noise, at) => {
        read(shipped.slice(0, at) + noise + shipped.slice(at, at + 300))
      }),
      { numRuns: 60 },
    )
  })
})

describe('a weekday of the cadence', () => {
  it('is the weekday on which it fires, however it is written', () => {
    const names = [
      ['1', '周一', '星期一', 'Mon', 'monday'],
      ['2', '周二', '星期二', 'Tue', 'tuesday'],
      ['3', '周三', '星期三', 'Wed', 'wednesday'],
      ['4', '周四', '星期四', 'Thu', 'thursday'],
      ['5', '周五', '星期五', 'Fri', 'friday'],
      ['6', '周六', '星期六', 'Sat', 'saturday'],
      ['7', '周日', '星期天', 'Sun', 'sunday'],
    ]
    fc.assert(
      fc.property(fc.nat(6), fc.nat(4), fc.nat(3_000), (i, spelling, n) => {
        const word = names[i]?.[spelling] ?? ''
        const day = addDays('2024-02-20', n)
        const { cadence } = read(
          `shop: {name: 店}\ntouchpoints: {weekly-note: {weekday: ${word}, wordings: [好]}, weekly-poll: {weekday: ${word}, polls: [{question: 问题, options: [{id: a, label: 甲}, {id: b, label: 乙}]}]}}`,
        )
        const fires = cadence?.touchpoints.map(({ name, rules }) => {
          if (rules.audience === 'customer') return (rules.looksFor?.(momentOf(day)) ?? null) !== null
          return rules.audience === 'group-piece' && rules.piece(momentOf(day), group, name) !== null
        })
        const expected = weekdayOf(day) === i + 1
        expect(fires).toEqual([expected, expected])
        // The calendar’s own idea of the weekday, from another source.
        expect(new Date(`${day}T00:00:00Z`).getUTCDay()).toBe(weekdayOf(day) % 7)
      }),
      { numRuns: 120 },
    )
  })
})

describe('the nearest word', () => {
  it.each([
    ['weekdy', 'weekday'],
    ['wrodings', 'wordings'],
    ['zzz', null],
  ])('to %s is %s', (word, expected) =>
    expect(nearest(word, ['weekday', 'wordings', 'tiers'])).toBe(expected),
  )
  it('counts edits', () =>
    expect([distance('ab', 'ba'), distance('', 'abc'), distance('kitten', 'sitting')]).toEqual([1, 3, 3]))
})
