import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import type { Facts, GameDefinition } from './game.ts'

export interface Game extends GameDefinition {
  readonly settings: unknown
}

interface Stored {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly settings: string
  readonly touchpoint: string
  readonly opens_at: number
  readonly closes_at: number
}

const present = (row: Stored): Game => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  touchpoint: row.touchpoint,
  settings: JSON.parse(row.settings) as unknown,
  opensAt: row.opens_at,
  closesAt: row.closes_at,
})

export async function findGame(reader: Reader, id: string): Promise<Game | undefined> {
  const [row] = await reader.rows<Stored>('select * from game where id = $1', [id])
  return row && present(row)
}

export const listGames = async (reader: Reader, closedAfter: Instant, limit = 100): Promise<Game[]> =>
  (
    await reader.rows<Stored>(
      'select * from game where closes_at > $1 order by opens_at desc, id limit ' + String(limit),
      [closedAfter],
    )
  ).map(present)

/** True when the row is new; an existing game keeps its moves and takes new words, settings and times. */
export async function putGame(tx: Tx, game: GameDefinition, now: Instant): Promise<boolean> {
  const settings = JSON.stringify(game.settings)
  const fresh = await tx.insert(
    'game',
    [
      {
        id: game.id,
        kind: game.kind,
        title: game.title,
        settings,
        touchpoint: game.touchpoint,
        opens_at: game.opensAt,
        closes_at: game.closesAt,
        created_at: now,
        moves: 0,
      },
    ],
    'ON CONFLICT (id) DO NOTHING',
  )
  if (fresh === 1) return true
  await tx.run(
    'UPDATE game SET title = $1, settings = $2, opens_at = $3, closes_at = $4 WHERE id = $5 AND kind = $6',
    [game.title, settings, game.opensAt, game.closesAt, game.id, game.kind],
  )
  return false
}

/** Takes the game's lock until the transaction ends. */
export const lockGame = (tx: Tx, id: string): Promise<number> =>
  tx.run('UPDATE game SET moves = moves + 1 WHERE id = $1', [id])

export async function movesOf(reader: Reader, game: string, player: string): Promise<Map<string, string>> {
  const rows = await reader.rows<{ slot: string; choice: string }>(
    'select slot, choice from game_move where game = $1 and player = $2',
    [game, player],
  )
  return new Map(rows.map(({ slot, choice }) => [slot, choice]))
}

export const putMove = (
  tx: Tx,
  game: string,
  player: string,
  slot: string,
  choice: string,
  at: Instant,
): Promise<number> =>
  tx.run(
    `INSERT INTO game_move (game, player, slot, choice, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (game, player, slot) DO UPDATE SET choice = excluded.choice, at = excluded.at`,
    [game, player, slot, choice, at],
  )

/** Counts one wrong answer of this minute. */
export const countMiss = (tx: Tx, game: string, player: string, minute: number): Promise<number> =>
  tx.run(
    `INSERT INTO game_miss (game, player, minute, misses) VALUES ($1, $2, $3, 1)
     ON CONFLICT (game, player, minute) DO UPDATE SET misses = game_miss.misses + 1`,
    [game, player, minute],
  )

export async function missesOf(
  reader: Reader,
  game: string,
  player: string,
  minute: number,
): Promise<number> {
  const [row] = await reader.rows<{ misses: number }>(
    'select misses from game_miss where game = $1 and player = $2 and minute = $3',
    [game, player, minute],
  )
  return row?.misses ?? 0
}

export const tallyOf = (reader: Reader, game: string): Promise<Facts['tally'][number][]> =>
  reader.rows(
    'select slot, choice, cast(count(*) as bigint) as count from game_move where game = $1 group by slot, choice order by slot, choice',
    [game],
  )

export async function countPlayers(reader: Reader, game: string): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    'select cast(count(distinct player) as bigint) as n from game_move where game = $1',
    [game],
  )
  return row?.n ?? 0
}

/** Players by how much they found, then by who was first. */
export const leaders = (
  reader: Reader,
  game: string,
  limit: number,
): Promise<{ player: string; found: number }[]> =>
  reader.rows(
    `select player, cast(count(*) as bigint) as found from game_move where game = $1 group by player
     order by count(*) desc, max(at) asc, player limit ${String(limit)}`,
    [game],
  )

// ------------------------------------------------------------------ players merged and parted

export interface MoveRow {
  readonly game: string
  readonly player: string
  readonly slot: string
  readonly choice: string
  readonly at: Instant
}

export const allMovesOf = (reader: Reader, player: string): Promise<MoveRow[]> =>
  reader.rows<MoveRow>(
    'select game, player, slot, choice, at from game_move where player = $1 order by game, slot',
    [player],
  )

export const asideOf = (reader: Reader, player: string): Promise<MoveRow[]> =>
  reader.rows<MoveRow>(
    'select game, player, slot, choice, at from game_move_aside where player = $1 order by game, slot',
    [player],
  )

const cellsOf = ({ game, player, slot, choice, at }: MoveRow) => ({ game, player, slot, choice, at })

export const setAside = (tx: Tx, moves: readonly MoveRow[]): Promise<number> =>
  tx.insert(
    'game_move_aside',
    moves.map(cellsOf),
    'ON CONFLICT (player, game, slot) DO UPDATE SET choice = excluded.choice, at = excluded.at',
  )

export const forgetAside = (tx: Tx, player: string): Promise<number> =>
  tx.run('DELETE FROM game_move_aside WHERE player = $1', [player])

/** Exactly this one: what was put down since stays. */
export const removeMove = (tx: Tx, { game, player, slot, choice, at }: MoveRow): Promise<number> =>
  tx.run('DELETE FROM game_move WHERE game = $1 AND player = $2 AND slot = $3 AND choice = $4 AND at = $5', [
    game,
    player,
    slot,
    choice,
    at,
  ])

export const restoreMove = (tx: Tx, move: MoveRow): Promise<number> =>
  tx.insert(
    'game_move',
    [cellsOf(move)],
    'ON CONFLICT (game, player, slot) DO UPDATE SET choice = excluded.choice, at = excluded.at',
  )

export async function takeMisses(tx: Tx, from: string, to: string): Promise<void> {
  await tx.run(
    `INSERT INTO game_miss (game, player, minute, misses)
     SELECT game, $1, minute, misses FROM game_miss WHERE player = $2
     ON CONFLICT (game, player, minute) DO UPDATE SET misses = game_miss.misses + excluded.misses`,
    [to, from],
  )
  await tx.run('DELETE FROM game_miss WHERE player = $1', [from])
}
