import fc from 'fast-check'
import { DateTime } from 'luxon'
import { expect, it } from 'vitest'
import { readAttribute, usualAttributes, phoneHasher, plainPhone } from '../customer/index.ts'
import { readLunarDay } from '../customer/attribute-value.ts'
import { createDateReader, wallClockOf } from './dates.ts'
import { createTextCounter } from './hash-sets.ts'
import { statusOf } from './order-status.ts'
import { openSpool } from './spool.ts'
import { createSuspicion } from './suspicion.ts'
import { readFen, readItems, readQuantity } from './values.ts'

const valueOf = (text: string, unit?: 'yuan' | 'fen'): number | string => {
  const read = readFen(text, unit)
  return read.ok ? read.value : read.why
}

it('reads money without a float, and says what is wrong with what is none', () => {
  const good: readonly (readonly [string, number])[] = [
    ['29.33', 2933],
    ['¥1,299.00', 129_900],
    ['￥１２．５０', 1250],
    ['12元', 1200],
    ['CNY 8.00', 800],
    ['29.330000000000002', 2933],
    ['0.005', 1],
    ['-3.5', -350],
    ['(12.00)', -1200],
    ['-0', 0],
    ['4.440892e-16', 0],
    ['1.5e3', 150_000],
    ['1.2345E2', 12_345],
  ]
  expect(good.map(([text]) => [text, valueOf(text)])).toEqual(good)
  expect(valueOf('1250', 'fen')).toBe(1250)
  expect(valueOf('12.50', 'fen')).toContain('whole number of fen')
  expect(valueOf('12,50')).toContain('comma')
  expect(valueOf('99999999999')).toContain('over 10000000')
  for (const text of ['', 'ten', '1.2.3', '--3', '1 2x', '٣', '1e99', 'Infinity', '0x10'])
    expect(valueOf(text)).toEqual(expect.any(String))
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (fen) => {
      const sign = fen < 0 ? '-' : ''
      const text = `${sign}${String(Math.floor(Math.abs(fen) / 100))}.${String(Math.abs(fen) % 100).padStart(2, '0')}`
      expect(valueOf(text)).toBe(fen)
    }),
  )
  expect(readQuantity('3.0')).toMatchObject({ ok: true, value: 3 })
  expect(readQuantity('1.5').ok).toBe(false)
  expect(readItems('A:1:-2').ok).toBe(false)
})

it('takes wall time in the zone that is named, over both changes of the clock', () => {
  const read = (text: string, zone = 'America/New_York', format?: string): string => {
    const at = createDateReader({ zone, format, notAfter: Date.UTC(2030, 0, 1) })(text)
    return at.ok ? new Date(at.value).toISOString() : at.why
  }
  expect(read('2017-01-28 14:06:53')).toBe('2017-01-28T19:06:53.000Z')
  expect(read('2017-07-28 14:06:53')).toBe('2017-07-28T18:06:53.000Z')
  // 02:30 was skipped on 12 March and came twice on 5 November.
  expect(read('2017-03-12 02:30:00')).toBe('2017-03-12T07:30:00.000Z')
  expect(read('2017-11-05 01:30:00')).toBe('2017-11-05T05:30:00.000Z')
  expect(read('2017-11-05T01:30:00-05:00')).toBe('2017-11-05T06:30:00.000Z')
  expect(read('2026年5月1日 8:30', 'Asia/Shanghai')).toBe('2026-05-01T00:30:00.000Z')
  expect(read('20260501', 'Asia/Shanghai')).toBe('2026-04-30T16:00:00.000Z')
  expect(read('1746057600', 'Asia/Shanghai')).toBe('2025-05-01T00:00:00.000Z')
  expect(read('05/20/2026', 'Asia/Shanghai', 'MM/dd/yyyy')).toBe('2026-05-19T16:00:00.000Z')
  expect(read('20/05/2026', 'Asia/Shanghai', '%d/%m/%Y')).toBe('2026-05-19T16:00:00.000Z')
  expect(read('2026-05-20', 'Asia/Shanghai', 'YYYY-MM-DD')).toBe('2026-05-19T16:00:00.000Z')
  for (const text of [
    '2026-02-30',
    '05/06/2026',
    '2026-13-01',
    '2026-05-20 25:00',
    'yesterday',
    '1890-01-01',
    '2031-01-01',
  ])
    expect(read(text)).not.toContain('Z')
  expect(() => createDateReader({ zone: 'Mars/Olympus', notAfter: 0 })).toThrow('not a time zone')
})

it('agrees with luxon on every wall time that exists once', () => {
  for (const zone of [
    'America/New_York',
    'Europe/London',
    'Australia/Lord_Howe',
    'Asia/Shanghai',
    'Pacific/Apia',
  ]) {
    const toInstant = wallClockOf(zone)
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1992, 0, 2), max: Date.UTC(2029, 11, 30) }), (at) => {
        const second = Math.floor(at / 1000) * 1000
        const local = DateTime.fromMillis(second, { zone })
        const wall = second + local.offset * 60_000
        const again = toInstant(wall)
        // The same words on the clock, whichever of two hours they mean.
        expect(again + DateTime.fromMillis(again, { zone }).offset * 60_000).toBe(wall)
      }),
      { numRuns: 200 },
    )
  }
})

