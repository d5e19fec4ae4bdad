/**
 * A score is read off a line of points `[value, score]`, in whole numbers, by the same arithmetic in memory and in SQL:
 * before the first point its score, after the last one its score, in between proportionally, cut towards zero.
 */
export type Points = readonly (readonly [number, number])[]

export function scoreAt(points: Points, value: number): number {
  let before = points[0]
  if (!before || value <= before[0]) return before?.[1] ?? 0
  for (const point of points) {
    if (value <= point[0] && point !== before) {
      const [x0, s0] = before
      return s0 + Math.trunc(((value - x0) * (point[1] - s0)) / (point[0] - x0))
    }
    before = point
  }
  return before[1]
}

/** `expression` is a whole number, never null. Holds numbers of the configuration only. */
export function scoreSql(points: Points, expression: string): string {
  const [first, ...rest] = points
  if (!first) return '0'
  let [x0, s0] = first
  const steps = [`when ${expression} <= ${String(x0)} then ${String(s0)}`]
  for (const [x, s] of rest) {
    steps.push(
      `when ${expression} <= ${String(x)} then ${String(s0)} + (${expression} - ${String(x0)}) * ${String(s - s0)} / ${String(x - x0)}`,
    )
    ;[x0, s0] = [x, s]
  }
  return `(case ${steps.join(' ')} else ${String(s0)} end)`
}
