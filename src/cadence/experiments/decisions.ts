/**
 * What became of an experiment is a row of the log: rolled out, or stopped. From the next planning on everybody hears
 * the arm that was chosen, whether the cadence lies in the database or in a file; writing it into the touchpoint's own
 * settings is a draft for a person.
 */
import type { Ctx } from '../../base/act.ts'
import type { Reader } from '../../base/db.ts'
import type { Projection } from '../../interaction/index.ts'
import type { Cadence } from '../config.ts'
import { decisionRows, saveDecisions } from './decisions.store.ts'
import type { DecisionRow } from './decisions.store.ts'
import type { Decision, Experiment } from './shape.ts'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const experimentProjection: Projection = {
  name: 'experiment-decisions',
  kinds: ['experiment-decided', 'experiment-stopped'],
  keeps: [{ table: 'experiment_decision', of: null }],
  async apply(tx, rows) {
    const last = new Map<string, DecisionRow>()
    for (const { kind, detail, at } of rows) {
      const [experiment, seed] = [textOf(detail['experiment']), textOf(detail['seed'])]
      last.set(`${experiment} ${seed}`, {
        experiment,
        seed,
        arm: textOf(detail['arm']),
        how: kind === 'experiment-stopped' ? 'stopped' : 'rolled-out',
        why: textOf(detail['why']),
        decided_by: textOf(detail['by']),
        decided_at: at,
      })
    }
    await saveDecisions(
      tx,
      [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    )
  },
}

/** The cadence with what is known of its experiments. */
export async function withDecisions(reader: Reader, cadence: Cadence): Promise<Cadence> {
  if (cadence.experiments.length === 0) return cadence
  const rows = await decisionRows(reader)
  const decisionOf = ({ name, seed, arms }: Experiment): Decision | null => {
    const row = rows.find((one) => one.experiment === name && one.seed === seed)
    // An arm that was taken out of the text since then cannot be heard any more.
    if (!row || !arms.some((arm) => arm.name === row.arm)) return null
    return { arm: row.arm, how: row.how, why: row.why, by: row.decided_by, at: row.decided_at }
  }
  return {
    ...cadence,
    experiments: cadence.experiments.map((one) => ({ ...one, decided: decisionOf(one) })),
  }
}

export interface Deciding {
  readonly arm: string
  readonly how: Decision['how']
  readonly why: string
  /** Shown: a person's name, or `system`. */
  readonly by: string
}

/** Recorded once per experiment, seed and outcome; the newest stands. */
export function recordDecision(ctx: Ctx, { name, seed, touchpoint }: Experiment, deciding: Deciding): void {
  const { arm, how, why, by } = deciding
  ctx.record({
    kind: how === 'stopped' ? 'experiment-stopped' : 'experiment-decided',
    at: ctx.now,
    source: 'cadence',
    sourceKey: `experiment:${name}:${seed}:${how}:${arm}:${String(ctx.now)}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { experiment: name, seed, touchpoint, arm, why, by },
  })
}

/** The first planning that draws lots says so; saying it again changes nothing. */
export function recordStart(ctx: Ctx, { name, seed, touchpoint, arms, smallRange }: Experiment): void {
  ctx.record({
    kind: 'experiment-started',
    at: ctx.now,
    source: 'cadence',
    sourceKey: `experiment:${name}:${seed}:started`,
    who: {},
    detail: {
      experiment: name,
      seed,
      touchpoint,
      arms: arms.map((arm) => ({ name: arm.name, share: arm.share })),
      smallRange: smallRange?.percent ?? 100,
    },
  })
}
