/** What each way has brought: of all who came by it, and of those of the last seven and thirty days. */
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { wayFigures } from './ways.store.ts'

export interface WayFigures {
  readonly added: number
  /** Still contacts, or in the group. */
  readonly friends: number
  /** Bought after they came. */
  readonly bought: number
  readonly revenueFen: number
}

export interface WayReport {
  readonly days7: WayFigures
  readonly days30: WayFigures
  readonly all: WayFigures
}

const nobody: WayFigures = { added: 0, friends: 0, bought: 0, revenueFen: 0 }

/** By mark; ways that nobody came by are absent. */
export async function wayReports(reader: Reader, now: Instant): Promise<(mark: string) => WayReport> {
  const since = async (at: Instant): Promise<Map<string, WayFigures>> =>
    new Map(
      (await wayFigures(reader, at)).map(({ mark, added, friends, bought, revenue_fen: revenueFen }) => [
        mark,
        { added, friends, bought, revenueFen },
      ]),
    )
  const [days7, days30, all] = [await since(now - days(7)), await since(now - days(30)), await since(0)]
  return (mark) => ({
    days7: days7.get(mark) ?? nobody,
    days30: days30.get(mark) ?? nobody,
    all: all.get(mark) ?? nobody,
  })
}
