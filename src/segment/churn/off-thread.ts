import { runInWorker } from '../../base/worker.ts'
import type { Calibration, CalibrationTask } from './calibrate.ts'
import type { WorkOf } from './churn.worker.ts'
import type { Evaluation, EvaluationTask } from './evaluate.ts'

const inWorker = <T>(name: 'evaluation' | 'calibration', work: object): Promise<T> =>
  runInWorker<T>('segment/churn/churn.worker', name, work)

/** The histories are copied into the worker. */
export const evaluateOffThread = (work: WorkOf<EvaluationTask>): Promise<Evaluation> =>
  inWorker('evaluation', work)

export const calibrateOffThread = (work: WorkOf<Omit<CalibrationTask, 'isOf'>>): Promise<Calibration> =>
  inWorker('calibration', work)
