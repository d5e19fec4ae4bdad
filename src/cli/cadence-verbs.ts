/** `cadence …`: the verbs with their database around them. The shipped file is version 1 of a database that has none. */
import { system } from '../base/act.ts'
import { readEnv } from '../base/env.ts'
import { seedCadence } from '../cadence/index.ts'
import type { CadenceParts, Explained } from '../cadence/index.ts'
import { shippedCadence } from '../core.ts'
import type { Core } from '../core.ts'
import {
  cadenceApply,
  cadenceDiff,
  cadenceExplain,
  cadencePause,
  cadencePauses,
  cadencePlan,
  cadenceQuota,
  cadenceResume,
} from './cadence.ts'
import type { PlannedPromise, SwitchOptions } from './cadence.ts'
import { cadenceRollback, draftDeed, draftSave, draftShow, draftsListed } from './cadence-drafts.ts'
import type { CadenceWishDone, DraftDeed, DraftVerbParts } from './cadence-drafts.ts'
import { cadenceCampaigns } from './campaigns.ts'
import { withCore } from './data.ts'
import { cadenceTry, withStaffNote } from './cadence-try.ts'
import type { TryOptions } from './cadence-try.ts'
import { cadenceExperiments } from './experiments.ts'
import { orProblems, problemLines } from './cadence-problems.ts'
import type { CadenceChecked } from './cadence-problems.ts'
import { printDocument, printWhileTold, say } from './output.ts'
import type { OutputOptions } from './output.ts'

async function withCadence<T>(verb: (parts: CadenceParts, core: Core) => Promise<T>): Promise<T> {
  return withCore(async (core) => {
    const { env, act, rules } = core
    await act(system('setup'), (ctx) => seedCadence(ctx, rules, shippedCadence(env)))
    return verb({ ...core, tierRules: rules }, core)
  })
}

/** Prints by itself, while it is planned. */
export async function planVerb(
  options: { from?: string; days?: string; file?: string } & OutputOptions,
): Promise<void> {
  const wrong = await orProblems(options.file ?? '', () =>
    withCadence((parts) =>
      printWhileTold<PlannedPromise>(options, 'promises', async (tell) => {
        const planned = await cadencePlan(parts, options, tell)
        const missing = planned.holidaysMissing.join(', ')
        if (missing !== '') say(`no state holidays for ${missing}: Monday to Friday count as workdays`)
        return planned
      }),
    ),
  )
  if (wrong !== undefined) await printDocument(wrong, options)
}

export { explanationText } from './cadence.ts'
export const explainVerb = (customer: string, options: { days?: string }): Promise<Explained> =>
  withCadence((parts) => cadenceExplain(parts, { customer, days: options.days }))

export const tryVerb = (touchpoint: string, options: TryOptions): Promise<unknown> =>
  orProblems(options.file ?? '', () =>
    withCadence((parts, core) =>
      withStaffNote(core, (post) =>
        cadenceTry({ ...parts, publicUrl: core.env.publicUrl, post }, touchpoint, options),
      ),
    ),
  )

export { differenceText } from './cadence.ts'
export const diffVerb = (
  file: string,
  options: { readonly unified?: boolean } = {},
): Promise<Awaited<ReturnType<typeof cadenceDiff>> | CadenceChecked> =>
  orProblems(file, () => withCadence((parts) => cadenceDiff(parts, file, options)))

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
  return orProblems(file ?? `the cadence in force with the preset ${preset ?? ''}`, () =>
    withDrafts(async (parts) => sayNext(await cadenceApply(parts, { file, preset, configDir, note }))),
  )
}

export const rollbackVerb = (version: string, options: { note?: string }): Promise<unknown> =>
  orProblems(`version ${version}`, () =>
    withDrafts(async (parts) => sayNext(await cadenceRollback(parts, version, options.note))),
  )

export const draftSaveVerb = (file: string, options: { id?: string; note?: string }): Promise<unknown> =>
  orProblems(file, () =>
    withDrafts(async (parts) => {
      const saved = await draftSave(parts, file, options)
      for (const line of problemLines({ file, ...saved })) say(line)
      return saved
    }),
  )

export const draftListVerb = (): Promise<unknown> => withDrafts(draftsListed)
export const draftShowVerb = (id: string): Promise<unknown> => withDrafts((parts) => draftShow(parts, id))
export const draftVerb = (
  deed: DraftDeed,
  id: string,
  options: { words?: string; hash?: string },
): Promise<unknown> =>
  orProblems(`draft ${id}`, () => withDrafts((parts) => draftDeed(parts, deed, id, options)))

export const experimentsVerb = (name: string | undefined): Promise<unknown> =>
  withCadence((parts) => cadenceExperiments(parts, name))

export { campaignsText } from './campaigns.ts'
export const campaignsVerb = (name: string | undefined): ReturnType<typeof cadenceCampaigns> =>
  withCadence((parts) => cadenceCampaigns(parts, name))

export const pauseVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence((parts) => cadencePause(parts, reason, options))
export const resumeVerb = (reason: string, options: SwitchOptions): Promise<unknown> =>
  withCadence(async (parts) => {
    const done = await cadenceResume(parts, reason, options)
    if (!done.resumed) say('nothing was paused there; siyu cadence pauses lists what is')
    return done
  })
export const pausesVerb = (): Promise<unknown> => withCadence((parts) => cadencePauses(parts))

export const quotaVerb = (options: { confirm?: boolean }): Promise<unknown> =>
  withCadence((parts) => cadenceQuota(parts, options))
