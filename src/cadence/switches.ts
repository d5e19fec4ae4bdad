/**
 * The kill switch as people reach for it: a name that stands nowhere is refused, or a slip of the keyboard would look
 * like a success while everything goes on.
 */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { everything, openNames, pauseSending, pausesNow, resumeSending } from '../outbox/index.ts'
import type { Pause, PauseTarget } from '../outbox/index.ts'
import { newestVersion } from './cadence.store.ts'
import { isRecord, valueAt } from './lines.ts'
import { unknownWord } from './mistake.ts'
import { touchpointNames } from './sense.ts'
import { readYaml } from './yaml.ts'

/** Those of the cadence in force, enabled or not, then those that only open promises still carry. */
async function knownTo(reader: Reader, scope: 'touchpoint' | 'campaign'): Promise<string[]> {
  // Read as text only: the switch must work although this version of Siyu cannot use what was published.
  const written = readYaml((await newestVersion(reader))?.yaml ?? '').value
  const campaigns = valueAt(written, ['campaigns'])
  const names =
    scope === 'touchpoint' ? touchpointNames(written) : Object.keys(isRecord(campaigns) ? campaigns : {})
  return [...new Set([...names, ...(await openNames(reader, scope))])]
}

const whats = {
  touchpoint: { zh: '触点', en: 'touchpoint' },
  campaign: { zh: '活动', en: 'campaign' },
} as const

/** Throws `bad-pause` for a touchpoint or campaign that nobody knows; channels are checked by the outbox. */
async function mustBeKnown(reader: Reader, { scope, name }: PauseTarget): Promise<void> {
  if ((scope !== 'touchpoint' && scope !== 'campaign') || name === '') return
  const known = await knownTo(reader, scope)
  if (known.includes(name)) return
  const what = whats[scope]
  const words = unknownWord(name, known, what)
  const none = known.length === 0
  throw new Refusal('bad-pause', words.message, 422, {
    fix: none ? `现在没有任何${what.zh}；要暂停全部就不写名字` : words.fix,
    english: {
      message: `${words.messageEn.replace(/^t/, 'T')}; nothing was changed.`,
      fix: none
        ? `There is no ${what.en} at all now; give no name to pause everything.`
        : words.fixEn.replace(/^[cd]/, (letter) => letter.toUpperCase()),
    },
  })
}

export async function pauseNamed(
  ctx: Ctx,
  by: string,
  reason: string,
  target: PauseTarget = everything,
): Promise<Pause> {
  await mustBeKnown(ctx.tx, target)
  return pauseSending(ctx, by, reason, target)
}

/** What is paused may always be resumed, also when its name is gone since. False: it was not paused. */
export async function resumeNamed(
  ctx: Ctx,
  by: string,
  reason: string,
  target: PauseTarget = everything,
): Promise<boolean> {
  const pauses = await pausesNow(ctx.tx)
  const isPaused = pauses.some(({ scope, name }) => scope === target.scope && name === target.name)
  if (!isPaused) await mustBeKnown(ctx.tx, target)
  return resumeSending(ctx, by, reason, target)
}
