import { describe, expect, it } from 'vitest'
import { instantOf, isoOf, weekdayOf } from '../base/calendar.ts'
import { defaultManners, mannersShape } from './manners.ts'
import { isBlackout, isQuiet, nextAllowedAt } from './moment.ts'
import type { Timed } from './moment.ts'

const offer: Timed = { channel: 'broadcast', purpose: 'marketing', touchpoint: 'weekly-offer' }
const tip: Timed = { channel: 'group-broadcast', purpose: 'marketing', touchpoint: 'daily-tip' }
const task: Timed = { channel: 'advisor-task', purpose: 'marketing', touchpoint: 'care' }
const notice: Timed = { channel: 'broadcast', purpose: 'service', touchpoint: 'parcel-sent' }
const welcome: Timed = { channel: 'welcome', purpose: 'service', touchpoint: 'welcome' }

/** 2026-05-18 is a Monday. */
const at = (day: number, time: string) => instantOf(`2026-05-${String(day)}`, time)
const check = (what: Timed, day: number, time: string, expected: string, code: string | null) => {
  const { at: moment, moved } = nextAllowedAt(defaultManners, what, at(day, time))
  expect(isoOf(moment).slice(8, 16), `${what.touchpoint} ${String(day)} ${time}`).toBe(expected)
  expect(moved?.code ?? null, `${what.touchpoint} ${String(day)} ${time}`).toBe(code)
}

