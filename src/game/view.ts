/** What pages and group answers show of a game. */
import { dayOf, isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { countCoupons, pointsFactor } from '../reward/index.ts'
import { stateOf } from './game.ts'
import type { Game } from './game.store.ts'
import { countPlayers, leaders, movesOf, tallyOf } from './game.store.ts'
import { kindOf, prizePrefix } from './play.ts'

/** 王小明 → 王**; 1 letter stays alone. Nobody else's full name is shown. */
export const maskName = (name: string): string => {
  const [first = '家', ...rest] = [...name.trim()]
  return first + '*'.repeat(Math.min(2, Math.max(1, rest.length)))
}

/** Names of players by their key; what is missing shows as 家长. */
export type PlayerNames = (keys: readonly string[]) => Promise<ReadonlyMap<string, string>>

export async function viewGame(
  reader: Reader,
  game: Game,
  player: string | null,
  now: Instant,
  names: PlayerNames,
): Promise<Readonly<Record<string, unknown>>> {
  const best = await leaders(reader, game.id, 20)
  const known = await names(best.map((one) => one.player))
  const view = kindOf(game.kind).view(game.settings, {
    now,
    mine: player === null ? new Map() : await movesOf(reader, game.id, player),
    players: await countPlayers(reader, game.id),
    tally: await tallyOf(reader, game.id),
    prizesGiven: await countCoupons(reader, prizePrefix(game.id)),
    pointsFactor: player === null ? 1 : await pointsFactor(reader, player, dayOf(now)),
    board: best.map((one) => ({ name: maskName(known.get(one.player) ?? '家长'), found: one.found })),
  })
  return {
    kind: game.kind,
    id: game.id,
    title: game.title,
    state: stateOf(game, now),
    closesAt: isoOf(game.closesAt),
    ...view,
  }
}

export interface GameSummary {
  readonly id: string
  readonly kind: string
  readonly kindTitle: string
  readonly title: string
  readonly state: 'planned' | 'open' | 'closed'
  readonly opensAt: string
  readonly closesAt: string
  readonly players: number
  readonly result: readonly { readonly label: string; readonly count: number }[]
}

export async function summarize(reader: Reader, game: Game, now: Instant): Promise<GameSummary> {
  const players = await countPlayers(reader, game.id)
  const kind = kindOf(game.kind)
  return {
    id: game.id,
    kind: game.kind,
    kindTitle: kind.title,
    title: game.title,
    state: stateOf(game, now),
    opensAt: isoOf(game.opensAt),
    closesAt: isoOf(game.closesAt),
    players,
    result: kind.result(game.settings, {
      players,
      tally: await tallyOf(reader, game.id),
      prizesGiven: await countCoupons(reader, prizePrefix(game.id)),
    }),
  }
}
