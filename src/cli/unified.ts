/** Two texts as `diff -u` tells them: what went, what came, and three lines around. */

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

const around = 3

/** Empty when they are the same. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly before: string; readonly after: string },
): string {
  const lines = linesOf(before.split('\n'), after.split('\n'))
  const changed = lines.flatMap(({ sign }, i) => (sign === ' ' ? [] : [i]))
  if (changed.length === 0) return ''
  const hunks: [number, number][] = []
  for (const i of changed) {
    const last = hunks.at(-1)
    const to = Math.min(lines.length, i + around + 1)
    if (last && i - around <= last[1]) last[1] = to
    else hunks.push([Math.max(0, i - around), to])
  }
  return [
    `--- ${names.before}`,
    `+++ ${names.after}`,
    ...hunks.flatMap(([from, to]) => [
      headOf(lines, from, to),
      ...lines.slice(from, to).map(({ sign, text }) => `${sign}${text}`),
    ]),
  ].join('\n')
}

function headOf(lines: readonly Line[], from: number, to: number): string {
  const count = (part: readonly Line[], not: Line['sign']): number =>
    part.filter(({ sign }) => sign !== not).length
  const [head, hunk] = [lines.slice(0, from), lines.slice(from, to)]
  const range = (not: Line['sign']): string => `${String(count(head, not) + 1)},${String(count(hunk, not))}`
  return `@@ -${range('+')} +${range('-')} @@`
}

/** By the longest common lines, after what is equal at both ends is set aside. */
function linesOf(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1
  const same = (texts: readonly string[]): Line[] => texts.map((text) => ({ sign: ' ', text }))
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const wide = b.length + 1
  /** How many lines are common from (i, j) on. A cadence has some thousand lines at most. */
  const common = new Uint16Array((a.length + 1) * wide)
  const at = (i: number, j: number): number => common[i * wide + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [gone, come] = [a[i], b[j]]
    if (gone !== undefined && gone === come) {
      lines.push({ sign: ' ', text: gone })
      i += 1
      j += 1
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: gone })
      i += 1
    } else {
      lines.push({ sign: '+', text: come ?? '' })
      j += 1
    }
  }
  return lines
}
