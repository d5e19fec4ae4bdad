/** `cadence …`: the verbs with their database around them. The shipped file is version 1 of a database that has none. */
import { system } from '../base/act.ts'
import { readEnv } from '../base/env.ts'
import { seedCadence } from '../cadence/index.ts'
import type { CadenceParts } from '../cadence/index.ts'
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
import { withCore } from './data.ts'
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
  withCadence((parts) => cadencePlan(parts, options))

export const explainVerb = (customer: string, options: { days?: string }): Promise<unknown> =>
  withCadence((parts) => cadenceExplain(parts, { customer, days: options.days }))

export const diffVerb = (file: string): Promise<unknown> => withCadence((parts) => cadenceDiff(parts, file))

export const applyVerb = (file: string, options: { note?: string }): Promise<unknown> =>
  withCadence((parts, { env }) =>
    cadenceApply({ ...parts, readOnly: env.cadenceSource === 'file' }, { file, note: options.note }),
  )

export const experimentsVerb = (name: string | undefined): Promise<unknown> =>
  withCadence((parts) => cadenceExperiments(parts, name))

export const pauseVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence((parts) => cadencePause(parts, reason, options))
export const resumeVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence((parts) => cadenceResume(parts, reason, options))

export const reasonsVerb = (): Promise<unknown> => Promise.resolve(cadenceReasons())
export const quotaVerb = (options: { confirm?: boolean }): Promise<unknown> =>
  withCadence((parts) => cadenceQuota(parts, options))
