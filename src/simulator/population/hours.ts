/** When people do things: nobody taps in her sleep, advisors work from nine to nine. */
import type { Random } from '../shop/random.ts'
import { dayMs, startOfDay, timeOfDay } from '../shop/shop.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

/** Moves an instant of the night (23:30 to 07:00) to the coming breakfast. */
export function whenAwake(at: number, random: Random): number {
  const time = timeOfDay(at)
  if (time >= 7 * hourMs && time < 23.5 * hourMs) return Math.floor(at)
  const morning = startOfDay(at) + (time < 7 * hourMs ? 0 : dayMs) + 7 * hourMs
  return Math.floor(morning + random.between(0, 2) * hourMs)
}

/** Moves an instant outside 09:00-21:00 to shortly after the next opening. */
export function whenAtWork(at: number, random: Random): number {
  const time = timeOfDay(at)
  if (time >= 9 * hourMs && time < 21 * hourMs) return Math.floor(at)
  const opening = startOfDay(at) + (time < 9 * hourMs ? 0 : dayMs) + 9 * hourMs
  return Math.floor(opening + random.between(2, 30) * minuteMs)
}

/** A wait with a long tail around its middle, in minutes. */
export function waitMinutes(random: Random, middle: number): number {
  return Math.min(600, Math.max(1, middle * Math.exp(1.1 * random.normal())))
}

/** An instant of that day between nine and eleven in the evening. */
export function someTimeOf(day: number, random: Random): number {
  return Math.floor(startOfDay(day) + random.between(9, 22) * hourMs)
}

/** A count with this mean: most days none or one, some days more. */
export function countWithMean(random: Random, mean: number): number {
  let count = 0
  for (let waited = random.exponential(mean || 1e-9); waited < 1; waited += random.exponential(mean || 1e-9))
    count++
  return count
}
