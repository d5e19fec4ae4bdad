/**
 * Off the round minutes: everybody plans for 10:00, WeCom punishes bursts, and an advisor opens one task after the
 * other. The minute comes from a seeded hash, so the same plan is the same plan.
 */
import { z } from 'zod'
import type { Instant } from '../base/clock.ts'
import { minutes } from '../base/clock.ts'
import { sha256 } from '../base/ids.ts'

export const planningShape = z.strictObject({
  /** Over so many minutes from the time that is written. 0 = everything at that minute. */
  spreadMinutes: z
    .number()
    .int()
    .min(0)
    .max(60)
    .default(0)
    .describe('同一时间的触达错开多少分钟，避开整点和半点；0 为不错开'),
  /** Another word gives another order. */
  seed: z.string().min(1).max(32).default('siyu').describe('错开顺序的种子；换一个词就换一种顺序'),
})
export type Planning = z.infer<typeof planningShape>

/** When a day is planned: before the first window, after the nightly moves of tiers. */
export const planAt = '08:30'

const hourMinutes = 60
/** Round minutes and their neighbours, at which everybody else sends. */
const crowded = (minute: number): boolean => [0, 1, 29, 30, 31, 59].includes(minute % hourMinutes)

/** Milliseconds after the wanted instant; what belongs together shares a `key`. Never beyond the expiry. */
export function spreadMs(
  { spreadMinutes, seed }: Planning,
  key: string,
  { wantedAt, expiresAt }: { readonly wantedAt: Instant; readonly expiresAt: Instant },
): number {
  if (spreadMinutes === 0) return 0
  const start = Math.floor(wantedAt / minutes(1))
  const quiet = Array.from({ length: spreadMinutes }, (_, n) => n).filter((n) => !crowded(start + n))
  if (quiet.length === 0) return 0
  const draw = Number.parseInt(sha256(`${seed}\n${key}`).slice(0, 8), 16)
  const later = minutes(quiet[draw % quiet.length] ?? 0)
  return wantedAt + later < expiresAt ? later : 0
}
