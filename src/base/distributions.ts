/** Distribution functions, from cephes; its module for `import` is not ready synchronously, `require` is. Pure. */
import { createRequire } from 'node:module'

interface Cephes {
  ndtr(x: number): number
  ndtri(p: number): number
  chdtrc(df: number, x: number): number
  incbet(a: number, b: number, x: number): number
}
const cephes = createRequire(import.meta.url)('cephes') as Cephes

/** P(Z ≤ x) of the standard normal. */
export const normalCdf = (x: number): number => cephes.ndtr(x)

/** The x with P(Z ≤ x) = p, 0 < p < 1. */
export const normalQuantile = (p: number): number => cephes.ndtri(p)

/** P(χ² > x). */
export const chiSquareTail = (df: number, x: number): number => (x <= 0 ? 1 : cephes.chdtrc(df, x))

/** P(|T| > t) of Student's t; `df` need not be whole (Welch). */
export function studentTwoSided(df: number, t: number): number {
  if (t === 0) return 1
  return cephes.incbet(df / 2, 0.5, df / (df + t * t))
}

/** The t with P(|T| > t) = alpha, found by halving: the inverse of cephes takes whole degrees of freedom only. */
export function studentCritical(df: number, alpha: number): number {
  let low = 0
  let high = 1
  while (studentTwoSided(df, high) > alpha && high < 1e8) high *= 2
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2
    if (studentTwoSided(df, middle) > alpha) low = middle
    else high = middle
  }
  return (low + high) / 2
}
