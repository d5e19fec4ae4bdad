import { describe, expect, it } from 'vitest'
import { instantOf, isoOf, weekdayOf } from '../base/calendar.ts'
import { defaultManners, isQuiet, mannersShape, nextAllowedAt } from './manners.ts'
import type { Timed } from './manners.ts'

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
