/** Logistic regression by Newton's method with a weak ridge: small, deterministic, always finite. */

export interface LogisticFit {
  /** The intercept first. */
  readonly weights: readonly number[]
  readonly logLikelihood: number
  readonly steps: number
}

export const logistic = (x: number): number =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
export const logit = (p: number): number => Math.log(p) - Math.log1p(-p)

/** A prior of N(0, 10²) on each weight: invisible with data, and what keeps a separable table finite. */
const ridge = 0.01

/** `features`: row after row, `width` numbers each; `labels`: 0 or 1. */
export function fitLogistic(features: Float64Array, labels: Uint8Array, width: number): LogisticFit {
  const size = width + 1
  const weights = new Float64Array(size)
  let before = -Infinity
  let steps = 0
  for (; steps < 60; steps += 1) {
    const { gradient, curvature, logLikelihood } = slopes(features, labels, width, weights)
    if (Math.abs(logLikelihood - before) < 1e-10 * (1 + Math.abs(logLikelihood))) break
    before = logLikelihood
    const move = solve(curvature, gradient, size)
    // A step of more than a few units would overshoot where the curve is flat.
    const longest = Math.max(...move.map(Math.abs))
    const scale = longest > 5 ? 5 / longest : 1
    for (let i = 0; i < size; i += 1) weights[i] = (weights[i] ?? 0) + scale * (move[i] ?? 0)
  }
  return { weights: [...weights], logLikelihood: before, steps }
}

function slopes(
  features: Float64Array,
  labels: Uint8Array,
  width: number,
  weights: Float64Array,
): { gradient: Float64Array; curvature: Float64Array; logLikelihood: number } {
  const size = width + 1
  const gradient = new Float64Array(size)
  const curvature = new Float64Array(size * size)
  const row = new Float64Array(size)
  row[0] = 1
  let logLikelihood = 0
  for (let n = 0; n < labels.length; n += 1) {
    let sum = weights[0] ?? 0
    for (let i = 1; i < size; i += 1) {
      row[i] = features[n * width + i - 1] ?? 0
      sum += (row[i] ?? 0) * (weights[i] ?? 0)
    }
    const p = logistic(sum)
    const y = labels[n] ?? 0
    logLikelihood -= Math.max(0, y === 1 ? -sum : sum) + Math.log1p(Math.exp(-Math.abs(sum)))
    for (let i = 0; i < size; i += 1) {
      gradient[i] = (gradient[i] ?? 0) + (y - p) * (row[i] ?? 0)
      for (let j = 0; j <= i; j += 1)
        curvature[i * size + j] = (curvature[i * size + j] ?? 0) + p * (1 - p) * (row[i] ?? 0) * (row[j] ?? 0)
    }
  }
  for (let i = 0; i < size; i += 1) {
    gradient[i] = (gradient[i] ?? 0) - ridge * (weights[i] ?? 0)
    curvature[i * size + i] = (curvature[i * size + i] ?? 0) + ridge
    for (let j = 0; j < i; j += 1) curvature[j * size + i] = curvature[i * size + j] ?? 0
  }
  return { gradient, curvature, logLikelihood }
}

/** Gaussian elimination with pivots; the ridge keeps the matrix positive definite. */
function solve(matrix: Float64Array, right: Float64Array, size: number): number[] {
  const a = Float64Array.from(matrix)
  const b = [...right]
  const at = (i: number, j: number): number => a[i * size + j] ?? 0
  for (let column = 0; column < size; column += 1) {
    let pivot = column
    for (let i = column + 1; i < size; i += 1)
      if (Math.abs(at(i, column)) > Math.abs(at(pivot, column))) pivot = i
    for (let j = 0; j < size; j += 1) {
      const held = at(column, j)
      a[column * size + j] = at(pivot, j)
      a[pivot * size + j] = held
    }
    ;[b[column], b[pivot]] = [b[pivot] ?? 0, b[column] ?? 0]
    for (let i = column + 1; i < size; i += 1) {
      const factor = at(i, column) / at(column, column)
      for (let j = column; j < size; j += 1) a[i * size + j] = at(i, j) - factor * at(column, j)
      b[i] = (b[i] ?? 0) - factor * (b[column] ?? 0)
    }
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let j = i + 1; j < size; j += 1) b[i] = (b[i] ?? 0) - at(i, j) * (b[j] ?? 0)
    b[i] = (b[i] ?? 0) / at(i, i)
  }
  return b
}
