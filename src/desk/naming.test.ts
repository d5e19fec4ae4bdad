import { describe, expect, it } from 'vitest'
import type { Advisor } from '../customer/index.ts'
import { stepFor } from './naming.ts'
import type { Standing } from './naming.ts'

const advisor = (staff: string, addedAt: number, maySpeak = true): Advisor => ({
  customer: 'c1',
  external: 'wm1',
  staff,
  staffName: staff,
  maySpeak,
  addedAt,
  remark: null,
  name: '王女士',
})
const both = [advisor('lin', 1), advisor('wang', 2)]
const byClv = { staff: 'lin', by: 'clv' } as const
const byPerson = { staff: 'lin', by: 'person' } as const
const refused = { staff: null, by: 'person' } as const

const step = (more: Partial<Standing>): string => {
  const standing = { named: null, rank: 1, places: 5, advisors: both, hasLeft: false, ...more }
  const { ends, name, nobody } = stepFor({ talks: new Map(), load: new Map(), ...standing })
  return [ends && `ends: ${ends}`, name && `names ${name}`, nobody && `nobody: ${nobody}`]
    .filter(Boolean)
    .join(', ')
}

describe('whose named advisor she becomes, and no longer is', () => {
  it.each([
    ['in the share, the oldest of equals', {}, 'names lin'],
    ['the last place', { rank: 5 }, 'names lin'],
    ['below the share', { rank: 6 }, ''],
    ['below twice the share', { rank: null }, ''],
    ['who talked last', { talks: new Map([['wang', 9]]) }, 'names wang'],
    ['who has the fewest by name', { load: new Map([['lin', 3]]) }, 'names wang'],
    [
      'who talked, whatever her number',
      { talks: new Map([['lin', 9]]), load: new Map([['lin', 30]]) },
      'names lin',
    ],
    ['nobody has added her', { advisors: [] }, 'nobody: no-contact'],
    ['none of hers may write', { advisors: [advisor('lin', 1, false)] }, 'nobody: may-not-speak'],
    ['the one who may write', { advisors: [advisor('lin', 1, false), advisor('wang', 2)] }, 'names wang'],
  ] satisfies [string, Partial<Standing>, string][])('%s', (_name, more, expected) => {
    expect(step(more)).toBe(expected)
  })

  it.each([
    ['stays in the share', { named: byClv }, ''],
    ['stays though another talked last', { named: byClv, talks: new Map([['wang', 9]]) }, ''],
    ['stays within twice the share', { named: byClv, rank: 10 }, ''],
    ['leaves below it', { named: byClv, rank: null }, 'ends: fallen'],
    [
      'goes to another when she was removed',
      { named: byClv, advisors: [advisor('wang', 2)] },
      'ends: contact-ended, names wang',
    ],
    [
      'also within twice the share',
      { named: byClv, rank: 9, advisors: [advisor('wang', 2)] },
      'ends: contact-ended, names wang',
    ],
    [
      'goes to another when she left',
      { named: byClv, hasLeft: true, advisors: [advisor('wang', 2)] },
      'ends: staff-left, names wang',
    ],
    [
      'to another when she may not write',
      { named: byClv, advisors: [advisor('lin', 1, false), advisor('wang', 2)] },
      'ends: may-not-speak, names wang',
    ],
    ['ends with nobody left', { named: byClv, advisors: [] }, 'ends: contact-ended, nobody: no-contact'],
    ['ends quietly outside the share', { named: byClv, rank: 9, advisors: [] }, 'ends: contact-ended'],
  ] satisfies [string, Partial<Standing>, string][])('named by value: %s', (_name, more, expected) => {
    expect(step(more)).toBe(expected)
  })

  it.each([
    ['stays wherever she ranks', { named: byPerson, rank: null }, ''],
    [
      'stays though she may not write',
      { named: byPerson, advisors: [advisor('lin', 1, false), advisor('wang', 2)] },
      '',
    ],
    [
      'ends with the relation',
      { named: byPerson, rank: null, advisors: [advisor('wang', 2)] },
      'ends: contact-ended',
    ],
    [
      'and is named anew for her value',
      { named: byPerson, advisors: [advisor('wang', 2)] },
      'ends: contact-ended, names wang',
    ],
    ['whom a person wants nobody for gets nobody', { named: refused }, ''],
  ] satisfies [string, Partial<Standing>, string][])('named by a person: %s', (_name, more, expected) => {
    expect(step(more)).toBe(expected)
  })
})
