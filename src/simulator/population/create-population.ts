/**
 * The crowd: customers who tap, vote, search, buy, leave and come, and advisors who work or do not. It speaks real
 * HTTP to the server under test and lives on the simulator's clock; given the same seed and the same answers it
 * does the same deeds in the same order.
 */
import type { Population, World } from '../types.ts'
import { listenForCards } from './advising.ts'
import { keepBuying } from './buying.ts'
import { liveDays } from './comings.ts'
import { createCrowd } from './crowd.ts'
import { listenForMessages } from './receiving.ts'
import type { CrowdRules } from './rules.ts'
import { defaultRules } from './rules.ts'
import type { PopulationReport } from './tally.ts'
import { createTally } from './tally.ts'

export interface PopulationOptions {
  readonly seed: number
  /** The address under which people know the server: its links begin with it. */
  readonly baseUrl: string
  /** Bearer key of `POST /api/v1/events`. */
  readonly eventsKey: string
  readonly rules?: Partial<CrowdRules>
  /** The right word for each clue, by the clue's id or by its riddle. */
  readonly huntAnswers?: Readonly<Record<string, string>>
}

export interface ReportingPopulation extends Population {
  report(): PopulationReport
}

export function createPopulation(options: PopulationOptions): ReportingPopulation {
  const tally = createTally()
  return {
    start(world: World) {
      const crowd = createCrowd({
        seed: options.seed,
        rules: { ...defaultRules, ...options.rules },
        tally,
        world,
        baseUrl: options.baseUrl.replace(/\/+$/, ''),
        eventsKey: options.eventsKey,
        huntAnswers: options.huntAnswers ?? {},
      })
      listenForMessages(crowd)
      listenForCards(crowd)
      for (const customer of world.customers())
        if (customer.follows.size > 0) keepBuying(crowd, crowd.person(customer.externalUserId))
      liveDays(crowd)
    },
    report: () => tally.report(),
  }
}
