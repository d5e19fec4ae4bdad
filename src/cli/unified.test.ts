import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from './unified.ts'

const names = { before: 'a', after: 'b' }

describe('a unified diff', () => {
  it('shows what went and came with three lines around, as diff -u does', () => {
    const before = Array.from({ length: 20 }, (_, n) => `line ${String(n + 1)}`)
    const after = before.flatMap((line) =>
      line === 'line 5'
        ? ['line five']
        : line === 'line 16'
          ? []
          : line === 'line 20'
            ? [line, 'more']
            : [line],
    )
    expect(unifiedDiff(before.join('\n'), after.join('\n'), names)).toBe(
      [
        '--- a',
        '+++ b',
        '@@ -2,7 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '-line 5',
        '+line five',
        ' line 6',
        ' line 7',
        ' line 8',
        '@@ -13,8 +13,8 @@',
        ' line 13',
        ' line 14',
        ' line 15',
        '-line 16',
        ' line 17',
        ' line 18',
        ' line 19',
        ' line 20',
        '+more',
      ].join('\n'),
    )
    expect(unifiedDiff('same', 'same', names)).toBe('')
  })

  it('loses no line: what is not added is the old text, what is not taken the new', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [a, b] = [before.join('\n'), after.join('\n')]
        const lines = unifiedDiff(a, b, names).split('\n').slice(3)
        // Seven lines are one hunk or the same; only then all of them are shown.
        if (a === b || lines.some((line) => line.startsWith('@@'))) return
        const side = (not: string): string[] =>
          lines.filter((line) => !line.startsWith(not)).map((line) => line.slice(1))
        const within = (all: readonly string[], part: readonly string[]): boolean =>
          all.join('\n').includes(part.join('\n'))
        expect(within(before, side('+'))).toBe(true)
        expect(within(after, side('-'))).toBe(true)
      }),
    )
  })
})
