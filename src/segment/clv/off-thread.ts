/** The arithmetic runs on a thread of its own, so that the event loop of `serve` never waits for it. */
import { withWorker } from '../../base/worker.ts'
import type * as worker from './fit.worker.ts'

type Work = typeof worker

export interface Thread {
  run<N extends keyof Work>(name: N, task: Parameters<Work[N]>[0]): Promise<ReturnType<Work[N]>>
}

/** Starts the thread, lends it, ends it. */
export const onThread = <T>(work: (thread: Thread) => Promise<T>): Promise<T> =>
  withWorker('segment/clv/fit.worker', (run) =>
    work({
      run: async <N extends keyof Work>(name: N, task: Parameters<Work[N]>[0]) =>
        (await run(task, name)) as ReturnType<Work[N]>,
    }),
  )