describe('manners', () => {
  it('send broadcasts inside the windows only, the first minute included and the last not', () => {
    expect(weekdayOf('2026-05-18')).toBe(1)
    check(offer, 19, '09:29', '19T09:30', 'window')
    check(offer, 19, '09:30', '19T09:30', null)
    check(offer, 19, '10:59', '19T10:59', null)
    check(offer, 19, '11:00', '19T14:30', 'window')
    check(offer, 19, '16:30', '19T19:30', 'window')
    check(offer, 19, '20:59', '19T20:59', null)
    check(offer, 19, '21:00', '20T09:30', 'window')
    check(notice, 19, '12:00', '19T14:30', 'window')
  })

  it('keep the quiet hours over midnight for everything but the welcome', () => {
    check(task, 19, '21:29', '19T21:29', null)
    check(task, 19, '21:30', '20T08:30', 'quiet-hours')
    check(task, 20, '03:00', '20T08:30', 'quiet-hours')
    check(task, 20, '08:29', '20T08:30', 'quiet-hours')
    check(task, 20, '08:30', '20T08:30', null)
    check(offer, 19, '23:00', '20T09:30', 'quiet-hours')
    check(welcome, 19, '23:00', '19T23:00', null)
    expect(isQuiet(defaultManners, at(20, '00:00'))).toBe(true)
    expect(isQuiet(defaultManners, at(20, '08:30'))).toBe(false)
  })

  it('move an offer of Monday morning to 14:30 of the same day, and one of Friday afternoon to the evening', () => {
    check(offer, 18, '10:00', '18T14:30', 'weekday')
    check(offer, 18, '08:00', '18T14:30', 'weekday')
    check(task, 18, '10:00', '18T14:30', 'weekday')
    check(offer, 22, '14:30', '22T19:30', 'weekday')
    check(offer, 22, '10:30', '22T10:30', null)
    check(offer, 18, '14:30', '18T14:30', null)
  })

  it('exempt daily tips and service from the hours that offers avoid', () => {
    check(tip, 18, '10:00', '18T10:00', null)
    check(notice, 18, '10:00', '18T10:00', null)
  })

  it('pass over blackout days for marketing only', () => {
    const manners = mannersShape.parse({ blackout: ['2026-05-19'] })
    expect(isoOf(nextAllowedAt(manners, offer, at(19, '10:00')).at).slice(8, 16)).toBe('20T09:30')
    expect(nextAllowedAt(manners, notice, at(19, '10:00')).moved).toBeNull()
  })

  it('blackout: days, ranges with both ends, and only some channels or touchpoints', () => {
    const manners = mannersShape.parse({
      blackout: [
        '2026-05-19~2026-05-21',
        { days: '2026-05-25~2026-05-26', channels: ['sms'] },
        { days: '2026-05-28', touchpoints: ['care'] },
      ],
    })
    const to = (what: Timed, day: number) =>
      isoOf(nextAllowedAt(manners, what, at(day, '15:00')).at).slice(8, 16)
    expect(to(offer, 19)).toBe('22T09:30')
    expect(to(offer, 25)).toBe('25T15:00')
    expect(to({ ...offer, channel: 'sms' }, 25)).toBe('27T09:30')
    expect(to(task, 28)).toBe('29T08:30')
    expect(to(offer, 28)).toBe('28T15:00')
    expect(isBlackout(manners, { ...offer, purpose: 'service' }, '2026-05-20')).toBe(false)
    for (const bad of ['2026-05-21~2026-05-19', '2026-02-30', { channels: ['sms'] }, { days: 'x' }])
      expect(mannersShape.safeParse({ blackout: [bad] }).success, JSON.stringify(bad)).toBe(false)
  })

  it('each channel may have windows of its own; tasks, 客服 and cards to the staff have none otherwise', () => {
    const manners = mannersShape.parse({
      channels: { sms: { windows: ['10:00-10:30'] }, 'advisor-task': { windows: ['13:00-14:00'] } },
    })
    const to = (channel: Timed['channel'], time: string, purpose: Timed['purpose'] = 'marketing') =>
      isoOf(nextAllowedAt(manners, { channel, purpose, touchpoint: 'x' }, at(19, time)).at).slice(8, 16)
    expect(to('sms', '09:00')).toBe('19T10:00')
    expect(to('sms', '10:30')).toBe('20T10:00')
    expect(to('email', '12:00')).toBe('19T14:30')
    expect(to('moments', '12:00')).toBe('19T14:30')
    expect(to('advisor-task', '12:00')).toBe('19T13:00')
    expect(to('phone-task', '12:00')).toBe('19T12:00')
    expect(to('app-message', '12:00')).toBe('19T12:00')
    expect(to('kf', '23:00')).toBe('20T08:30')
    expect(to('kf', '23:00', 'service')).toBe('19T23:00')
    // Texts avoid the bad hours whatever they are for.
    const monday = at(18, '10:00')
    const text: Timed = { channel: 'sms', purpose: 'service', touchpoint: 'parcel' }
    expect(nextAllowedAt(defaultManners, text, monday).moved?.code).toBe('weekday')
  })

  it('quiet hours from 22:00 to 06:00 are eight hours, and what is held goes to the next window', () => {
    const manners = mannersShape.parse({ quietHours: '22:00-06:00', windows: ['05:00-07:00', '20:00-23:00'] })
    const to = (time: string) => isoOf(nextAllowedAt(manners, offer, at(19, time)).at).slice(8, 16)
    expect([to('21:59'), to('22:00'), to('05:59'), to('06:00')]).toEqual([
      '19T21:59',
      '20T06:00',
      '19T06:00',
      '19T06:00',
    ])
    expect(to('07:00')).toBe('19T20:00')
  })

  it('never end in a loop: manners that forbid everything allow no moment at all', () => {
    const manners = mannersShape.parse({
      avoid: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, span: '00:00-24:00' })),
    })
    expect(nextAllowedAt(manners, offer, at(19, '10:00')).at).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('refuse spans that are no spans', () => {
    for (const bad of ['9:30-11:00', '09:30', '09:30-25:00', '09:30-09:30', '09:30-11:00-12:00'])
      expect(mannersShape.safeParse({ windows: [bad] }).success, bad).toBe(false)
    expect(mannersShape.safeParse({ wndows: [] }).success).toBe(false)
  })
})
