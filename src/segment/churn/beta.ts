/** Special functions of the rhythm, from cephes; its module for `import` is not ready synchronously, `require` is. */
import { createRequire } from 'node:module'

interface Cephes {
  incbet(a: number, b: number, x: number): number
  lgam(x: number): number
}
const cephes = createRequire(import.meta.url)('cephes') as Cephes

/** Regularized incomplete beta function I_x(a, b). */
export const incompleteBeta = (a: number, b: number, x: number): number =>
  x <= 0 ? 0 : x >= 1 ? 1 : cephes.incbet(a, b, x)

export const logGamma = (x: number): number => cephes.lgam(x)
