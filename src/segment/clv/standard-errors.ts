/**
 * Standard errors from the observed information. The parameters are fitted as logarithms, so the inverse of the negative
 * Hessian is the covariance of the logarithms, and the delta method gives se(θ) = θ·se(ln θ). Where the likelihood is
 * flat in some direction there is no such inverse: the flat directions are told apart by their eigenvalues, and a
 * parameter that moves along one of them has no standard error (null), instead of a number that means nothing.
 */
import { cholesky, inverseOf } from './optimize.ts'

export interface Uncertainty {
  /** Per parameter; null where the data do not say. */
  readonly standardErrors: readonly (number | null)[]
  /** Of the log parameters; flat directions count as known, so an interval from it is then too narrow. */
  readonly covariance: readonly (readonly number[])[]
  readonly positiveDefinite: boolean
}

type Matrix = readonly (readonly number[])[]

export function uncertaintyOf(parameters: readonly number[], hessian: Matrix): Uncertainty {
  const information = hessian.map((row) => row.map((h) => -h))
  const factor = cholesky(information)
  if (factor !== null) {
    const covariance = inverseOf(factor)
    return {
      standardErrors: parameters.map((value, i) =>
        finiteOrNull(value * Math.sqrt(covariance[i]?.[i] ?? NaN)),
      ),
      covariance,
      positiveDefinite: true,
    }
  }
  const { values, vectors } = eigen(information)
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE)
  const isFirm = values.map((value) => value > 1e-9 * largest)
  const covariance = parameters.map((_, i) =>
    parameters.map((_, j) =>
      values.reduce(
        (sum, value, k) =>
          isFirm[k] ? sum + ((vectors[k]?.[i] ?? 0) * (vectors[k]?.[j] ?? 0)) / value : sum,
        0,
      ),
    ),
  )
  return {
    standardErrors: parameters.map((value, i) => {
      const isLoose = values.some((_, k) => !isFirm[k] && Math.abs(vectors[k]?.[i] ?? 0) > 0.05)
      return isLoose ? null : finiteOrNull(value * Math.sqrt(covariance[i]?.[i] ?? NaN))
    }),
    covariance,
    positiveDefinite: false,
  }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** Jacobi's rotations for a small symmetric matrix; vectors[k] belongs to values[k]. */
export function eigen(matrix: Matrix): { readonly values: number[]; readonly vectors: number[][] } {
  const n = matrix.length
  const a = matrix.map((row) => row.map((v) => (Number.isFinite(v) ? v : 0)))
  const v = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)))
  const get = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0
  const set = (m: number[][], i: number, j: number, value: number): void => {
    const row = m[i]
    if (row) row[j] = value
  }
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let off = 0
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) off += Math.abs(get(a, p, q))
    if (off === 0) break
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) {
        const apq = get(a, p, q)
        if (apq === 0) continue
        const theta = (get(a, q, q) - get(a, p, p)) / (2 * apq)
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let k = 0; k < n; k += 1) {
          const [akp, akq] = [get(a, k, p), get(a, k, q)]
          set(a, k, p, c * akp - s * akq)
          set(a, k, q, s * akp + c * akq)
        }
        for (let k = 0; k < n; k += 1) {
          const [apk, aqk] = [get(a, p, k), get(a, q, k)]
          set(a, p, k, c * apk - s * aqk)
          set(a, q, k, s * apk + c * aqk)
          const [vpk, vqk] = [get(v, p, k), get(v, q, k)]
          set(v, p, k, c * vpk - s * vqk)
          set(v, q, k, s * vpk + c * vqk)
        }
      }
    }
  }
  return { values: a.map((row, i) => row[i] ?? 0), vectors: v }
}
