import { describe, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { hours, minutes } from '../base/clock.ts'
import { busiestWeek, overBudget } from './budget.ts'
import type { Use, Wanted } from './budget.ts'
import { defaultManners, mannersShape } from './manners.ts'

const at = (day: number, time = '10:00') => instantOf(`2026-05-${String(day).padStart(2, '0')}`, time)
const use = (when: number, more: Partial<Use> = {}): Use => ({
  at: when,
  purpose: 'marketing',
  channel: 'broadcast',
  stage: 'said',
  ...more,
})
const wanted = (dueAt: number, more: Partial<Wanted> = {}): Wanted => ({
  purpose: 'marketing',
  channel: 'broadcast',
  subjectKind: 'customer',
  dueAt,
  ...more,
})
const code = (want: Wanted, uses: readonly Use[], manners = defaultManners) =>
  overBudget(manners, want, uses)?.code ?? null

describe('the budget of a customer', () => {
  it('has one marketing touch a calendar day', () => {
    expect(code(wanted(at(20, '20:00')), [use(at(20, '00:01'))])).toBe('cap-day')
    expect(code(wanted(at(20, '20:00')), [])).toBeNull()
  })

  it('says that a cap of 0 is the rule, not that something is full', () => {
    const words = (rules: object, want: Partial<Wanted> = {}) =>
      overBudget(mannersShape.parse(rules), wanted(at(20), want), [])?.words
    expect(words({ groupPerDay: 0 }, { subjectKind: 'group', channel: 'group-broadcast' })).toBe(
      '社群每天群发上限为 0，不发社群消息',
    )
    expect(words({ marketingPerDay: 0 })).toBe('营销触达每天上限为 0，不发营销')
    expect(words({ marketingPerWeek: 0 })).toBe('营销触达 7 天内上限为 0，不发营销')
    expect(words({ marketingPerMonth: 0 })).toBe('营销触达 30 天内上限为 0，不发营销')
    expect(words({ channels: { sms: { perDay: 0 } } }, { channel: 'sms' })).toBe(
      '短信每天上限为 0，这个渠道不发营销',
    )
  })

  it('keeps 48 hours between two, to the minute, also to one that is reserved ahead', () => {
    expect(code(wanted(at(20) + hours(48) - minutes(1)), [use(at(20))])).toBe('gap')
    expect(code(wanted(at(20) + hours(48)), [use(at(20))])).toBeNull()
    expect(code(wanted(at(20)), [use(at(21, '20:00'), { stage: 'planned' })])).toBe('gap')
  })

  it('has two in any 7 days, rolling, wherever the new one falls', () => {
    expect(code(wanted(at(17, '09:59')), [use(at(10)), use(at(13))])).toBe('cap-week')
    expect(code(wanted(at(17, '10:00')), [use(at(10)), use(at(13))])).toBeNull()
    expect(code(wanted(at(14)), [use(at(10)), use(at(16, '11:00'))])).toBe('cap-week')
    expect(busiestWeek([at(1), at(4), at(9)], at(6))).toBe(3)
  })

  it('has ten in any 30 days, and says when there is room again', () => {
    const often = mannersShape.parse({ marketingPerWeek: 50, gapHours: 0, marketingPerMonth: 3 })
    const three = [use(at(1)), use(at(5)), use(at(9))]
    expect(code(wanted(at(30, '09:59')), three, often)).toBe('cap-month')
    const june = instantOf('2026-05-31', '10:00')
    expect(code(wanted(june), three, often)).toBeNull()
    expect(overBudget(often, wanted(at(20)), three)?.until).toBe(june)
    expect(overBudget(defaultManners, wanted(at(20, '20:00')), [use(at(20))])?.until).toBe(at(21, '00:00'))
    expect(overBudget(defaultManners, wanted(at(21)), [use(at(20))])?.until).toBe(at(20) + hours(48))
  })

  it('counts each channel by itself too: texts are three in any 30 days', () => {
    const loose = mannersShape.parse({
      marketingPerWeek: 50,
      gapHours: 0,
      channels: { email: { perDay: 0 }, 'advisor-task': { perWeek: 1 } },
    })
    const texts = [1, 8, 15].map((day) => use(at(day), { channel: 'sms' }))
    expect(code(wanted(at(22), { channel: 'sms' }), texts, loose)).toBe('channel-cap')
    expect(code(wanted(at(22)), texts, loose)).toBeNull()
    expect(code(wanted(at(22), { channel: 'sms' }), texts.slice(1), loose)).toBeNull()
    expect(code(wanted(at(22), { channel: 'email' }), [], loose)).toBe('channel-cap')
    const task = use(at(20), { channel: 'advisor-task' })
    expect(code(wanted(at(22), { channel: 'advisor-task' }), [task], loose)).toBe('channel-cap')
    expect(code(wanted(at(22), { channel: 'advisor-task', purpose: 'service' }), [task], loose)).toBeNull()
  })

  it('lets service through, and counts no service against marketing', () => {
    const service = { purpose: 'service' } as const
    expect(code(wanted(at(20, '20:00'), service), [use(at(20)), use(at(19))])).toBeNull()
    expect(code(wanted(at(20, '20:00')), [use(at(20), service)])).toBeNull()
  })

  it('gives an advisor one thing at a time per channel, and marketing never holds service up', () => {
    const handed = use(at(20), { stage: 'handed' })
    expect(code(wanted(at(20, '20:00')), [handed])).toBe('waiting-already')
    expect(code(wanted(at(20, '20:00'), { channel: 'advisor-task' }), [handed])).toBe('cap-day')
    expect(code(wanted(at(20, '20:00'), { purpose: 'service' }), [handed])).toBeNull()
    const service = { ...handed, purpose: 'service' as const }
    expect(code(wanted(at(20, '20:00'), { purpose: 'service' }), [service])).toBe('waiting-already')
    expect(code(wanted(at(20, '20:00'), { channel: 'welcome', purpose: 'service' }), [service])).toBeNull()
  })

  it('keeps to the quota that WeCom counts, in each of its three modes', () => {
    const loose = { marketingPerDay: 10, marketingPerWeek: 50, marketingPerMonth: 200, gapHours: 0 }
    const mode = (quotaMode: string) => mannersShape.parse({ ...loose, quotaMode })
    const month = Array.from({ length: 31 }, (_, i) => use(at(i + 1, '09:00')))
    expect(code(wanted(at(20)), month.slice(0, 30), mode('month-days'))).toBeNull()
    expect(code(wanted(at(20)), month, mode('month-days'))).toBe('wecom-quota')
    expect(code(wanted(instantOf('2026-06-01', '10:00')), month, mode('month-days'))).toBeNull()
    // 2026-05-18 is a Monday.
    const week = Array.from({ length: 7 }, (_, i) => use(at(18 + (i % 6), `0${String(i)}:00`)))
    expect(code(wanted(at(24)), week, mode('7-per-week'))).toBe('wecom-quota')
    expect(code(wanted(at(25)), week, mode('7-per-week'))).toBeNull()
    expect(code(wanted(at(20, '23:00')), [use(at(20, '00:01'))], mode('1-per-day'))).toBe('wecom-quota')
    expect(
      code(
        wanted(at(20), { channel: 'advisor-task' }),
        [use(at(20, '00:01'), { channel: 'broadcast' })],
        mode('1-per-day'),
      ),
    ).toBeNull()
  })
})

describe('the budget of a group', () => {
  it('is one broadcast a calendar day, whatever its purpose', () => {
    const group = { subjectKind: 'group', channel: 'group-broadcast' } as const
    expect(code(wanted(at(20, '20:00'), group), [use(at(20), { channel: 'group-broadcast' })])).toBe(
      'group-broadcast-today',
    )
    expect(
      code(wanted(at(20, '20:00'), { ...group, purpose: 'service' }), [
        use(at(20), { channel: 'group-broadcast', stage: 'handed' }),
      ]),
    ).toBe('group-broadcast-today')
    expect(
      code(wanted(at(21, '00:00'), group), [use(at(20, '23:59'), { channel: 'group-broadcast' })]),
    ).toBeNull()
  })
})
