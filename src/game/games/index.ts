/** Every kind of game: a file here, and a line below. */
import type { AnyGame } from '../game.ts'
import { hunt } from './hunt.ts'
import { poll } from './poll.ts'

export const gameKinds: readonly AnyGame[] = [poll, hunt]
