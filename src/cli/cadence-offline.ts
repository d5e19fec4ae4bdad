/** `siyu cadence validate|schema`: what needs no database. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnv } from '../base/env.ts'
import { cadenceSchema, cadenceSchemaText, namesInFiles, readCadence } from '../cadence/index.ts'
import type { KnownNames } from '../cadence/index.ts'
import { loadTierRules } from '../segment/index.ts'
import { readCadenceText } from './cadence-drafts.ts'
import { orProblems, problemsOf, tell } from './cadence-problems.ts'
import type { CadenceChecked } from './cadence-problems.ts'
import { say } from './output.ts'

export interface ValidateOptions {
  readonly file?: string | undefined
  readonly configDir: string
  readonly known: KnownNames
}

/** Throws `invalid-cadence` for a file that is not text, `usage` for one that is not there. */
export function cadenceValidate({ file, configDir, known }: ValidateOptions): CadenceChecked {
  const path = fileOf(file, configDir)
  const read = readCadence(readCadenceText(path), known)
  return { file: path, ok: read.mistakes.length === 0, ...problemsOf(read) }
}

const fileOf = (file: string | undefined, configDir: string): string =>
  file ?? join(configDir, 'cadence.yaml')

/** Exit code 3 when it cannot be used. */
export function validateVerb(file: string | undefined): Promise<CadenceChecked> {
  const { configDir } = readEnv({ partial: true })
  const known = namesInFiles(configDir, loadTierRules(configDir))
  return orProblems(fileOf(file, configDir), () =>
    Promise.resolve().then(() => tell(cadenceValidate({ file, configDir, known }))),
  )
}

export function schemaVerb(options: { readonly write?: boolean }): Promise<unknown> {
  if (options.write === true) {
    const path = join(readEnv({ partial: true }).configDir, 'cadence.schema.json')
    writeFileSync(path, cadenceSchemaText())
    say(`wrote ${path}`)
  }
  return Promise.resolve(cadenceSchema())
}
