import { describe, expect, it } from 'vitest'
import { dayNumber } from '../base/calendar.ts'
import { levelOn } from './level.ts'
import { levelRulesShape, meaningOf } from './level-rules.ts'
import type { LevelRules } from './level-rules.ts'

const rules = levelRulesShape.parse({})
const no = dayNumber
const bought = (...lines: readonly (readonly [string, number])[]) =>
  lines.map(([day, yuan]) => ({ dayNo: no(day), fen: yuan * 100 }))

const check = (
  purchases: readonly (readonly [string, number])[],
  today: string,
  expected: Partial<{
    level: string
    earned: string
    since: string | null
    keep: string | null
    next: string | null
  }>,
  more: { grants?: readonly (readonly [string, string, string])[]; by?: LevelRules } = {},
): void => {
  const grants = (more.grants ?? []).map(([level, from, until]) => ({
    level,
    fromNo: no(from),
    untilNo: no(until),
  }))
  const found = levelOn(more.by ?? rules, bought(...purchases), grants, no(today))
  const { since, keep, next, ...names } = expected
  const day = (text: string | null): number | null => (text === null ? null : no(text))
  expect(found).toMatchObject({
    ...names,
    ...(since === undefined ? {} : { sinceNo: day(since) }),
    ...(keep === undefined ? {} : { keepNo: day(keep) }),
    ...(next === undefined ? {} : { nextNo: day(next) }),
  })
}

describe('a level', () => {
  it('is the lowest for who bought nothing or little, and never falls due', () => {
    check([], '2026-05-01', { level: 'ordinary', since: null, keep: null, next: null })
    check([['2026-01-01', 999]], '2026-05-01', { level: 'ordinary', since: null, keep: null, next: null })
  })

  it('rises on the day of the purchase that is enough, also by two steps, and is held for a year from then', () => {
    const two = [
      ['2026-01-10', 600],
      ['2026-03-01', 400],
    ] as const
    check(two, '2026-02-28', { level: 'ordinary', next: '2026-03-01' })
    check(two, '2026-03-01', { level: 'silver', since: '2026-03-01', keep: '2027-03-01', next: '2027-03-02' })
    check([['2026-03-01', 25_000]], '2026-03-01', { level: 'platinum', since: '2026-03-01' })
  })

  it('counts the window only: what was bought a year and a day ago is gone', () => {
    check(
      [
        ['2025-03-01', 600],
        ['2026-03-01', 600],
      ],
      '2026-03-01',
      { level: 'ordinary' },
    )
    check(
      [
        ['2025-03-02', 600],
        ['2026-03-01', 600],
      ],
      '2026-03-01',
      { level: 'silver' },
    )
  })

  it('holds to its end whatever she does, then falls one step and holds that as long', () => {
    const big = [['2026-01-01', 6_000]] as const
    check(big, '2027-01-01', { level: 'gold', keep: '2027-01-01', next: '2027-01-02' })
    check(big, '2027-01-02', { level: 'silver', since: '2027-01-02', keep: '2028-01-01' })
    check(big, '2028-01-02', { level: 'ordinary', since: '2028-01-02', keep: null, next: null })
    check([['2026-01-01', 25_000]], '2029-06-01', { level: 'ordinary' })
  })

  it('is kept when she spends enough once more while it is held, and else falls one step at a time', () => {
    const again = (yuan: number) =>
      [
        ['2026-01-01', 6_000],
        ['2026-06-01', yuan],
      ] as const
    check(again(5_000), '2027-01-02', { level: 'gold', since: '2026-01-01', keep: '2028-01-01' })
    check(again(4_999), '2027-01-02', { level: 'silver', since: '2027-01-02' })
    const top = [
      ['2026-01-01', 25_000],
      ['2027-06-01', 6_000],
    ] as const
    check(top, '2027-01-02', { level: 'gold', since: '2027-01-02' })
    check(top, '2028-01-02', { level: 'gold', since: '2027-01-02', keep: '2028-12-31' })
  })

  it('is net of refunds: who gave everything back never rose', () => {
    check([['2026-03-01', 0]], '2026-03-02', { level: 'ordinary', since: null })
  })

  it('is reached with less on the days of a promotion, not before and not after', () => {
    const by = levelRulesShape.parse({
      promotions: [{ title: '双十一', from: '2026-11-01', to: '2026-11-11', factor: 0.5 }],
    })
    check([['2026-10-31', 600]], '2026-11-05', { level: 'ordinary' }, { by })
    check([['2026-11-01', 600]], '2026-11-01', { level: 'silver' }, { by })
    check([['2026-11-11', 600]], '2027-11-12', { level: 'ordinary', since: '2027-11-12' }, { by })
    check([['2026-11-12', 600]], '2026-11-12', { level: 'ordinary' }, { by })
  })

  it('given for a while lifts her above what she earned, and ends by itself', () => {
    const grants = [['gold', '2026-06-01', '2026-08-31']] as const
    const silver = [['2026-05-01', 1_200]] as const
    check(
      silver,
      '2026-06-01',
      { level: 'gold', earned: 'silver', since: '2026-06-01', next: '2026-09-01' },
      { grants },
    )
    check(silver, '2026-08-31', { level: 'gold' }, { grants })
    check(silver, '2026-09-01', { level: 'silver', since: '2026-09-01', next: '2027-05-02' }, { grants })
    check([['2026-05-01', 30_000]], '2026-06-02', { level: 'platinum', since: '2026-05-01' }, { grants })
    check(
      silver,
      '2026-06-02',
      { level: 'silver' },
      { grants: [['no-such-level', '2026-06-01', '2026-08-31']] },
    )
  })
})

it('titles and benefits may be reworded without looking at everybody again; thresholds may not', () => {
  const [ordinary, silver] = rules.levels
  if (!ordinary || !silver) throw new Error('no levels')
  const reworded = { ...rules, levels: [ordinary, { ...silver, title: '白银' }, ...rules.levels.slice(2)] }
  const cheaper = { ...rules, levels: [ordinary, { ...silver, fromYuan: 900 }, ...rules.levels.slice(2)] }
  expect(meaningOf(reworded)).toBe(meaningOf(rules))
  expect(meaningOf(cheaper)).not.toBe(meaningOf(rules))
})

it.each([
  [{ levels: [{ name: 'a', title: '甲', fromYuan: 5 }] }, 'levels.0.fromYuan'],
  [
    {
      levels: [
        { name: 'a', title: '甲', fromYuan: 0 },
        { name: 'b', title: '乙', fromYuan: 0 },
      ],
    },
    'levels.1.fromYuan',
  ],
  [
    {
      levels: [
        { name: 'a', title: '甲', fromYuan: 0 },
        { name: 'a', title: '乙', fromYuan: 9 },
      ],
    },
    'levels.1.name',
  ],
  [{ promotions: [{ title: '促', from: '2026-11-11', to: '2026-11-01', factor: 0.5 }] }, 'promotions.0.to'],
  [{ promotions: [{ title: '促', from: '2026-02-30', to: '2026-03-01', factor: 0.5 }] }, 'promotions.0.from'],
])('says where the rules are mistaken: %j', (wrong, where) => {
  const parsed = levelRulesShape.safeParse(wrong)
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([where])
})
