import type { Context } from './context.ts'
import { dayMs, dayStart } from './days.ts'
import { ApiError } from './errors.ts'

export type Span = 'minute' | 'hour' | 'day' | 'month'

const spans: Readonly<Record<Exclude<Span, 'day'>, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  month: 30 * dayMs,
}

/** A day is the calendar's; the others are the last so and so long. */
const beginOf = (span: Span, now: number): number => (span === 'day' ? dayStart(now) : now - spans[span] + 1)

/** Whoever goes over a ceiling is shut out for its length, of a day for what is left of it (WECOM.md §1.1). */
const endOfPenalty = (span: Span, now: number): number =>
  span === 'day' ? dayStart(now) + dayMs : now + spans[span]

/** Takes one use of `key`, or so many; beyond `most` the answer is 45009, and stays so until the penalty is over. */
export function takeUse(ctx: Context, key: string, most: number, span: Span, count = 1): void {
  const now = ctx.clock.now()
  if (now < (ctx.state.penalties.get(key) ?? 0)) throw new ApiError(45009)
  if (tryUse(ctx, key, most, span, count)) return
  ctx.state.penalties.set(key, endOfPenalty(span, now))
  throw new ApiError(45009)
}

/** False, and nothing taken, when that many more would be too many; without a penalty. */
export function tryUse(ctx: Context, key: string, most: number, span: Span, count = 1): boolean {
  const now = ctx.clock.now()
  const begin = beginOf(span, now)
  const recent = (ctx.state.recent.get(key) ?? []).filter((at) => at >= begin)
  if (recent.length + count > most) return false
  ctx.state.recent.set(key, [...recent, ...Array.from({ length: count }, () => now)])
  return true
}
