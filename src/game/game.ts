/**
 * A game is a pure reducer that never acts: from its settings, the moment and one move it says what should be written
 * and what should be given. A new kind is one file in games/ and one line in games/index.ts.
 */
import type { z } from 'zod'
import type { Instant } from '../base/clock.ts'
import type { Kind } from '../interaction/index.ts'

/** What one player has put down so far, by slot (`vote`, or a clue's id). */
export type Moves = ReadonlyMap<string, string>

export interface Moment {
  readonly now: Instant
  readonly opensAt: Instant
  readonly closesAt: Instant
  readonly mine: Moves
  /** Prizes already given, over all players. */
  readonly prizesGiven: number
}

export interface Move {
  readonly choices?: readonly string[]
  readonly clue?: string
  readonly answer?: string
}

export type Effect =
  | { readonly do: 'put'; readonly slot: string; readonly choice: string }
  | {
      readonly do: 'record'
      readonly kind: Kind
      readonly key: string
      readonly detail: Readonly<Record<string, unknown>>
    }
  /** `key` is completed with game and player: the same key is never given twice. */
  | { readonly do: 'points'; readonly key: string; readonly amount: number; readonly words: string }
  | { readonly do: 'prize'; readonly title: string; readonly validDays: number }
  /** Counts towards the limit of wrong answers a minute. */
  | { readonly do: 'miss' }

export interface Played {
  readonly accepted: boolean
  /** Chinese, for the player. */
  readonly words: string
  readonly effects: readonly Effect[]
}

export const refusedMove = (words: string): Played => ({ accepted: false, words, effects: [] })

/** What a page shows of a game; times are epoch milliseconds. */
export interface Facts {
  readonly now: Instant
  readonly mine: Moves
  readonly players: number
  /** `slot` and `choice` as put, with how many players put it. */
  readonly tally: readonly { readonly slot: string; readonly choice: string; readonly count: number }[]
  readonly prizesGiven: number
  /** What the points of this person are multiplied by today. */
  readonly pointsFactor: number
  /** Best first, names masked. */
  readonly board: readonly { readonly name: string; readonly found: number }[]
}

export interface GameKind<Settings> {
  /** In ids, rows and reports: never changes once released. */
  readonly kind: string
  readonly title: string
  readonly settings: z.ZodType<Settings>
  play(settings: Settings, moment: Moment, move: Move): Played
  /** A line of a group chat (`投票 2`, `寻宝 3 维生素D`) as a move, or null when it is not meant for this game. */
  readText(settings: Settings, text: string): Move | null
  /** The part of the page's data that this kind knows (`PollView`, `HuntView` of the contract). */
  view(settings: Settings, facts: Facts): Readonly<Record<string, unknown>>
  /** The result in a few labelled counts, for the console and the group. */
  result(
    settings: Settings,
    facts: Pick<Facts, 'tally' | 'players' | 'prizesGiven'>,
  ): { label: string; count: number }[]
}

/** A kind whose settings have not been read yet: what the list holds. */
export type AnyGame = GameKind<unknown>

export function defineGame<Settings>(kind: GameKind<Settings>): AnyGame {
  const read = (settings: unknown): Settings => kind.settings.parse(settings)
  return {
    kind: kind.kind,
    title: kind.title,
    settings: kind.settings,
    play: (settings, moment, move) => kind.play(read(settings), moment, move),
    readText: (settings, text) => kind.readText(read(settings), text),
    view: (settings, facts) => kind.view(read(settings), facts),
    result: (settings, facts) => kind.result(read(settings), facts),
  }
}

/** A game as the cadence orders it: `settings` are checked by its kind. */
export interface GameDefinition {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly touchpoint: string
  readonly settings: unknown
  readonly opensAt: Instant
  readonly closesAt: Instant
}

export type GameState = 'planned' | 'open' | 'closed'
export const stateOf = (
  game: { readonly opensAt: Instant; readonly closesAt: Instant },
  now: Instant,
): GameState => {
  if (now < game.opensAt) return 'planned'
  return now < game.closesAt ? 'open' : 'closed'
}