it('knows the words of the usual exports, and refuses to guess', () => {
  const read = (text: string): string => {
    const status = statusOf(text)
    return status.ok ? status.value : status.why
  }
  expect(
    [
      '',
      '交易成功',
      '买家已付款，等待卖家发货',
      '已退款',
      '部分退款',
      '等待买家付款',
      '已取消',
      '交易关闭',
      'Refunded',
    ].map(read),
  ).toEqual([
    'bought',
    'bought',
    'bought',
    'refunded',
    'partly-refunded',
    'unpaid',
    'cancelled',
    'closed',
    'refunded',
  ])
  expect(read('奇怪')).toContain('not known')
})

it('hashes the same phone to the same name however it is written', () => {
  const hash = phoneHasher(Buffer.alloc(32, 1))
  const same = [
    '13800138000',
    '+86 138-0013-8000',
    '0086 13800138000',
    '8613800138000',
    '１３８００１３８０００',
  ]
  expect(new Set(same.map(hash)).size).toBe(1)
  expect(hash('13800138000')).toMatch(/^[\w-]{43}$/)
  expect(phoneHasher(Buffer.alloc(32, 2))('13800138000')).not.toBe(hash('13800138000'))
  expect(plainPhone('+1 (212) 555-0100')).toBe('12125550100')
  expect(['', 'abc', '12', '138****8000'].map(hash)).toEqual([null, null, null, null])
})

it('reads attributes by their kind', () => {
  const read = (name: string, text: string): unknown => {
    const spec = usualAttributes.find((one) => one.name === name)
    if (!spec) throw new Error(name)
    const value = readAttribute(spec, text)
    return value.ok ? (value.value.kind === 'fact' ? value.value.value : value.value.text) : `!${value.why}`
  }
  expect(read('gender', 'F')).toBe('女')
  expect(read('gender', 'x')).toContain('not a choice')
  expect(read('birthday', '1990/5/2')).toBe('1990-05-02')
  expect(read('birthday', '2月29日')).toBe('--02-29')
  expect(read('birthday', '1990-02-30')).toContain('not a day')
  expect(read('tags', 'b, a；b')).toEqual(['a', 'b'])
  expect(read('name', '王\u0000')).toContain('control character')
  expect(
    ['八月十五', '农历1990年闰四月初一', '1990-08-15', '腊月廿三', '08-31', '十三月初一'].map(readLunarDay),
  ).toEqual(['--08-15', '1990-L04-01', '1990-08-15', '--12-23', null, null])
})

it('counts texts by their hash as a set does, and brings lines together however few of them fit', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 400 }), (texts) => {
      const counter = createTextCounter()
      const seen = new Map<string, number>()
      for (const text of texts) {
        seen.set(text, (seen.get(text) ?? 0) + 1)
        expect(counter.add(text)).toBe(seen.get(text))
      }
      expect(counter.size()).toBe(seen.size)
    }),
    { numRuns: 50 },
  )
  const counter = createTextCounter()
  for (let i = 0; i < 50_000; i += 1) counter.add(`m${String(i)}`)
  expect(counter.size()).toBe(50_000)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(30), fc.string({ maxLength: 8, unit: 'grapheme' })), { maxLength: 200 }),
      fc.integer({ min: 1, max: 3_000 }),
      (lines, limit) => {
        const spool = openSpool<{ key: number; text: string; n: number }>(limit * 4, limit)
        const wanted = new Map<number, unknown[]>()
        for (const [n, [key, text]] of lines.entries()) {
          spool.add(`k${String(key)}`, { key, text, n })
          wanted.set(key, [...(wanted.get(key) ?? []), { key, text, n }])
        }
        const found = new Map([...spool.groups()].map((group) => [group[0]?.key, group]))
        spool.close()
        expect(found).toEqual(wanted)
      },
    ),
    { numRuns: 50 },
  )
})

it('says what looks odd about a whole file', () => {
  const words = (unit: 'yuan' | 'fen', rows: readonly (readonly [string, number, number])[]): string => {
    const suspicion = createSuspicion(unit)
    for (const row of rows) suspicion.note(...row)
    suspicion.refused(0, rows.length)
    return suspicion.words().join(' ')
  }
  const rows = (fen: (i: number) => number): [string, number, number][] =>
    Array.from({ length: 40 }, (_, i) => [`m${String(i)}`, i, fen(i)])
  expect(
    words(
      'yuan',
      rows((i) => 9_900 + i),
    ),
  ).toBe('')
  expect(
    words(
      'yuan',
      rows((i) => (12_900 + i) * 100),
    ),
  ).toContain('--unit fen')
  expect(
    words(
      'fen',
      rows((i) => 100 + i),
    ),
  ).toContain('leave --unit fen out')
  expect(
    words(
      'yuan',
      rows(() => 0),
    ),
  ).toContain('All amounts are 0')
  expect(
    words(
      'yuan',
      rows((i) => i + 5).map(([, at, fen]) => ['m', at, fen]),
    ),
  ).toContain('one customer')
  expect(
    words(
      'yuan',
      rows((i) => i + 5).map(([who, , fen]) => [who, 7, fen]),
    ),
  ).toContain('same date')
})
