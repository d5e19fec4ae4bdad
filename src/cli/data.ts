/** `import`, `segment`, `log`: verbs that work on the database alone, beside a running server or without one. */
import { wallClock } from '../base/clock.ts'
import { sqlitePath } from '../base/db.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { isServed } from '../base/server-lock.ts'
import { openCore } from '../core.ts'
import type { Core } from '../core.ts'
import { loadAttributes, phoneHasher } from '../customer/index.ts'
import { runAudienceCount, runAudienceExplain, runAudienceFields } from './audience.ts'
import { runImport } from './import.ts'
import type { Imported, ImportVerbOptions, ImportVerbParts } from './import.ts'
import { createProgress } from './progress.ts'
import { runLog } from './log.ts'
import type { LogVerbOptions, LogVerbRow } from './log.ts'
import { rebuildStore, scratchFolder } from '../rebuild.ts'
import type { RebuildReport } from '../rebuild.ts'
import { exitCodes, Interrupted, say } from './output.ts'
import { runSegmentExplain } from './segment-explain.ts'
import type { SegmentExplainOptions } from './segment-explain.ts'
import { runSegment } from './segment.ts'
import type { CustomerExplained } from '../segment/index.ts'
import type { SegmentDocument, SegmentVerbOptions } from './segment.ts'
import { runTags } from './tags.ts'
import type { TagsDocument } from './tags.ts'

/** Opens the database, runs the verb, closes it again whatever happens. `speaks`: it calls WeCom and needs the app's keys. */
export async function withCore<T>(
  verb: (core: Core) => Promise<T>,
  { speaks = false }: { readonly speaks?: boolean } = {},
): Promise<T> {
  const core = await openCore({
    env: readEnv({ partial: !speaks }),
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
  readonly zone?: string
  readonly unit?: string
  readonly lookup?: string
  readonly on?: string
  readonly kind?: string
  readonly detail?: string
  readonly ignore?: string
  readonly clearEmpty?: boolean
  readonly errors?: string
  readonly dryRun?: boolean
}

/** What an import needs beside the database: the key that hashes phones, and whether a server is at work. */
export function importParts(core: Core): ImportVerbParts {
  const path = sqlitePath(core.env.databaseUrl, packageRoot)
  return {
    ...core,
    attributes: loadAttributes(core.env.configDir),
    hashPhone: phoneHasher(core.env.masterKey),
    served: () => (path === null ? Promise.resolve(true) : isServed(path)),
  }
}

export async function importVerb(what: string, file: string, flags: ImportFlags): Promise<Imported> {
  const progress = process.stderr.isTTY ? createProgress() : null
  // Ctrl-C ends between two transactions; what is in is in, and the next run takes up there.
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    return await withCore((core) =>
      runImport(importParts(core), {
        what,
        file,
        map: flags.map,
        dateFormat: flags.dateFormat,
        zone: flags.zone,
        unit: flags.unit as ImportVerbOptions['unit'],
        encoding: flags.encoding as ImportVerbOptions['encoding'],
        lookup: flags.lookup,
        on: flags.on,
        kind: flags.kind,
        detail: flags.detail,
        ignore: flags.ignore,
        clearEmpty: flags.clearEmpty,
        errorsFile: flags.errors,
        dryRun: flags.dryRun,
        onProgress: (now) => progress?.show(now),
        onWarning: say,
        signal: interrupt.signal,
      }),
    )
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    throw new Interrupted('Interrupted; run the same import again to complete it.')
  } finally {
    progress?.stop()
    process.removeListener('SIGINT', onInterrupt)
  }
}

export { explanationText, matrixText } from './segment-words.ts'

export const explainSegmentVerb = (
  customer: string,
  options: SegmentExplainOptions,
): Promise<CustomerExplained> =>
  withCore((core) => runSegmentExplain({ ...core, configDir: core.env.configDir }, customer, options))

export const tagsVerb = (options: { readonly asOf?: string | undefined }): Promise<TagsDocument> =>
  withCore((core) => runTags(core, options))

export const segmentVerb = (options: SegmentVerbOptions): Promise<SegmentDocument> =>
  withCore((core) => runSegment({ ...core, configDir: core.env.configDir }, options))

/** Reads the log anew and compares; in a dry run, exit code 1 when anything differs. */
export async function rebuildVerb({ dryRun }: { dryRun?: boolean | undefined }): Promise<RebuildReport> {
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    return await withCore(async (core) => {
      const folder = scratchFolder(core.env.databaseUrl, packageRoot)
      const report = await rebuildStore(core, folder, { dryRun, signal: interrupt.signal })
      if (dryRun === true && !report.same) process.exitCode = exitCodes.failed
      return report
    })
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    throw new Interrupted('Interrupted; what was mended is mended, run it again for the rest.')
  } finally {
    process.removeListener('SIGINT', onInterrupt)
  }
}

export const logVerb = (options: LogVerbOptions): Promise<LogVerbRow[]> =>
  withCore((core) => runLog(core, options))

export const audienceCountVerb = (rule: string, sample: number): Promise<unknown> =>
  withCore((core) => runAudienceCount(core, rule, sample))

export const audienceExplainVerb = (rule: string, customer: string): Promise<unknown> =>
  withCore((core) => runAudienceExplain(core, rule, customer))

export const audienceFieldsVerb = (): Promise<unknown> => withCore((core) => runAudienceFields(core))
