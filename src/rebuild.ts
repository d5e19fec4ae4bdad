/** `segment --rebuild`: the log told again into a scratch database beside the data, compared with the shop, and mended. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { dayOf } from './base/calendar.ts'
import type { Day } from './base/calendar.ts'
import { days, wallClock } from './base/clock.ts'
import { sqlitePath } from './base/db.ts'
import type { Db } from './base/db.ts'
import { projections } from './core.ts'
import type { Core } from './core.ts'
import { peopleAsTold, rollTables } from './customer/index.ts'
import { rebuild } from './interaction/index.ts'
import type { Difference, TableReport } from './interaction/index.ts'
import { levelsRetold } from './reward/index.ts'
import { openDatabase, tables } from './schema.ts'
import { standingsRetold, tagsRetold } from './segment/index.ts'

export interface RebuildOptions {
  readonly dryRun?: boolean | undefined
  /** Where the scratch database lies; beside a SQLite file, else with the system's temporary files. */
  readonly folder?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((seq: number) => void) | undefined
}

export interface RebuildReport {
  readonly asOf: Day
  /** The newest row that was told. */
  readonly head: number
  readonly tables: Readonly<Record<string, TableReport>>
  /** The first 20, with both rows. */
  readonly differences: readonly Difference[]
  /** Nothing differed. */
  readonly same: boolean
  readonly published: number
  readonly seconds: number
  readonly peakMemoryMb: number
}

type Parts = Pick<Core, 'db' | 'act' | 'clock' | 'rules' | 'tagRules'>

/** Names the folder of a run that was killed, so that the next one clears it away. */
const scratchPrefix = 'siyu-rebuild-'

export async function rebuildStore(
  { db, act, clock, rules, tagRules }: Parts,
  folder: string,
  options: RebuildOptions = {},
): Promise<RebuildReport> {
  const startedAt = performance.now()
  const asOf = dayOf(clock.now())
  clearOld(folder)
  const home = mkdtempSync(join(folder, scratchPrefix))
  try {
    const { db: scratch } = await openDatabase(`sqlite:${join(home, 'told.db')}`, home, 'create', clock.now())
    try {
      await hurry(scratch)
      const found = await rebuild({
        db,
        scratch,
        tables,
        people: peopleAsTold,
        projections,
        roll: rollTables,
        derived: [
          tagsRetold({ db, act, clock, tagRules }),
          standingsRetold({ act, clock, rules }),
          levelsRetold({ act, clock }),
        ],
        dryRun: options.dryRun === true,
        signal: options.signal,
        onProgress: options.onProgress,
      })
      const wrong = Object.values(found.tables).reduce(
        (sum, { differ, missing, extra }) => sum + differ + missing + extra,
        0,
      )
      return {
        asOf,
        head: found.head,
        tables: found.tables,
        differences: found.differences,
        same: wrong === 0,
        published: found.published,
        seconds: Math.round(performance.now() - startedAt) / 1000,
        peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
      }
    } finally {
      await scratch.close()
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** What a killed run left behind; a living one is never a day old. */
function clearOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name.startsWith(scratchPrefix) && wallClock.now() - statSync(path).mtimeMs > days(1))
      rmSync(path, { recursive: true, force: true })
  }
}

/** Nothing in it outlives the run, so nothing waits for the disk. */
async function hurry(scratch: Db): Promise<void> {
  await scratch.source.query('PRAGMA synchronous = OFF')
  await scratch.source.query('PRAGMA cache_size = -65536')
}

export const scratchFolder = (databaseUrl: string, root: string): string => {
  const path = sqlitePath(databaseUrl, root)
  return path === null ? tmpdir() : dirname(path)
}
