/** Modules of ours that run on a thread or in a process of their own: in `dist/` when built, else the sources. */
import { resolve } from 'node:path'
import { packageRoot } from './env.ts'

export interface OwnModule {
  /** Its file. */
  readonly path: string
  /** TypeScript, which the thread or process must be told how to read. */
  readonly fromSource: boolean
}

/** `name`: its path below `src`, without the ending: `segment/clv/fit.worker`. `.config/build-server.mjs` must build it. */
export function ownModule(name: string): OwnModule {
  const fromSource = import.meta.url.endsWith('.ts')
  return {
    path: fromSource
      ? resolve(packageRoot, 'src', `${name}.ts`)
      : resolve(packageRoot, 'dist/src', `${name}.js`),
    fromSource,
  }
}
