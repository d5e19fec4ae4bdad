import type { Context } from './context.ts'
import { ApiError } from './errors.ts'

/** Takes one use of `key`; beyond `most` in any span of this length the answer is 45009. */
export function takeUse(ctx: Context, key: string, most: number, spanMs: number, count = 1): void {
  if (!tryUse(ctx, key, most, spanMs, count)) throw new ApiError(45009)
}

/** False, and nothing taken, when that many more would be too many. */
export function tryUse(ctx: Context, key: string, most: number, spanMs: number, count = 1): boolean {
  const now = ctx.clock.now()
  const recent = (ctx.state.recent.get(key) ?? []).filter((at) => at > now - spanMs)
  if (recent.length + count > most) return false
  ctx.state.recent.set(key, [...recent, ...Array.from({ length: count }, () => now)])
  return true
}
