/** Every kind of signal a cause may be told from. To add one: a file, a line here. */
import type { SignalKind } from '../signal.ts'
import { browsedNotBought } from './browsed-not-bought.ts'
import { categoryEnded } from './category-ended.ts'
import { childOutgrew } from './child-outgrew.ts'
import { complained } from './complained.ts'
import { lowSatisfaction } from './low-satisfaction.ts'
import { mostlyDiscounted } from './mostly-discounted.ts'
import { refunded } from './refunded.ts'
import { tagged } from './tagged.ts'

export const signalKinds: readonly SignalKind[] = [
  complained,
  refunded,
  lowSatisfaction,
  categoryEnded,
  childOutgrew,
  browsedNotBought,
  mostlyDiscounted,
  tagged,
]
