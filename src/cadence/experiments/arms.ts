/** Touchpoints as the arms of running experiments hear them. Pure: the planner and the dry run ask the same. */
import type { Day } from '../../base/calendar.ts'
import type { Cadence, Touchpoint } from '../config.ts'
import { assign } from './assign.ts'
import type { Lottery } from './assign.ts'
import type { Experiment } from './shape.ts'

/** One arm of a touchpoint under test; without `lot`, the touchpoint for everybody. */
export interface InArm extends Touchpoint {
  readonly lot?: { readonly experiment: Experiment; readonly arm: string }
}

/** Arms may look for different people: what the database found is kept by this name. */
export const armKey = ({ name, lot }: InArm): string => (lot ? `${name} ${lot.arm}` : name)

const isOn = ({ from, until, decided }: Experiment, day: Day): boolean =>
  decided === null && from <= day && (until === null || day <= until)

export const runningOn = ({ experiments }: Cadence, day: Day): Experiment[] =>
  experiments.filter((one) => isOn(one, day))

/** Every touchpoint once, or once per arm while it is tested; a decided test leaves the arm that was chosen. */
export function inArms({ touchpoints, experiments }: Cadence, day: Day): InArm[] {
  if (experiments.length === 0) return [...touchpoints]
  return touchpoints.flatMap((touchpoint): InArm[] => {
    const mine = experiments.filter((one) => one.touchpoint === touchpoint.name)
    const running = mine.find((one) => isOn(one, day))
    if (running)
      return running.arms.map(({ name, rules }) => ({
        ...touchpoint,
        rules,
        lot: { experiment: running, arm: name },
      }))
    const chosen = latestDecided(mine)
    return [chosen ? { ...touchpoint, rules: chosen.rules } : touchpoint]
  })
}

function latestDecided(experiments: readonly Experiment[]): Experiment['arms'][number] | undefined {
  const [latest] = experiments
    .filter(({ decided }) => decided !== null)
    .sort((a, b) => (b.decided?.at ?? 0) - (a.decided?.at ?? 0))
  return latest?.arms.find(({ name }) => name === latest.decided?.arm)
}

export const lotteryOf = ({ name, seed, arms, smallRange }: Experiment): Lottery => ({
  name,
  seed,
  arms,
  smallRange: smallRange?.percent ?? null,
})

export interface Variant {
  readonly experiment: string
  readonly arm: string
}

/** Undefined: this arm is not hers. Null: it is, and she is not counted, or nothing is tested. */
export function variantOf({ lot }: InArm, unit: string): Variant | null | undefined {
  if (!lot) return null
  const { arm, counted } = assign(lotteryOf(lot.experiment), unit)
  if (arm !== lot.arm) return undefined
  return counted ? { experiment: lot.experiment.name, arm } : null
}
