/** `siyu archive read FILE|-`, `siyu archive position`: the session archive, as whoever decrypts it writes it. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { sqlitePath } from '../base/db.ts'
import { packageRoot } from '../base/env.ts'
import { Refusal } from '../base/errors.ts'
import { isServed } from '../base/server-lock.ts'
import { resourceUsage } from 'node:process'
import type { Core } from '../core.ts'
import { createPace, openRejects } from '../files/index.ts'
import {
  archivePosition,
  createApi,
  createAskConsent,
  createClient,
  linesSource,
  readArchive,
} from '../wecom/index.ts'
import type { ArchiveRead, AskConsent } from '../wecom/index.ts'
import { withCore } from './data.ts'
import { createProgress } from './progress.ts'
import { Interrupted, say } from './output.ts'

export interface ArchiveFlags {
  readonly after?: number
  readonly resume?: boolean
  readonly limit?: number
  readonly errors?: string
  readonly dryRun?: boolean
}

export interface ArchiveDocument extends ArchiveRead {
  readonly seconds: number
  readonly peakMemoryMb: number
}

export async function archiveReadVerb(file: string, flags: ArchiveFlags): Promise<ArchiveDocument> {
  if (file !== '-') mustBeFile(file)
  if (flags.after !== undefined && flags.resume === true)
    throw new Refusal('usage', '--after and --resume both say where to begin.', 400, {
      fix: 'Keep one of them.',
    })
  const progress = process.stderr.isTTY ? createProgress() : null
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    return await withCore((core) =>
      run(core, file, flags, interrupt.signal, (done) =>
        progress?.show({ phase: 'writing', done, total: null }),
      ),
    )
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    throw new Interrupted('Interrupted; what was read is kept, read the same again to go on.')
  } finally {
    progress?.stop()
    process.removeListener('SIGINT', onInterrupt)
  }
}

async function run(
  core: Core,
  file: string,
  flags: ArchiveFlags,
  signal: AbortSignal,
  onProgress: (records: number) => void,
): Promise<ArchiveDocument> {
  const startedAt = core.clock.steady()
  const errorsFile = flags.errors ?? (file === '-' ? 'archive.errors.csv' : `${file}.errors.csv`)
  const rejects = openRejects(errorsFile, flags.dryRun === true)
  const path = sqlitePath(core.env.databaseUrl, packageRoot)
  const pace = createPace({
    clock: core.clock,
    served: () => (path === null ? Promise.resolve(true) : isServed(path)),
  })
  const asking = askOf(core)
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 })
  // Whoever waits for a pipe would not hear of it otherwise.
  signal.addEventListener('abort', () => input.destroy(new Error('interrupted')))
  try {
    const found = await readArchive(
      { ...core, ask: asking?.ask ?? null },
      {
        source: linesSource(input),
        after: flags.resume === true ? ((await archivePosition(core.db.reader)) ?? 0) : flags.after,
        limit: flags.limit,
        dryRun: flags.dryRun,
        onReject: (line, why, fix) => rejects.add(line, why, fix, ''),
        onProgress,
        rest: () => pace.rest(),
        signal,
      },
    )
    return {
      ...found,
      seconds: Math.round(core.clock.steady() - startedAt) / 1000,
      peakMemoryMb: Math.round(resourceUsage().maxRSS / 1024),
    }
  } finally {
    await asking?.close()
    await rejects.close()
    tell(rejects, errorsFile, flags.dryRun === true)
  }
}

function mustBeFile(file: string): void {
  if (!existsSync(file) || statSync(file).isDirectory())
    throw new Refusal('file-missing', `There is no file ${file}.`, 404, {
      fix: 'Check the path, or write - to read from standard input.',
    })
}

function tell(rejects: ReturnType<typeof openRejects>, path: string, dryRun: boolean): void {
  const count = rejects.count()
  if (count === 0) return
  const trouble = rejects.trouble()
  if (trouble !== null) say(`The refused records could not be written to ${path}: ${trouble}`)
  else if (dryRun) say(`${String(count)} records would be refused, the first: ${rejects.first() ?? ''}`)
  else say(`${String(count)} records were refused; line, reason and fix stand in ${path}`)
}

/** With the archive's own secret WeCom can be asked who agreed. */
function askOf({ env, clock }: Core): { readonly ask: AskConsent; close(): Promise<void> } | null {
  const { archiveSecret, ...app } = env.wecom
  if (archiveSecret === undefined || app.corpId === 'offline') return null
  const client = createClient({ ...app, agentSecret: archiveSecret }, { clock })
  return { ask: createAskConsent(createApi(client), say), close: () => client.close() }
}

export const archivePositionVerb = (): Promise<{ readonly position: number | null }> =>
  withCore(async ({ db }) => ({ position: await archivePosition(db.reader) }))
