import { describe, expect, it } from 'vitest'
import type { Advisor } from '../customer/index.ts'
import { chooseSender } from './sender.ts'

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
const choose = (
  advisors: readonly Advisor[],
  talks: Record<string, number> = {},
  load: Record<string, number> = {},
): string => {
  const sender = chooseSender(advisors, new Map(Object.entries(talks)), new Map(Object.entries(load)))
  return sender ? `${sender.staff} ${sender.why}` : 'nobody'
}

describe('the advisor who is hers by name', () => {
  const named = (advisors: readonly Advisor[], staff: string): string => {
    const sender = chooseSender(advisors, new Map([['lin', 9]]), new Map([['wang', 40]]), staff)
    return sender ? `${sender.staff} ${sender.why}` : 'nobody'
  }
  it.each([
    ['speaks, whoever talked last and whatever her load', both, 'wang', 'wang named'],
    ['speaks, also as the only one', [advisor('lin', 1)], 'lin', 'lin named'],
    ['does not while she may not write', [advisor('lin', 1), advisor('wang', 2, false)], 'wang', 'lin only'],
    ['does not when she is no contact any more', both, 'zhou', 'lin talked-last'],
  ])('%s', (_name, advisors, staff, chosen) => {
    expect(named(advisors, staff)).toBe(chosen)
  })
})

describe('who of several advisors speaks', () => {
  it.each([
    ['nobody has added her', [], {}, {}, 'nobody'],
    ['one has', [advisor('lin', 1)], {}, { lin: 40 }, 'lin only'],
    ['the last to talk, whatever her load', both, { lin: 5, wang: 9 }, { wang: 40 }, 'wang talked-last'],
    ['who talked at all', both, { wang: 5 }, { wang: 40 }, 'wang talked-last'],
    ['the least load', both, {}, { lin: 3, wang: 2 }, 'wang least-load'],
    ['the oldest relation', both, {}, { lin: 2, wang: 2 }, 'lin oldest'],
    ['talks at one instant leave it to the load', both, { lin: 5, wang: 5 }, { lin: 1 }, 'wang least-load'],
    [
      'added in one instant: by name, always the same',
      [advisor('wang', 1), advisor('lin', 1)],
      {},
      {},
      'lin oldest',
    ],
    [
      'whoever may not write comes last',
      [advisor('lin', 1, false), advisor('wang', 2)],
      { lin: 9 },
      {},
      'wang only',
    ],
    ['nobody may write', [advisor('lin', 1, false)], {}, {}, 'lin only'],
  ])('%s', (_name, advisors, talks, load, chosen) => {
    expect(choose(advisors, talks, load)).toBe(chosen)
    expect(choose(advisors.toReversed(), talks, load)).toBe(chosen)
  })
})
