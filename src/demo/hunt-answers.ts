/** What people in the shop can see with their own eyes: the right words of the clues, from the published cadence. */
import { huntSettings } from '../game/index.ts'
import type { GameDefinition } from '../game/index.ts'

export function huntAnswers(games: readonly GameDefinition[]): Record<string, string> {
  const answers: Record<string, string> = {}
  for (const game of games) {
    if (game.kind !== 'hunt') continue
    for (const clue of huntSettings.parse(game.settings).clues) answers[clue.id] = clue.answers[0] ?? ''
  }
  return answers
}
