/** Shanghai has had no daylight saving since 1991, so its calendar is plain arithmetic. */
export const shanghaiMs = 8 * 3_600_000
export const dayMs = 86_400_000

/** Midnight in Shanghai at or before that instant. */
export const dayStart = (at: number): number => Math.floor((at + shanghaiMs) / dayMs) * dayMs - shanghaiMs
