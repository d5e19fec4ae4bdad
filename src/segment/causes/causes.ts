/** Why a sleeping customer probably stopped buying, in words; and who sleeps with how much to lose. */
import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import type { DormancySettings } from '../lifecycle.ts'
import type { RfmCuts } from '../rfm/edges.ts'
import { computeRfmCuts } from '../rfm/rfm.store.ts'
import { scaleOf } from '../rfm/score.ts'
import type { RfmRules } from '../rfm/settings.ts'
import { countCauses, countSleepersByType, readSleepers } from './causes.store.ts'
import type { CauseQuery, SleeperRow } from './causes.store.ts'
import type { Cause } from './settings.ts'

export interface CauseRules {
  readonly causes: readonly Cause[]
  readonly rfm: RfmRules
  readonly dormancy: DormancySettings
}

export interface LikelyCause {
  readonly cause: string
  readonly title: string
  /** What was seen, Chinese; every signal of every cause, so that a second one is not lost. */
  readonly reason: string
  readonly actions: readonly string[]
}

const queryOf = (rules: CauseRules, day: Day, customers?: readonly string[]): CauseQuery => ({
  causes: rules.causes,
  rfm: rules.rfm,
  day,
  quietDays: rules.dormancy.shortDays,
  customers,
})

/** At most 500 customers; who is not asleep on that day is not in the answer. */
export async function causeOf(
  reader: Reader,
  rules: CauseRules,
  customers: readonly string[],
  day: Day,
): Promise<Map<string, LikelyCause>> {
  const found = new Map<string, LikelyCause>()
  if (customers.length === 0) return found
  if (customers.length > 500) throw new RangeError('At most 500 customers at a time.')
  for (const row of await readSleepers(reader, queryOf(rules, day, customers))) {
    const cause = rules.causes[row.cause]
    if (!cause) throw new Error(`The database answered cause ${String(row.cause)}, which is not configured.`)
    found.set(row.customer, {
      cause: cause.name,
      title: cause.title,
      reason: wordsOf(cause, rules.causes, row, dayNumber(day)),
      actions: cause.actions,
    })
  }
  return found
}

/** Only the signals of the cause that was chosen: the first that matches is the one acted upon. */
function wordsOf(chosen: Cause, causes: readonly Cause[], row: SleeperRow, dayNo: number): string {
  let place = 0
  for (const cause of causes) {
    const first = place
    place += cause.signals.length
    if (cause !== chosen) continue
    const said = cause.signals.flatMap((signal, i) => {
      const value = row[`s${first + i}`]
      return typeof value === 'number' && signal.met(value, row.last_no, dayNo) ? [signal.words(value)] : []
    })
    return said.length === 0 ? '没有看到能说明原因的信号' : said.join('；')
  }
  return ''
}

export interface SleepSummary {
  /** Sleepers by how often and for how much they bought, against all buyers. */
  readonly dormancyByValue: Readonly<Record<string, number>>
  /** Sleepers by likely cause. */
  readonly causes: Readonly<Record<string, number>>
}

export const sleepValues = ['高频高额', '低频高额', '高频低额', '低频低额'] as const
export type SleepValue = (typeof sleepValues)[number]

/** From the place of a value type, whose order is money, then recency, then frequency. */
export const sleepValueAt = (type: number): SleepValue =>
  sleepValues[(type < 4 ? 0 : 2) + (type % 2)] ?? '低频低额'

/** Sleepers are quiet for `dormancy.shortDays` or longer; all they ever bought counts, whatever the window of `rfm`. */
export async function sleepSummary(
  reader: Reader,
  rules: CauseRules,
  day: Day,
  given: RfmCuts | null = null,
): Promise<SleepSummary> {
  const rfm = { ...rules.rfm, window: 'lifetime' as const }
  const query = queryOf({ ...rules, rfm }, day)
  const cuts =
    given !== null && rules.rfm.window === 'lifetime'
      ? given
      : await computeRfmCuts(reader, { rules: rfm, day, when: 'end-of-day' })
  const byValue = Object.fromEntries(sleepValues.map((value) => [value, 0]))
  for (const { type, n } of await countSleepersByType(reader, query, scaleOf(rfm, cuts))) {
    const value = sleepValueAt(type)
    byValue[value] = (byValue[value] ?? 0) + n
  }
  const causes = Object.fromEntries(rules.causes.map(({ name }) => [name, 0]))
  for (const { cause, n } of await countCauses(reader, query)) {
    const name = rules.causes[cause]?.name
    if (name !== undefined) causes[name] = n
  }
  return { dormancyByValue: byValue, causes }
}
