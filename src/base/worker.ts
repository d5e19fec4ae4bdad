/**
 * Heavy arithmetic off the main thread: one worker for one task, gone afterwards, so that the memory it took is given
 * back. Works from `dist/` and from the sources, where the worker needs the same loader as we do.
 */

/** `module`: its URL without the ending, beside the caller; `name`: the exported function; `task`: what it is given. */
export async function runInWorker<T>(caller: string, module: string, name: string, task: object): Promise<T> {
  // Loaded when it is needed: most verbs never are in such a need.
  const { Piscina } = await import('piscina')
  const fromSource = caller.endsWith('.ts')
  const pool = new Piscina({
    filename: new URL(`${module}${fromSource ? '.ts' : '.js'}`, caller).href,
    minThreads: 1,
    maxThreads: 1,
    execArgv: fromSource ? ['--import', sourceLoader()] : [],
  })
  try {
    return (await pool.run(task, { name })) as T
  } finally {
    await pool.destroy()
  }
}

/** tsx registers itself on the main thread only; in a worker of Node 20 it has to be asked. */
const sourceLoader = (): string =>
  `data:text/javascript,import{register}from${JSON.stringify(import.meta.resolve('tsx/esm/api'))};register()`
