/** Deciding: by a person's press, or by itself where the text allows it and the guard holds. */
import { system } from '../../base/act.ts'
import type { Act, Ctx } from '../../base/act.ts'
import { addDays, dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { hours } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import type { Job } from '../../base/jobs.ts'
import { currentCadence } from '../versions.ts'
import { recordDecision } from './decisions.ts'
import type { Deciding } from './decisions.ts'
import { experimentReport } from './report.ts'
import type { ExperimentReport } from './report.ts'
import type { Experiment } from './shape.ts'

/** Fewer opt-outs than this are chance, whatever their share. */
const leastOptOuts = 3

/** What happens without anybody's press on that day; null = nothing. Pure. */
export function nextStep(report: ExperimentReport, today: Day): Deciding | null {
  const { experiment, arms, findings, phase } = report
  const { smallRange } = experiment
  const control = experiment.arms[0]
  if (!smallRange || !control || (phase !== 'running' && phase !== 'ended')) return null
  const most = smallRange.guard.optOutMax / 100
  const over = arms
    .slice(1)
    .find(({ entered, optOuts }) => optOuts >= leastOptOuts && optOuts / entered > most)
  if (over) {
    const rate = ((over.optOuts / over.entered) * 100).toFixed(1)
    const why = `“${over.title}”的退订率 ${rate}% 超过 ${String(smallRange.guard.optOutMax)}%`
    return { arm: control.name, how: 'stopped', why, by: 'system' }
  }
  const isTime = today >= addDays(experiment.from, smallRange.afterDays)
  if (!smallRange.thenRollOut || !isTime || findings.state !== 'better' || findings.arm === null) return null
  return { arm: findings.arm, how: 'rolled-out', why: '小范围差别可信，退订率在限度内', by: 'system' }
}

export interface Press {
  readonly name: string
  readonly how: Deciding['how']
  /** Of a roll-out; what is stopped goes back to the control. */
  readonly arm: string | null
  readonly why: string
  readonly by: string
}

const refusal = (code: string, message: string, fix: string, status = 404): Refusal =>
  new Refusal(code, message, status, { fix })

/** A person's press: also against what the figures say, which then stand beside it. */
export async function decideExperiment(ctx: Ctx, press: Press): Promise<Experiment> {
  const cadence = await currentCadence(ctx.tx)
  const experiment = cadence?.experiments.find(({ name }) => name === press.name)
  if (!experiment) throw refusal('not-found', '没有这个实验', '回到实验列表重新打开')
  const control = experiment.arms[0]?.name ?? ''
  const arm = press.how === 'stopped' ? control : press.arm
  if (arm === null || !experiment.arms.some(({ name }) => name === arm))
    throw refusal('not-found', '实验里没有这一组', '刷新页面后重新选择')
  const { decided } = experiment
  if (decided?.how === 'rolled-out' && decided.arm === arm)
    throw refusal('already-decided', '已经对所有人采用这一组', '不需要再操作', 409)
  recordDecision(ctx, experiment, { arm, how: press.how, why: press.why, by: press.by })
  return experiment
}

export interface ExperimentParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
}

/** Looks at every running experiment once; answers what it decided. */
export async function stepExperiments({ db, act, clock }: ExperimentParts): Promise<string[]> {
  const now = clock.now()
  const cadence = await currentCadence(db.reader)
  const decided: string[] = []
  for (const { name, smallRange, decided: before } of cadence?.experiments ?? []) {
    if (!cadence || smallRange === null || before !== null) continue
    const report = await db.aside((scratch) => experimentReport(scratch, cadence, name, now))
    const step = report && nextStep(report, dayOf(now))
    if (!report || !step) continue
    await act(system('experiments'), (ctx) => {
      recordDecision(ctx, report.experiment, step)
      return Promise.resolve()
    })
    decided.push(name)
  }
  return decided
}

/** Before the day is planned, so that the plan already follows. */
export const createExperimentJobs = (parts: ExperimentParts): Job[] => [
  {
    name: 'experiments',
    schedule: { every: 'day', at: '08:15' },
    catchUpMs: hours(12),
    async run() {
      await stepExperiments(parts)
    },
  },
]
