/**
 * The arithmetic runs on a thread of its own, so that the event loop of `serve` never waits for it. The same file runs
 * from `dist/` (JavaScript) and from source (tsx, vitest), where the thread needs tsx to read TypeScript.
 */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as worker from './fit.worker.ts'

type Work = typeof worker

export interface Thread {
  run<N extends keyof Work>(name: N, task: Parameters<Work[N]>[0]): Promise<ReturnType<Work[N]>>
}

const extension = extname(fileURLToPath(import.meta.url))

/** `--import tsx` leaves threads alone, so the thread asks for it itself. Only met in development. */
const readsTypeScript = (): string =>
  `data:text/javascript,import{register}from${JSON.stringify(import.meta.resolve('tsx/esm/api'))};register()`

/** Starts the thread, lends it, ends it. */
export async function onThread<T>(work: (thread: Thread) => Promise<T>): Promise<T> {
  // Loaded when it is needed: most verbs never are in such a need.
  const { Piscina } = await import('piscina')
  const pool = new Piscina({
    filename: new URL(`./fit.worker${extension}`, import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    ...(extension === '.ts' ? { execArgv: ['--import', readsTypeScript()] } : {}),
  })
  try {
    return await work({
      run: async <N extends keyof Work>(name: N, task: Parameters<Work[N]>[0]) =>
        (await pool.run(task, { name })) as ReturnType<Work[N]>,
    })
  } finally {
    await pool.destroy()
  }
}
