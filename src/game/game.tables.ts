import { table } from '../base/table.ts'

export const gameTable = table('game', {
  id: 'text key',
  kind: 'text',
  title: 'text',
  settings: 'text',
  touchpoint: 'text',
  opens_at: 'int',
  closes_at: 'int',
  created_at: 'int',
  /** Counts moves; updating it takes the game's lock, so that limited prizes are given one at a time. */
  moves: 'int',
})

/** What a player has put down: one row a slot, so one vote and one claim a person. */
export const gameMoveTable = table(
  'game_move',
  { game: 'text key', player: 'text key', slot: 'text key', choice: 'text', at: 'int' },
  { index: [['player', 'at']] },
)

/** Wrong answers by minute: the limiter is keyed like the failures. */
export const gameMissTable = table('game_miss', {
  game: 'text key',
  player: 'text key',
  minute: 'int key',
  misses: 'int',
})

/** What somebody had put down before she was merged into another, as it was: an un-merge gives it back. */
export const gameMoveAsideTable = table('game_move_aside', {
  player: 'text key',
  game: 'text key',
  slot: 'text key',
  choice: 'text',
  at: 'int',
})

export const gameTables = [gameTable, gameMoveTable, gameMissTable, gameMoveAsideTable]
