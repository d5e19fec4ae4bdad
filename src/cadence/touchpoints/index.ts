/** Every kind of touchpoint: a file here, and a line below. */
import type { TouchpointKind } from '../touchpoint.ts'
import { dailyTip } from './daily-tip.ts'
import { followUp } from './follow-up.ts'
import { treasureHunt } from './treasure-hunt.ts'
import { wakeUp } from './wake-up.ts'
import { weeklyNote } from './weekly-note.ts'
import { weeklyPoll } from './weekly-poll.ts'
import { welcome } from './welcome.ts'

export const touchpointKinds: readonly TouchpointKind[] = [
  welcome,
  followUp,
  weeklyNote,
  wakeUp,
  dailyTip,
  weeklyPoll,
  treasureHunt,
]
