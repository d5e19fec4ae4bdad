/** One experiment as the console and the command line show it. */
import { dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import { days } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import type { Cadence } from '../config.ts'
import { isRecord } from '../lines.ts'
import { readYaml } from '../yaml.ts'
import { armWords } from './draft.ts'
import { judge } from './judge.ts'
import type { Findings } from './judge.ts'
import { customerTallies, freshMs, groupTallies, yamlOfVersions } from './outcomes.store.ts'
import type { Scope } from './outcomes.store.ts'
import type { Experiment } from './shape.ts'
import { customerTally, groupTally } from './tally.ts'
import type { ArmTally } from './tally.ts'
import { verdictWords, warningsOf } from './words.ts'

export type Phase = 'planned' | 'running' | 'ended' | 'rolled-out' | 'stopped'

export interface ArmReport extends ArmTally {
  readonly title: string
  readonly share: number
  /** What it changes, in words; empty for the control. */
  readonly sets: readonly string[]
}

export interface ExperimentReport {
  readonly experiment: Experiment
  readonly phase: Phase
  readonly arms: readonly ArmReport[]
  readonly findings: Findings
  readonly words: string
  readonly warnings: readonly string[]
}

export function phaseOf({ from, until, decided }: Experiment, today: Day): Phase {
  if (decided) return decided.how
  if (today < from) return 'planned'
  return until !== null && today > until ? 'ended' : 'running'
}

/** Reasons for which nobody could have told her, whatever the arm; where the channel is what is tested they count. */
const outOfReach = ['no-advisor', 'no-contact', 'opted-out']

const scopeOf = ({ name, touchpoint, from, what }: Experiment): Scope => ({
  where: 'experiment = $1 and touchpoint = $2 and day >= $3',
  params: [name, touchpoint, from],
  arm: 'max(case when place = 1 then arm end)',
  dropped: what === 'channel' ? [] : outOfReach,
})

/** All of the cadence in force. */
export async function experimentReports(
  reader: Reader,
  cadence: Cadence,
  now: Instant,
): Promise<ExperimentReport[]> {
  const reports: ExperimentReport[] = []
  for (const { name } of cadence.experiments) {
    const report = await experimentReport(reader, cadence, name, now)
    if (report) reports.push(report)
  }
  return reports
}

/** Null when the cadence knows no experiment of that name. */
export async function experimentReport(
  reader: Reader,
  cadence: Cadence,
  name: string,
  now: Instant,
): Promise<ExperimentReport | null> {
  const experiment = cadence.experiments.find((one) => one.name === name)
  if (!experiment) return null
  const tallies = await talliesOf(reader, experiment, now)
  const expected = await expectedOf(reader, experiment, tallies)
  const findings = judge({ experiment, arms: tallies, expected, now })
  return {
    experiment,
    phase: phaseOf(experiment, dayOf(now)),
    arms: tallies.map((tally, i) => {
      const arm = experiment.arms[i]
      return {
        ...tally,
        title: arm?.title ?? tally.arm,
        share: arm?.share ?? 0,
        sets: arm ? armWords(experiment, arm, cadence.raw) : [],
      }
    }),
    findings,
    words: verdictWords(experiment, findings, tallies),
    warnings: warningsOf(experiment, tallies, findings),
  }
}

async function talliesOf(reader: Reader, experiment: Experiment, now: Instant): Promise<ArmTally[]> {
  const clocked = { windowMs: days(experiment.primary.windowDays), now }
  const scope = scopeOf(experiment)
  if (experiment.unit === 'customer') {
    const rows = await customerTallies(reader, scope, clocked)
    return experiment.arms.map(({ name }) => customerTally(name, rows))
  }
  const rows = await groupTallies(reader, scope, clocked)
  return experiment.arms.map(({ name }) => groupTally(name, rows, now - freshMs))
}

/**
 * How many each arm should have, by the shares of the version in force when each one entered: raising a share on the way
 * is no broken split.
 */
async function expectedOf(
  reader: Reader,
  experiment: Experiment,
  tallies: readonly ArmTally[],
): Promise<number[]> {
  const byVersion = new Map<number, number>()
  for (const tally of tallies)
    for (const [version, n] of tally.byVersion) byVersion.set(version, (byVersion.get(version) ?? 0) + n)
  const yamls = await yamlOfVersions(reader, [...byVersion.keys()])
  const sharesOf = (version: number): number[] => {
    const written = sharesIn(yamls.get(version), experiment)
    return experiment.arms.map(({ name, share }) => (written ? (written.get(name) ?? 0) : share))
  }
  const expected = experiment.arms.map(() => 0)
  for (const [version, n] of byVersion)
    for (const [i, share] of sharesOf(version).entries()) expected[i] = (expected[i] ?? 0) + (n * share) / 100
  return expected
}

/** Null where that version's text does not tell. */
function sharesIn(yaml: string | undefined, { name }: Experiment): Map<string, number> | null {
  const value = yaml === undefined ? undefined : readYaml(yaml).value
  const experiments = isRecord(value) ? value['experiments'] : undefined
  const written = isRecord(experiments) ? experiments[name] : undefined
  const arms: unknown = isRecord(written) ? written['arms'] : undefined
  if (!Array.isArray(arms)) return null
  return new Map(
    arms.flatMap((arm: unknown) =>
      isRecord(arm) && typeof arm['name'] === 'string' && typeof arm['share'] === 'number'
        ? [[arm['name'], arm['share']] as const]
        : [],
    ),
  )
}
