/** `import`, `segment`, `log`: verbs that work on the database alone, beside a running server or without one. */
import cliProgress from 'cli-progress'
import { wallClock } from '../base/clock.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { openCore } from '../core.ts'
import type { Core } from '../core.ts'
import type { OrdersImported, ProductsImported } from '../files/index.ts'
import { runImport } from './import.ts'
import type { ImportVerbOptions } from './import.ts'
import { runLog } from './log.ts'
import type { LogVerbOptions, LogVerbRow } from './log.ts'
import { Interrupted, say } from './output.ts'
import { runSegment } from './segment.ts'
import type { SegmentDocument, SegmentVerbOptions } from './segment.ts'

/** Opens the database, runs the verb, closes it again whatever happens. */
export async function withCore<T>(verb: (core: Core) => Promise<T>): Promise<T> {
  const core = await openCore({
    env: readEnv({ partial: true }),
    clock: wallClock,
    root: packageRoot,
    mode: 'create',
  })
  try {
    return await verb(core)
  } finally {
    await core.close()
  }
}

export interface ImportFlags {
  readonly map?: string
  readonly dateFormat?: string
  readonly encoding?: string
  readonly errors?: string
  readonly dryRun?: boolean
}

export async function importVerb(
  what: string,
  file: string,
  flags: ImportFlags,
): Promise<OrdersImported | ProductsImported> {
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({
        format: '{value} lines, {speed} a second',
        stream: process.stderr,
        hideCursor: true,
      })
    : null
  const startedAt = wallClock.steady()
  // Ctrl-C ends between two transactions; what is in is in, and the next run takes up there.
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  bar?.start(0, 0, { speed: 0 })
  try {
    return await withCore((core) =>
      runImport(core, {
        what,
        file,
        map: flags.map,
        dateFormat: flags.dateFormat,
        encoding: flags.encoding as ImportVerbOptions['encoding'],
        errorsFile: flags.errors,
        dryRun: flags.dryRun,
        onProgress: (lines) =>
          bar?.update(lines, { speed: Math.round((lines / (wallClock.steady() - startedAt)) * 1000) }),
        onWarning: say,
        signal: interrupt.signal,
      }),
    )
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    throw new Interrupted('Interrupted; run the same import again to complete it.')
  } finally {
    bar?.stop()
    process.removeListener('SIGINT', onInterrupt)
  }
}

export const segmentVerb = (options: SegmentVerbOptions): Promise<SegmentDocument> =>
  withCore((core) => runSegment({ ...core, configDir: core.env.configDir }, options))

export const logVerb = (options: LogVerbOptions): Promise<LogVerbRow[]> =>
  withCore((core) => runLog(core, options))
