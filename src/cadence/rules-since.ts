/**
 * Since which version a touchpoint is decided by the rules that hold now. Whom an older one declined today is then decided
 * again: a window that was written wrongly at nine costs nobody the day, and what an edit does not touch stays as it is.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { ConfigMistakes } from '../base/errors.ts'
import { decliningVersions } from '../outbox/index.ts'
import type { Candidate } from '../outbox/index.ts'
import { versionRow } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { isRecord, valueAt } from './lines.ts'
import { cadenceOf } from './versions.ts'

/** Gives candidates of a day the version since which their rules hold, where an older one declined something. */
export async function sinceWhen(
  reader: Reader,
  cadence: Cadence,
  day: Day,
): Promise<(staged: readonly Candidate[]) => readonly Candidate[]> {
  const older = await olderCadences(reader, await decliningVersions(reader, day, cadence.version))
  if (older.length === 0) return (staged) => staged
  const known = new Map<string, number | undefined>()
  const sinceOf = (touchpoint: string): number | undefined => {
    if (!known.has(touchpoint)) known.set(touchpoint, rulesSince(cadence, older, touchpoint))
    return known.get(touchpoint)
  }
  return (staged) =>
    staged.map((candidate) => {
      const since = sinceOf(candidate.touchpoint)
      return since === undefined ? candidate : { ...candidate, rulesSince: since }
    })
}

/** One above the newest older version that says something else; undefined when all say the same. */
function rulesSince(cadence: Cadence, older: readonly Cadence[], touchpoint: string): number | undefined {
  const other = older
    .filter((one) => !isDeepStrictEqual(rulesOf(one, touchpoint), rulesOf(cadence, touchpoint)))
    .map(({ version }) => version)
  return other.length === 0 ? undefined : Math.max(...other) + 1
}

/**
 * As written: what was read carries functions, and no two readings have the same. Decisions about an experiment are of
 * today and stand in no text.
 */
const rulesOf = ({ manners, planning, touchpoints, raw }: Cadence, name: string) => ({
  manners,
  planning,
  settings: touchpoints.find((one) => one.name === name)?.settings,
  experiments: Object.entries(recordAt(raw, 'experiments')).filter(
    ([, one]) => isRecord(one) && one['touchpoint'] === name,
  ),
})

const recordAt = (value: unknown, key: string): Readonly<Record<string, unknown>> => {
  const found = valueAt(value, [key])
  return isRecord(found) ? found : {}
}

/** One that this version of Siyu cannot read any more says nothing. */
async function olderCadences(reader: Reader, versions: readonly number[]): Promise<Cadence[]> {
  const found: Cadence[] = []
  for (const version of versions) {
    const row = await versionRow(reader, version)
    try {
      if (row) found.push(cadenceOf(row))
    } catch (error) {
      if (!(error instanceof ConfigMistakes)) throw error
    }
  }
  return found
}
