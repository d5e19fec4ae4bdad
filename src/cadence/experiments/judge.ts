/** What the counts say: the arms against the control, and whether that may be read yet. Pure. */
import { addDays, dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { days } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { sequenceCritical, tuningFor } from './always-valid.ts'
import { compareMeans, compareShares } from './comparison.ts'
import type { Difference, Reading, Sums } from './comparison.ts'
import { complierEffect } from './complier.ts'
import type { Complier } from './complier.ts'
import { checkSplit, holm, sampleSizePerArm } from './sample-size.ts'
import type { Split } from './sample-size.ts'
import type { Experiment } from './shape.ts'
import { assignedOf, deliveredShareOf, shareOf } from './tally.ts'
import type { ArmTally } from './tally.ts'

export interface Comparison {
  readonly arm: string
  /** Everybody who was due, told or not: the only one that is as random as the lots. */
  readonly assigned: Difference
  /** Only those really sent to; null where an arm sent to nobody. Advisors chose them. */
  readonly delivered: Difference | null
  readonly complier: Complier | null
  /** Net fen per person. */
  readonly value: Difference
  /** At alpha for all arms together. */
  readonly isClear: boolean
}

export type State =
  | 'not-begun'
  /** Too few yet, or before the planned size. */
  | 'collecting'
  /** The split is not the one that was promised. */
  | 'broken'
  | 'undecided'
  | 'better'
  | 'worse'
  /** It is over, and nothing was seen. */
  | 'no-difference'
  | 'rolled-out'
  | 'stopped'

export interface Findings {
  readonly state: State
  /** The arm the state speaks of. */
  readonly arm: string | null
  readonly split: Split
  /** Empty while nothing may be read. */
  readonly comparisons: readonly Comparison[]
  /** Units per arm whose window must be over. */
  readonly needed: number
  /** Until then, at the pace of the last two weeks; null where the pace leads nowhere. */
  readonly waitDays: number | null
}

export interface Counted {
  readonly experiment: Experiment
  readonly arms: readonly ArmTally[]
  /** Of those who entered, by arm: how many the promised shares let one expect. */
  readonly expected: readonly number[]
  readonly now: Instant
}

export function judge(counted: Counted): Findings {
  const { experiment, arms, expected, now } = counted
  const split = checkSplit(
    arms.map(({ entered }) => entered),
    expected,
  )
  const least = neededPerArm(experiment)
  const fewest = Math.min(...arms.map(({ n }) => n))
  const isOver = over(experiment, arms, now)
  const nothing = { split, comparisons: [], needed: least, waitDays: waitFor(counted, least) }
  const { decided } = experiment
  if (dayOf(now) < experiment.from) return { ...nothing, state: 'not-begun', arm: null }
  if (split.isBroken) return { ...nothing, state: decided?.how ?? 'broken', arm: decided?.arm ?? null }
  // Groups cannot be compared by fewer than two in each arm; an experiment that is over is read with what it has.
  const readable = fewest >= 2 && (fewest >= least || isOver)
  if (!readable)
    return {
      ...nothing,
      state: decided?.how ?? (isOver ? 'no-difference' : 'collecting'),
      arm: decided?.arm ?? null,
    }
  const comparisons = compareArms(experiment, arms)
  const found = { ...nothing, comparisons }
  if (decided) return { ...found, state: decided.how, arm: decided.arm }
  const best = bestOf(experiment, comparisons)
  if (best) return { ...found, ...best, waitDays: 0 }
  if (isOver) return { ...found, state: 'no-difference', arm: null, waitDays: 0 }
  const needed = neededToSee(experiment, arms, comparisons)
  return { ...found, state: 'undecided', arm: null, needed, waitDays: waitFor(counted, needed) }
}

/** Nobody enters any more and every window is over. */
function over({ until }: Experiment, arms: readonly ArmTally[], now: Instant): boolean {
  return until !== null && dayOf(now) > until && arms.every(({ waiting }) => waiting === 0)
}

// ---------------------------------------------------------------- comparing

const targetOf = (experiment: Experiment): number =>
  2 * Math.max(experiment.minimumPerArm, plannedSize(experiment))

export function readingOf(experiment: Experiment): Reading {
  const level = experiment.alpha / (experiment.arms.length - 1)
  return experiment.read === 'fixed'
    ? { read: 'fixed', level }
    : { read: 'always-valid', level, tuning: tuningFor(targetOf(experiment), level) }
}

function compareArms(experiment: Experiment, arms: readonly ArmTally[]): Comparison[] {
  const [control, ...treatments] = arms
  if (!control) return []
  const { metric } = experiment.primary
  const reading = readingOf(experiment)
  const plain = treatments.map((arm) => ({
    arm: arm.arm,
    assigned: compareUnits(control, arm, metric, reading),
    delivered: deliveredOf(control, arm, metric, reading),
    complier: arm.rates
      ? null
      : complierEffect(assignedOf(control, metric), assignedOf(arm, metric), reading.level),
    value: compareMeans(control.fen, arm.fen, reading),
  }))
  const fallen = holm(
    plain.map(({ assigned }) => assigned.p),
    experiment.alpha,
  )
  return plain.map((one, i) => ({ ...one, isClear: (fallen[i] ?? false) && excludesZero(one.assigned) }))
}

/** Test and interval are close kin, not twins: what is called clear is clear by both. */
const excludesZero = ({ absolute }: Difference): boolean => absolute.low > 0 || absolute.high < 0

const compareUnits = (
  control: ArmTally,
  arm: ArmTally,
  metric: Experiment['primary']['metric'],
  reading: Reading,
): Difference =>
  control.rates && arm.rates
    ? compareMeans(control.rates[metric], arm.rates[metric], reading)
    : compareShares(shareOf(control, metric), shareOf(arm, metric), reading)

function deliveredOf(
  control: ArmTally,
  arm: ArmTally,
  metric: Experiment['primary']['metric'],
  reading: Reading,
): Difference | null {
  if (control.rates !== null || control.sent === 0 || arm.sent === 0) return null
  return compareShares(deliveredShareOf(control, metric), deliveredShareOf(arm, metric), reading)
}

/** More is better, except for opt-outs. The best of several clear ones; a clear loser only where nobody wins. */
function bestOf(
  { primary }: Experiment,
  comparisons: readonly Comparison[],
): { state: 'better' | 'worse'; arm: string } | null {
  const sign = primary.metric === 'opt-out' ? -1 : 1
  const gain = ({ assigned }: Comparison): number => assigned.absolute.value * sign
  const clear = comparisons.filter(({ isClear }) => isClear).sort((a, b) => gain(b) - gain(a))
  const [first] = clear
  if (!first) return null
  return { state: gain(first) > 0 ? 'better' : 'worse', arm: first.arm }
}

// ---------------------------------------------------------------- how long yet

function plannedSize({ plan, alpha, arms }: Experiment): number {
  if (!plan) return 0
  return sampleSizePerArm({
    baseline: plan.baseline / 100,
    difference: plan.difference / 100,
    alpha: alpha / (arms.length - 1),
    power: plan.power / 100,
  })
}

/** Read once means: not before the planned size. */
const neededPerArm = (experiment: Experiment): number =>
  Math.max(experiment.minimumPerArm, experiment.read === 'fixed' ? plannedSize(experiment) : 0)

const mostUnits = 2_000_000

/** Per arm, until the difference one planned for (or the one that seems to be there) would stand out. */
function neededToSee(
  experiment: Experiment,
  arms: readonly ArmTally[],
  comparisons: readonly Comparison[],
): number {
  const [control] = arms
  const { metric } = experiment.primary
  const seen = Math.max(...comparisons.map(({ assigned }) => Math.abs(assigned.absolute.value)))
  const target = experiment.plan ? Math.max(experiment.plan.difference / 100, seen) : seen
  const fewest = Math.min(...arms.map(({ n }) => n))
  if (!control || target <= 0) return mostUnits
  const variance = control.rates ? spreadOf(control.rates[metric]) : binomial(shareOf(control, metric))
  const reading = readingOf(experiment)
  let perArm = fewest
  while (perArm < mostUnits) {
    const n = 2 * perArm
    const critical = reading.read === 'fixed' ? 2 : sequenceCritical(n, reading.level, reading.tuning)
    if (critical * Math.sqrt((2 * variance) / perArm) <= target) break
    perArm = Math.ceil(perArm * 1.05) + 1
  }
  return perArm
}

const binomial = ({ n, hits }: { n: number; hits: number }): number => {
  const p = (hits + 1) / (n + 2)
  return p * (1 - p)
}
const spreadOf = ({ n, sum, squares }: Sums): number =>
  n < 2 ? 1 : Math.max(1e-6, (squares - sum ** 2 / n) / (n - 1))

/** At the pace of the last two weeks, plus the window of the last to enter. */
function waitFor({ experiment, arms, now }: Counted, needed: number): number | null {
  const windowDays = experiment.primary.windowDays
  const waits = arms.map(({ n, entered, fresh, newestAt }) => {
    if (n >= needed) return 0
    if (entered >= needed) return Math.max(1, Math.ceil((newestAt + days(windowDays) - now) / days(1)))
    const span = Math.min(14, Math.max(1, spanDays(experiment.from, now)))
    const perDay = fresh / span
    return perDay > 0 ? Math.ceil((needed - entered) / perDay) + windowDays : null
  })
  const longest = waits.reduce<number | null>(
    (most, wait) => (most === null || wait === null ? null : Math.max(most, wait)),
    0,
  )
  if (longest === null || longest > 365) return null
  const last = experiment.until
  const end = addDays(dayOf(now), longest)
  return last !== null && end > addDays(last, windowDays + 1) ? null : longest
}

const spanDays = (from: Day, now: Instant): number => {
  let n = 0
  for (let day = from; day < dayOf(now) && n < 14; day = addDays(day, 1)) n += 1
  return n
}
