import { describe, expect, it } from 'vitest'
import { agoWords, dayWords, initialOf, leftWords, localTime, momentWords, yuan } from './words.ts'

describe('times and money in words', () => {
  it('shows the digits of the shop, and Beijing time for UTC', () => {
    expect(localTime('2026-05-20T14:30:00+08:00')).toEqual({ day: '2026-05-20', time: '14:30' })
    expect(localTime('2026-05-20T18:30:00.000Z')).toEqual({ day: '2026-05-21', time: '02:30' })
  })

  it('says days near today by name and others by date', () => {
    expect(dayWords('2026-05-20', '2026-05-20')).toBe('今天')
    expect(dayWords('2026-05-21', '2026-05-20')).toBe('明天')
    expect(dayWords('2026-02-28', '2026-03-01')).toBe('昨天')
    expect(dayWords('2026-06-01', '2026-05-20')).toBe('6月1日')
    expect(dayWords('2025-12-31', '2026-01-02')).toBe('2025年12月31日')
    expect(momentWords('2026-05-21T09:30:00+08:00', '2026-05-20T10:00:00+08:00')).toBe('明天 09:30')
  })

  it('says how long ago a purchase was', () => {
    expect(agoWords('2026-05-20', '2026-05-20')).toBe('今天')
    expect(agoWords('2026-05-01', '2026-05-20')).toBe('19 天前')
    expect(agoWords('2025-11-20', '2026-05-20')).toBe('6 个月前')
    expect(agoWords('2023-05-20', '2026-05-20')).toBe('3 年前')
  })

  it('counts down, and says nothing once it is over', () => {
    const now = Date.parse('2026-05-20T12:00:00+08:00')
    expect(leftWords('2026-05-20T12:00:30+08:00', now)).toBe('还剩 1 分钟')
    expect(leftWords('2026-05-20T17:10:00+08:00', now)).toBe('还剩 5 小时')
    expect(leftWords('2026-05-23T12:00:00+08:00', now)).toBe('还剩 3 天')
    expect(leftWords('2026-05-20T11:00:00+08:00', now)).toBe('')
  })

  it('writes fen as yuan', () => {
    expect(yuan(0)).toBe('¥0')
    expect(yuan(123_456_700)).toBe('¥1,234,567')
    expect(yuan(9905)).toBe('¥99.05')
    expect(yuan(-9900)).toBe('-¥99')
  })

  it('takes whole characters of a name', () => {
    expect(initialOf('王女士')).toBe('王')
    expect(initialOf(' 🌸花花')).toBe('🌸')
    expect(initialOf('  ')).toBe('客')
  })
})
