/** What every import has in common: its options, its pace beside a server, its progress, its closing words. */
import { setTimeout as pause } from 'node:timers/promises'
import { resourceUsage } from 'node:process'
import type { Act } from '../base/act.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import type { HashPhone } from '../customer/index.ts'
import type { Flush } from '../interaction/index.ts'
import type { MoneyUnit } from './values.ts'
import type { Rejects } from './rejects.ts'
import type { Encoding } from './text-file.ts'

export interface ImportParts {
  readonly db: Db
  readonly clock: Clock
  readonly act: Act
  readonly flush: Flush
  /** Absent where there is no master key; then a file with phones is refused. */
  readonly hashPhone?: HashPhone | undefined
  /** Does a server work on this database? Then the import makes room between its transactions. */
  readonly served?: (() => Promise<boolean>) | undefined
}

export interface Progress {
  readonly phase: 'reading' | 'writing'
  readonly done: number
  /** Lines in all; an estimate while reading, null when nobody can know. */
  readonly total: number | null
}

export interface ImportOptions {
  readonly file: string
  /** `customer=1,date=3,amount=5`: names or 1-based positions. */
  readonly map?: string | undefined
  readonly dateFormat?: string | undefined
  /** The zone of wall-clock times without an offset; the shop's when absent. */
  readonly zone?: string | undefined
  readonly unit?: MoneyUnit | undefined
  readonly encoding?: Encoding | undefined
  /** A second, small file whose columns are joined: `on` is COLUMN=COLUMN. */
  readonly lookup?: string | undefined
  readonly on?: string | undefined
  readonly dryRun?: boolean | undefined
  /** Where refused rows go; beside the file when absent. */
  readonly errorsFile?: string | undefined
  /** Called while reading and after each transaction. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Said to the person, on stderr. */
  readonly onWarning?: ((words: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export const rowsPerTransaction = 500
const pauseMs = 20
const lookEveryMs = 2_000

export interface Pace {
  /** Between two transactions: a pause when somebody else waits for the writer, else only a turn of the loop. */
  rest(): Promise<void>
}

/**
 * A process beside a server cannot see the server's queue, and SQLite gives the writer to whoever asks first: without a
 * pause the bulk work starves the door. Alone, the pause would only cost time.
 */
export function createPace({ clock, served }: Pick<ImportParts, 'clock' | 'served'>): Pace {
  let lookedAt = Number.NEGATIVE_INFINITY
  let busy = false
  return {
    async rest() {
      if (served && clock.steady() - lookedAt > lookEveryMs) {
        busy = await served()
        lookedAt = clock.steady()
      }
      if (busy) await pause(pauseMs)
    },
  }
}

export interface Cost {
  readonly seconds: number
  readonly peakMemoryMb: number
}

export const costSince = (clock: Clock, startedAt: number): Cost => ({
  seconds: Math.round(clock.steady() - startedAt) / 1000,
  peakMemoryMb: Math.round(resourceUsage().maxRSS / 1024),
})

export function mustHoldRows(lines: number, path: string, what: string): void {
  if (lines === 0)
    throw new Refusal('file-empty', `The file ${path} holds a heading and no rows.`, 400, {
      fix: `Export it again; it should hold one line per ${what}.`,
    })
}

export function tellOfRejects(
  rejects: Rejects,
  { file, errorsFile, dryRun, onWarning }: ImportOptions,
): void {
  if (rejects.count() === 0) return
  const path = errorsFile ?? `${file}.errors.csv`
  const trouble = rejects.trouble()
  if (trouble !== null) onWarning?.(`The refused rows could not be written to ${path}: ${trouble}`)
  else if (dryRun !== true)
    onWarning?.(`${String(rejects.count())} rows were refused; line, reason and fix stand in ${path}`)
  else onWarning?.(`${String(rejects.count())} rows would be refused, the first: ${rejects.first() ?? ''}`)
}
