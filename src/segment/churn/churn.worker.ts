/** What runs in a worker: see off-thread.ts. */
import { calibrate } from './calibrate.ts'
import type { Calibration, CalibrationTask } from './calibrate.ts'
import { evaluate } from './evaluate.ts'
import type { Evaluation, EvaluationTask } from './evaluate.ts'
import type { Histories } from './histories.ts'
import type { ChurnRules } from './settings.ts'

export interface WorkOf<T> {
  readonly rules: ChurnRules
  readonly histories: Histories
  readonly task: T
}

export const evaluation = ({ rules, histories, task }: WorkOf<EvaluationTask>): Evaluation =>
  evaluate(rules, histories, task)

export const calibration = ({ rules, histories, task }: WorkOf<Omit<CalibrationTask, 'isOf'>>): Calibration =>
  calibrate(rules, histories, task)
