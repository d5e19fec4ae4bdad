/** What is wrong with a cadence, as every verb that takes one tells it: one line a mistake, and the same in the document. */
import type { CadenceRead, Mistake } from '../cadence/index.ts'
import { Refusal } from '../base/errors.ts'
import { exitCodes, say } from './output.ts'

export interface CadenceProblem {
  /** 1-based. */
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
  readonly fix: string
  readonly messageZh: string
  readonly fixZh: string
}

export interface CadenceChecked {
  /** A file, or what else was read: `version 3`, `draft 01…`. */
  readonly file: string
  readonly ok: boolean
  readonly problems: readonly CadenceProblem[]
  readonly warnings: readonly CadenceProblem[]
}

const problemOf = (one: Mistake): CadenceProblem => ({
  line: one.line,
  column: one.column,
  path: one.path,
  message: one.messageEn,
  fix: one.fixEn,
  messageZh: one.message,
  fixZh: one.fix,
})

export const problemsOf = ({
  mistakes,
  warnings,
}: Pick<CadenceRead, 'mistakes' | 'warnings'>): Pick<CadenceChecked, 'problems' | 'warnings'> => ({
  problems: mistakes.map(problemOf),
  warnings: warnings.map(problemOf),
})

/** `config/cadence.yaml:12:5 touchpoints.weekly-note.weekday: … — fix: …` */
const lineOf = (file: string, { line, column, path, message, fix }: CadenceProblem, word = ''): string =>
  `${file}:${String(line)}:${String(column)}${path === '' ? '' : ` ${path}`}: ${word}${message} — fix: ${fix}`

/** One line a mistake or warning, for the terminal. */
export const problemLines = ({ file, problems, warnings }: Omit<CadenceChecked, 'ok'>): string[] => [
  ...problems.map((one) => lineOf(file, one)),
  ...warnings.map((one) => lineOf(file, one, 'warning: ')),
]

/** Tells them on stderr; exit code 3 when there is a mistake. */
export function tell(checked: CadenceChecked): CadenceChecked {
  for (const line of problemLines(checked)) say(line)
  if (!checked.ok) process.exitCode = exitCodes.configuration
  return checked
}

const isMistakes = (value: unknown): value is readonly Mistake[] => Array.isArray(value)

/** What a verb did, or every mistake of the cadence for which it did nothing, as `validate` tells them. */
export async function orProblems<T>(file: string, verb: () => Promise<T>): Promise<T | CadenceChecked> {
  try {
    return await verb()
  } catch (error) {
    const found = error instanceof Refusal && error.code === 'invalid-cadence' ? error.detail : undefined
    const mistakes = found?.['problems']
    if (!isMistakes(mistakes)) throw error
    return tell({ file, ok: false, ...problemsOf({ mistakes, warnings: [] }) })
  }
}
