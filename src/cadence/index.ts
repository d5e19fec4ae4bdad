/** What the folders to the right may use. */
export { gamesOf, readCadence } from './config.ts'
export type { Cadence, CadenceRead, ReadOptions, Touchpoint } from './config.ts'
export type { Mistake } from './mistake.ts'
export type { GamePlan } from './touchpoint.ts'
