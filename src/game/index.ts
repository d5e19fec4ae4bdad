import type { Privacy } from '../interaction/index.ts'
export { ensureGames, kindOf, play, prizeOf, prizePrefix } from './play.ts'
export type { PlayAnswer, Player } from './play.ts'
export { defineGame, stateOf } from './game.ts'
export type { AnyGame, GameDefinition, GameState, Move } from './game.ts'
export { findGame, listGames } from './game.store.ts'
export type { Game } from './game.store.ts'
export { gameKinds } from './games/index.ts'
export { pollSettings } from './games/poll.ts'
export { huntSettings } from './games/hunt.ts'
export { maskName, summarize, viewGame } from './view.ts'
export type { GameSummary, PlayerNames } from './view.ts'
export { gameTables } from './game.tables.ts'
export { gameRegroup } from './regroup.ts'

/** What she played. */
export const gamePrivacy: Privacy = {
  folder: 'game',
  tables: [
    { table: 'game_move', of: 'player', by: 'either', then: 'keep' },
    { table: 'game_miss', of: 'player', by: 'either', then: 'delete' },
    { table: 'game_move_aside', of: 'player', by: 'either', then: 'keep' },
  ],
}
