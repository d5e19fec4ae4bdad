import { expect, it } from 'vitest'
import { factorOn } from './points-factor.ts'
import { rewardSettingsShape } from './settings.ts'

const settings = rewardSettingsShape.parse({
  points: { birthdayFactor: 2, membersDay: { dayOfMonth: 18, factor: 3 } },
})
const nobody = { solar: null, lunar: null }

it.each([
  ['nothing on a common day', nobody, '2026-05-20', 1],
  ['members’ day', nobody, '2026-05-18', 3],
  [
    'the month of her birthday, the larger factor on members’ day',
    { ...nobody, solar: '1990-05-02' },
    '2026-05-18',
    3,
  ],
  ['the month of her birthday', { ...nobody, solar: '1990-05-02' }, '2026-05-31', 2],
  ['another month', { ...nobody, solar: '1990-05-02' }, '2026-06-01', 1],
  // 农历正月初一 of 2026 is 17 February; 腊月三十 of the lunar year 2025 is 16 February 2026.
  ['a lunar birthday, in the month it falls into', { ...nobody, lunar: '1990-01-01' }, '2026-02-20', 2],
  ['a lunar birthday, not in the month of its number', { ...nobody, lunar: '1990-01-01' }, '2026-01-05', 1],
  [
    'a lunar birthday at the end of its year, on the last day there is',
    { ...nobody, lunar: '1990-12-30' },
    '2026-02-01',
    2,
  ],
] as const)('points count: %s', (_name, born, day, factor) => {
  expect(factorOn(settings, born, day)).toBe(factor)
})

it('says where the settings are mistaken', () => {
  const template = { name: 'a', title: '券', validDays: 1, terms: { kind: 'amount', offYuan: 0 } }
  const wrong = rewardSettingsShape.safeParse({
    coupons: { templates: [template, { ...template, terms: { kind: 'free-shipping' } }] },
  })
  expect(wrong.error?.issues.map(({ path }) => path.join('.'))).toContain('coupons.templates.0.terms.offYuan')
})
