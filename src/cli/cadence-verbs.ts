/** `cadence …`: the verbs with their database around them. The shipped file is version 1 of a database that has none. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { system } from '../base/act.ts'
import { readEnv } from '../base/env.ts'
import { cadenceSchema, cadenceSchemaText, seedCadence } from '../cadence/index.ts'
import type { CadenceParts, Explained } from '../cadence/index.ts'
import { shippedCadence } from '../core.ts'
import type { Core } from '../core.ts'
import { loadTierRules } from '../segment/index.ts'
import {
  cadenceApply,
  cadenceDiff,
  cadenceExplain,
  cadencePause,
  cadencePlan,
  cadenceQuota,
  cadenceReasons,
  cadenceResume,
  cadenceValidate,
  validationLines,
} from './cadence.ts'
import type { SwitchOptions } from './cadence.ts'
import { cadenceRollback, draftDeed, draftSave, draftShow, draftsListed } from './cadence-drafts.ts'
import type { CadenceWishDone, DraftDeed, DraftVerbParts } from './cadence-drafts.ts'
import { cadenceCampaigns } from './campaigns.ts'
import { withCore } from './data.ts'
import { cadenceTry, withStaffNote } from './cadence-try.ts'
import type { TryOptions } from './cadence-try.ts'
import { cadenceExperiments } from './experiments.ts'
import { exitCodes, say } from './output.ts'

async function withCadence<T>(verb: (parts: CadenceParts, core: Core) => Promise<T>): Promise<T> {
  return withCore(async (core) => {
    const { env, act, rules } = core
    await act(system('setup'), (ctx) => seedCadence(ctx, rules, shippedCadence(env)))
    return verb({ ...core, tierRules: rules }, core)
  })
}

/** Exit code 3 when it cannot be used; needs no database. */
export function validateVerb(file: string | undefined): Promise<unknown> {
  const { configDir } = readEnv({ partial: true })
  const checked = cadenceValidate({ file, configDir, tierRules: loadTierRules(configDir) })
  for (const line of validationLines(checked)) say(line)
  if (!checked.ok) process.exitCode = exitCodes.configuration
  return Promise.resolve(checked)
}

export const planVerb = (options: { from?: string; days?: string; file?: string }): Promise<unknown> =>
  withCadence(async (parts) => {
    const planned = await cadencePlan(parts, options)
    const missing = planned.holidaysMissing.join(', ')
    if (missing !== '') say(`no state holidays for ${missing}: Monday to Friday count as workdays`)
    return planned
  })

export { explanationText } from './cadence.ts'
export const explainVerb = (customer: string, options: { days?: string }): Promise<Explained> =>
  withCadence((parts) => cadenceExplain(parts, { customer, days: options.days }))

export const tryVerb = (touchpoint: string, options: TryOptions): Promise<unknown> =>
  withCadence((parts, core) =>
    withStaffNote(core, (post) =>
      cadenceTry({ ...parts, publicUrl: core.env.publicUrl, post }, touchpoint, options),
    ),
  )

export const diffVerb = (file: string): Promise<unknown> => withCadence((parts) => cadenceDiff(parts, file))

const withDrafts = <T>(verb: (parts: DraftVerbParts) => Promise<T>): Promise<T> =>
  withCadence((parts, { env }) =>
    verb({ ...parts, admins: env.admins, readOnly: env.cadenceSource === 'file' }),
  )

const sayNext = <T extends CadenceWishDone>(done: T): T => {
  if (done.next !== null) say(done.next)
  return done
}

export const applyVerb = (
  file: string | undefined,
  { note, preset }: { note?: string; preset?: string },
): Promise<unknown> => {
  const { configDir } = readEnv({ partial: true })
  return withDrafts(async (parts) => sayNext(await cadenceApply(parts, { file, preset, configDir, note })))
}

export const rollbackVerb = (version: string, options: { note?: string }): Promise<unknown> =>
  withDrafts(async (parts) => sayNext(await cadenceRollback(parts, version, options.note)))

export const draftSaveVerb = (file: string, options: { id?: string; note?: string }): Promise<unknown> =>
  withDrafts(async (parts) => {
    const saved = await draftSave(parts, file, options)
    for (const { line, column, path, message, fix } of saved.problems)
      say(`${file}:${String(line)}:${String(column)} ${path}: ${message} — fix: ${fix}`)
    return saved
  })

export const draftListVerb = (): Promise<unknown> => withDrafts(draftsListed)
export const draftShowVerb = (id: string): Promise<unknown> => withDrafts((parts) => draftShow(parts, id))
export const draftVerb = (
  deed: DraftDeed,
  id: string,
  options: { words?: string; hash?: string },
): Promise<unknown> => withDrafts((parts) => draftDeed(parts, deed, id, options))

/** Needs no database. */
export function schemaVerb(options: { write?: boolean }): Promise<unknown> {
  if (options.write === true) {
    const path = join(readEnv({ partial: true }).configDir, 'cadence.schema.json')
    writeFileSync(path, cadenceSchemaText())
    say(`wrote ${path}`)
  }
  return Promise.resolve(cadenceSchema())
}

export const experimentsVerb = (name: string | undefined): Promise<unknown> =>
  withCadence((parts) => cadenceExperiments(parts, name))

export { campaignsText } from './campaigns.ts'
export const campaignsVerb = (name: string | undefined): ReturnType<typeof cadenceCampaigns> =>
  withCadence((parts) => cadenceCampaigns(parts, name))

export const pauseVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence((parts) => cadencePause(parts, reason, options))
export const resumeVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence((parts) => cadenceResume(parts, reason, options))

export const reasonsVerb = (): Promise<unknown> => Promise.resolve(cadenceReasons())
export const quotaVerb = (options: { confirm?: boolean }): Promise<unknown> =>
  withCadence((parts) => cadenceQuota(parts, options))
