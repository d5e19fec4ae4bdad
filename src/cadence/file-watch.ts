/**
 * CADENCE_SOURCE=file: a changed file becomes the next version within seconds. What counts is its content: it is taken
 * when two looks a while apart read the same bytes, so that neither a half-written file nor an editor's renaming nor a
 * mere touch is ever taken for a change. A broken file leaves the last good one in force and says so until it is mended.
 */
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { watch } from 'chokidar'
import type { FSWatcher } from 'chokidar'
import { system } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { sha256 } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import { newestVersion } from './cadence.store.ts'
import { readCadence } from './config.ts'
import type { Mistake } from './mistake.ts'
import { planToday } from './plan.ts'
import type { CadenceParts } from './plan.ts'
import { namesForFile, publish } from './versions.ts'
import { decodeYaml } from './yaml.ts'

export interface FileTrouble {
  readonly since: Instant
  readonly path: string
  readonly mistakes: readonly Mistake[]
}

export interface FileWatch {
  start(): Promise<void>
  stop(): Promise<void>
  /** Why the file on the disk is not the one in force; null when it is. */
  trouble(): FileTrouble | null
  /** The same in one line, for /readyz. */
  missing(): string | null
}

export interface FileWatchParts extends CadenceParts {
  readonly path: string
  readonly log: Log
  /** So long must the content have stayed the same. */
  readonly stableMs?: number
  /** A look without any notice: folders on a network or in a container send none. */
  readonly pollMs?: number
}

export function createFileWatch(parts: FileWatchParts): FileWatch {
  const { path, log, clock, stableMs = 1_000, pollMs = 1_000 } = parts
  const taker = createTaker(parts)
  let seen: { readonly hash: string; readonly at: number } | null = null
  let running: Promise<void> | null = null
  let again = false
  let timer: NodeJS.Timeout | null = null
  let notices: FSWatcher | null = null

  const once = async (): Promise<void> => {
    const bytes = await read(path)
    const hash = bytes === null ? 'absent' : sha256(bytes)
    if (seen?.hash !== hash) {
      seen = { hash, at: clock.steady() }
      return
    }
    if (clock.steady() - seen.at >= stableMs) await taker.take(hash, bytes)
  }
  const look = (): void => {
    if (running !== null) {
      again = true
      return
    }
    running = once()
      .catch((error: unknown) =>
        log.warn({ err: error, path }, 'the cadence file could not be read and is looked at again'),
      )
      .finally(() => {
        running = null
        if (again) {
          again = false
          look()
        }
      })
  }
  return {
    async start() {
      timer = setInterval(look, pollMs)
      const watcher = watch(dirname(path), { depth: 0, ignoreInitial: true })
      notices = watcher
      watcher.on('all', (_event, changed) => {
        if (basename(changed) === basename(path)) look()
      })
      watcher.on('error', (error) =>
        log.warn(
          { err: error, path },
          'the folder sends no notices; the cadence file is looked at every second',
        ),
      )
      look()
      await Promise.resolve()
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
      await notices?.close()
      while (running !== null) await pause(5)
    },
    trouble: taker.trouble,
    missing() {
      const trouble = taker.trouble()
      const [first] = trouble?.mistakes ?? []
      return first ? `${placeOf(path, first)}; the last good version stays in force` : null
    },
  }
}

/** Null when it is not there: an editor may be between two renames. */
async function read(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

const placeOf = (path: string, { line, column, path: setting, messageEn, fixEn }: Mistake): string =>
  `${path}:${String(line)}:${String(column)} ${setting === '' ? '' : `${setting}: `}${messageEn}; ${fixEn}`

const absent: Mistake = {
  line: 1,
  column: 1,
  path: '',
  message: '配置文件不见了',
  fix: '把 cadence.yaml 放回配置文件夹',
  messageEn: 'the file is not there',
  fixEn: 'put it back',
}

/** What is done with a content that has come to rest. */
function createTaker(parts: FileWatchParts) {
  const { path, log, act, clock, tierRules } = parts
  let taken: string | null = null
  let trouble: FileTrouble | null = null

  const mistakesIn = async (
    bytes: Buffer | null,
  ): Promise<{ readonly yaml: string; readonly mistakes: readonly Mistake[] }> => {
    if (bytes === null) return { yaml: '', mistakes: [absent] }
    const { text, mistake } = decodeYaml(bytes)
    if (mistake) return { yaml: '', mistakes: [mistake] }
    if ((await newestVersion(parts.db.reader))?.yaml === text) return { yaml: text, mistakes: [] }
    const known = await namesForFile(parts.db.reader, tierRules)
    return { yaml: text, mistakes: readCadence(text, known).mistakes }
  }
  return {
    trouble: () => trouble,
    async take(hash: string, bytes: Buffer | null): Promise<void> {
      if (hash === taken) return
      const { yaml, mistakes } = await mistakesIn(bytes)
      if (mistakes.length > 0) {
        trouble = { since: clock.now(), path, mistakes }
        taken = hash
        log.warn(
          { mistakes: mistakes.slice(0, 20).map((one) => placeOf(path, one)) },
          'the changed cadence file cannot be used; the last good version stays in force',
        )
        return
      }
      const row = await act(system('cadence-file'), (ctx) =>
        publish(ctx, tierRules, { yaml, note: '配置文件已更新', by: 'file', baseVersion: null }),
      )
      if (taken !== null || trouble !== null)
        log.info({ path, version: row.version }, 'the cadence file is in force')
      trouble = null
      taken = hash
      await planToday(parts).catch((error: unknown) =>
        log.warn({ err: messageOf(error) }, 'the day is planned again at its next slot'),
      )
    },
  }
}
