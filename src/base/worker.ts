/**
 * Heavy arithmetic off the main thread: one worker for one task, gone afterwards, so that the memory it took is given
 * back. Works from `dist/` and from the sources, where the worker needs the same loader as we do.
 */
import { pathToFileURL } from 'node:url'
import { ownModule } from './own-module.ts'

/** `module`: its path below `src` without the ending; `name`: the exported function; `task`: what it is given. */
export const runInWorker = <T>(module: string, name: string, task: object): Promise<T> =>
  withWorker(module, async (run) => (await run(task, name)) as T)

type Run = (task: unknown, name: string) => Promise<unknown>

/** Starts the thread, lends it, ends it. */
export async function withWorker<T>(module: string, work: (run: Run) => Promise<T>): Promise<T> {
  // Loaded when it is needed: most verbs never are in such a need.
  const { Piscina } = await import('piscina')
  const { path, fromSource } = ownModule(module)
  const pool = new Piscina({
    filename: pathToFileURL(path).href,
    minThreads: 1,
    maxThreads: 1,
    execArgv: fromSource ? ['--import', sourceLoader()] : [],
  })
  try {
    return await work((task, name) => pool.run(task, { name }) as Promise<unknown>)
  } finally {
    await pool.destroy()
  }
}

/** tsx registers itself on the main thread only; in a worker of Node 20 it has to be asked. */
const sourceLoader = (): string =>
  `data:text/javascript,import{register}from${JSON.stringify(import.meta.resolve('tsx/esm/api'))};register()`
