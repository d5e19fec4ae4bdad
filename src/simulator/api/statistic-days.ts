import { seconds, type Context } from '../context.ts'
import { dayMs, dayStart } from '../days.ts'
import { invalid } from '../errors.ts'
import { integer, optionalInteger, type Body } from '../params.ts'

const mostDaysUsually = 30
const memoryDays = 180

/** The days from begin to end, both included, as the first instant of each: at most 30, of the last 180 (WECOM.md §3.9). */
export function readDays(
  ctx: Context,
  body: Body,
  begin: string,
  end: string,
  mostDays = mostDaysUsually,
): number[] {
  const from = dayStart(integer(body, begin, 0, Number.MAX_SAFE_INTEGER) * 1_000)
  const given = optionalInteger(body, end, 0, Number.MAX_SAFE_INTEGER)
  const to = given === undefined ? from : dayStart(given * 1_000)
  if (to < from || to - from >= mostDays * dayMs) throw invalid(`${end}: at most ${mostDays} days`)
  if (from < dayStart(ctx.clock.now()) - memoryDays * dayMs) throw invalid(`${begin}: over 180 days ago`)
  return Array.from({ length: (to - from) / dayMs + 1 }, (_, i) => from + i * dayMs)
}

/** A day is counted when it is over. */
export const isOver = (ctx: Context, day: number): boolean => day + dayMs <= ctx.clock.now()

export const statTime = (day: number): number => seconds(day)
