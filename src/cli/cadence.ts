/** `siyu cadence plan|explain|diff|apply|pause|resume|pauses|quota`: what the verbs do; the command line wires them. */
import type { Actor } from '../base/act.ts'
import { addDays, dayOf, instantOf, isDay, isoOf } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { holidaysInForce } from '../base/holidays.ts'
import {
  adoptPreset,
  cadencePresetPath,
  currentCadence,
  diffCadence,
  explainCustomer,
  byTime,
  invalidCadence,
  knownNames,
  newestVersion,
  pauseNamed,
  openPreview,
  publishOrSubmit,
  readCadence,
  resumeNamed,
  yearsMissing,
} from '../cadence/index.ts'
import type { Cadence, CadenceDifference, CadenceParts, Explained, Foreseen } from '../cadence/index.ts'
import { customerOf, identitiesOf } from '../customer/index.ts'
import type { IdentityKind } from '../customer/index.ts'
import { confirmQuotaMode, currentManners, everything, pausesNow, quotaDoubt } from '../outbox/index.ts'
import type { PauseTarget } from '../outbox/index.ts'
import { readCadenceText, wishDone, writableFile } from './cadence-drafts.ts'
import type { CadenceWishDone, DraftVerbParts } from './cadence-drafts.ts'
import { unifiedDiff } from './unified.ts'

const usage = (message: string, fix: string): Refusal => new Refusal('usage', message, 400, { fix })
const actor = (verb: string): Actor => ({ kind: 'cli', verb: `cadence ${verb}` })

// ---------------------------------------------------------------- plan

export interface PlanOptions {
  /** First day; today when left out. */
  readonly from?: string | undefined
  readonly days?: string | number | undefined
  /** A cadence that is not published, instead of the one in force. */
  readonly file?: string | undefined
}

export interface PlanCounts {
  readonly queued: number
  readonly later: number
  /** By reason code. */
  readonly declined: Readonly<Record<string, number>>
}

export interface CadencePlanned {
  readonly counts: PlanCounts
  /** Years without state holidays, where a touchpoint asks for workdays: they were counted by weekdays. */
  readonly holidaysMissing: readonly number[]
}

export interface PlannedPromise {
  readonly touchpoint: string
  readonly title: string
  /** external_userid, chat id, or the id in the shop of somebody who is not in WeCom. */
  readonly subject: string
  readonly customer: string | null
  readonly channel: string
  readonly day: string
  readonly at: string
  readonly decision: string
  /** Words. */
  readonly reason: string
  readonly reasonCode: string
  /** The test and the arm whose words these are. */
  readonly experiment?: string
  readonly arm?: string
}

const maxDays = 92

/**
 * The dry run: the clock stands at 00:00 of the first day, tiers are those of each day. Nothing is written. A month of a
 * large shop is a million decisions: they are told day after day, each day's in order of time, and none is kept.
 */
export async function cadencePlan(
  parts: CadenceParts,
  options: PlanOptions,
  tell: (part: readonly PlannedPromise[]) => Promise<void>,
): Promise<CadencePlanned> {
  const from = options.from ?? dayOf(parts.clock.now())
  if (!isDay(from)) throw usage(`--from ${from} is not a day.`, 'Write it as 2026-05-20.')
  const days = Number(options.days ?? 7)
  if (!Number.isInteger(days) || days < 1 || days > maxDays)
    throw usage(`--days ${String(options.days)} is not a number of days.`, `Use 1 to ${String(maxDays)}.`)
  const cadence = await cadenceFor(parts, options.file)
  const { people, days: plannedDays } = await openPreview(
    { reader: parts.db.reader, tierRules: parts.tierRules, cadence },
    { from, days, now: instantOf(from), words: 'groups' },
  )
  const subjectOf = ({ customer, subject }: Foreseen): string =>
    customer !== null && customer === subject ? (people.shopIds.get(customer) ?? subject) : subject
  const shown = (one: Foreseen): PlannedPromise => ({
    touchpoint: one.touchpoint,
    title: one.title,
    subject: subjectOf(one),
    customer: one.customer,
    channel: one.channel,
    day: one.day,
    at: isoOf(one.dueAt),
    decision: one.decision,
    reason: one.reasonWords,
    reasonCode: one.reasonCode,
    ...(one.variant ?? {}),
  })
  const counts = { queued: 0, later: 0, declined: {} as Record<string, number> }
  let ofDay: Foreseen[] = []
  const tellDay = async (): Promise<void> => {
    await tell(ofDay.sort(byTime).map(shown))
    ofDay = []
  }
  for await (const part of plannedDays())
    for (const one of part) {
      if (ofDay[0] !== undefined && ofDay[0].day !== one.day) await tellDay()
      ofDay.push({ ...one, text: '' })
      if (one.decision === 'declined')
        counts.declined[one.reasonCode] = (counts.declined[one.reasonCode] ?? 0) + 1
      else counts[one.decision] += 1
    }
  await tellDay()
  return {
    counts,
    holidaysMissing: yearsMissing(
      cadence.touchpoints,
      await holidaysInForce(parts.db.reader),
      from,
      addDays(from, days - 1),
    ),
  }
}

/** The one in force, or that of a file. */
export async function cadenceFor(
  { db, tierRules }: CadenceParts,
  file: string | undefined,
): Promise<Cadence> {
  if (file !== undefined) {
    const { cadence, mistakes } = readCadence(readCadenceText(file), await knownNames(db.reader, tierRules))
    if (cadence) return cadence
    throw invalidCadence(mistakes)
  }
  const cadence = await currentCadence(db.reader)
  if (cadence) return cadence
  throw new Refusal('no-cadence', 'No cadence has been published in this database.', 404, {
    fix: 'Run: siyu cadence apply config/cadence.yaml',
  })
}

// ---------------------------------------------------------------- explain, diff, apply

export async function cadenceExplain(
  parts: CadenceParts,
  options: { readonly customer: string; readonly days?: string | number | undefined },
): Promise<Explained> {
  const { reader } = parts.db
  const now = parts.clock.now()
  const days = Number(options.days ?? 14)
  if (!Number.isInteger(days) || days < 1 || days > maxDays)
    throw usage(`--days ${String(options.days)} is not a number of days.`, `Use 1 to ${String(maxDays)}.`)
  const customer = await customerNamed(reader, options.customer)
  return explainCustomer({ reader, tierRules: parts.tierRules }, customer, now, days)
}

/** By our id, external_userid, or the id in the shop. */
export async function customerNamed(reader: Reader, who: string): Promise<string> {
  const kinds: readonly IdentityKind[] = ['external', 'shop', 'phone']
  let customer = (await identitiesOf(reader, [who])).has(who) ? who : null
  for (const kind of kinds) customer ??= await customerOf(reader, { kind, value: who })
  if (customer !== null) return customer
  throw new Refusal('not-found', `Nobody is known as ${who}.`, 404, {
    fix: 'Use the customer id, the external_userid, or the id in the shop.',
  })
}

/** For the terminal; the same words as in the document. */
export const explanationText = ({
  name,
  tierTitle,
  tierReason,
  advisor,
  advisorWhy,
  touchpoints,
  promises,
}: Explained): string =>
  [
    `${name}　${tierTitle}：${tierReason}　顾问 ${advisor ?? '无'}${advisorWhy === null ? '' : `（${advisorWhy}）`}`,
    ...touchpoints.flatMap(({ touchpoint, title, lines }) => [
      '',
      `${title}（${touchpoint}）`,
      ...lines.map((line) => `  ${line}`),
    ]),
    '',
    '已做和将做的决定，新的在前',
    ...promises.map(
      ({ day, at, title, decision, reason, state }) =>
        `  ${day} ${at.slice(11, 16)} ${title} ${state ?? decision}：${reason.words}（${reason.code}）`,
    ),
    '',
  ].join('\n')

/** With `unified` the lines that differ as well, as `diff -u` tells them. */
export async function cadenceDiff(
  parts: CadenceParts,
  file: string,
  { unified = false }: { readonly unified?: boolean | undefined } = {},
): Promise<CadenceDifference & { readonly unified?: string }> {
  const yaml = readCadenceText(file)
  const told = await diffCadence(
    { reader: parts.db.reader, tierRules: parts.tierRules },
    yaml,
    parts.clock.now(),
  )
  const names = { before: `version ${String(told.baseVersion)}`, after: file }
  return unified ? { ...told, unified: unifiedDiff(told.before, yaml, names) } : told
}

/** For the terminal: the sentences, what they change in the next seven days, and the lines when asked for. */
export const differenceText = ({
  baseVersion,
  changes,
  effect,
  unified,
}: CadenceDifference & { readonly unified?: string }): string =>
  [
    changes.length === 0
      ? `nothing differs from version ${String(baseVersion)} in force`
      : `${String(changes.length)} change(s) from version ${String(baseVersion)} in force:`,
    ...changes.map(({ words }) => `  ${words}`),
    ...(effect.length === 0 ? [] : ['', 'in the next seven days (queued/declined):']),
    ...effect.map(
      ({ day, title, before, after }) =>
        `  ${day} ${title}: ${String(before.queued)}/${String(before.declined)} -> ${String(after.queued)}/${String(after.declined)}`,
    ),
    ...(unified === undefined || unified === '' ? [] : ['', unified]),
    '',
  ].join('\n')

export interface ApplyOptions {
  readonly file?: string | undefined
  /** The touchpoints of a trade instead of a file: everything else stays. */
  readonly preset?: string | undefined
  readonly configDir: string
  readonly note?: string | undefined
}

async function textToApply(parts: CadenceParts, { file, preset, configDir }: ApplyOptions): Promise<string> {
  if ((file === undefined) === (preset === undefined))
    throw usage(
      'Give a file or --preset NAME, not both.',
      'For example: siyu cadence apply config/cadence.yaml',
    )
  if (preset === undefined) return readCadenceText(file ?? '')
  const yaml = readCadenceText(cadencePresetPath(configDir, preset))
  const newest = await newestVersion(parts.db.reader)
  return newest === null ? yaml : adoptPreset(newest.yaml, { name: preset, yaml }, parts.tierRules)
}

/** The installer's own hand: live at once, or a submitted draft where somebody else must approve. */
export async function cadenceApply(parts: DraftVerbParts, options: ApplyOptions): Promise<CadenceWishDone> {
  writableFile(parts)
  const wish = {
    yaml: await textToApply(parts, options),
    note: (options.note ?? '').slice(0, 200),
    name: 'cli',
    baseVersion: null,
  }
  return wishDone(parts, await parts.act(actor('apply'), (ctx) => publishOrSubmit(ctx, parts, wish)))
}

// ---------------------------------------------------------------- pause, resume, pauses

export interface SwitchOptions {
  readonly campaign?: string | undefined
  readonly channel?: string | undefined
  readonly touchpoint?: string | undefined
}

export interface SendingSwitched extends PauseTarget {
  readonly paused: boolean
  readonly at: string
  readonly by: string
  readonly reason: string
}

export interface SendingResumed extends SendingSwitched {
  /** False: nothing was paused there, so nothing has changed. */
  readonly resumed: boolean
}

/** At most one handle; none is everything. */
function targetOf({ campaign, channel, touchpoint }: SwitchOptions): PauseTarget {
  const named: PauseTarget[] = [
    ...(campaign === undefined ? [] : [{ scope: 'campaign' as const, name: campaign }]),
    ...(channel === undefined ? [] : [{ scope: 'channel' as const, name: channel }]),
    ...(touchpoint === undefined ? [] : [{ scope: 'touchpoint' as const, name: touchpoint }]),
  ]
  if (named.length > 1)
    throw usage('--campaign, --channel and --touchpoint exclude each other.', 'Give one of them, or none.')
  return named[0] ?? everything
}

export async function cadencePause(
  parts: CadenceParts,
  reason: string,
  options: SwitchOptions = {},
): Promise<SendingSwitched> {
  const target = targetOf(options)
  const pause = await parts.act(actor('pause'), (ctx) => pauseNamed(ctx, 'cli', reason, target))
  return { ...target, paused: true, at: isoOf(pause.at), by: pause.by, reason: pause.reason }
}

export async function cadenceResume(
  parts: CadenceParts,
  reason: string,
  options: SwitchOptions = {},
): Promise<SendingResumed> {
  const target = targetOf(options)
  const resumed = await parts.act(actor('resume'), (ctx) => resumeNamed(ctx, 'cli', reason, target))
  return { ...target, paused: false, resumed, at: isoOf(parts.clock.now()), by: 'cli', reason }
}

export interface PauseListed extends PauseTarget {
  readonly at: string
  readonly by: string
  readonly reason: string
}

/** What is paused now, the oldest first; a restored database that waits for somebody is among it. */
export async function cadencePauses({
  db,
}: Pick<CadenceParts, 'db'>): Promise<{ readonly pauses: readonly PauseListed[] }> {
  const pauses = await pausesNow(db.reader)
  return { pauses: pauses.map(({ at, ...one }) => ({ ...one, at: isoOf(at) })) }
}

// ---------------------------------------------------------------- quota

/** Which quota rule is in force; `--confirm` says that the written one is right after all. */
export async function cadenceQuota(
  parts: CadenceParts,
  options: { readonly confirm?: boolean | undefined },
): Promise<{ readonly written: string; readonly inForce: string; readonly doubtedSince: string | null }> {
  if (options.confirm === true) await parts.act(actor('quota'), (ctx) => confirmQuotaMode(ctx, 'cli'))
  const { reader } = parts.db
  const doubted = await quotaDoubt(reader)
  const { quotaMode } = await currentManners(reader)
  return {
    written: doubted?.written ?? quotaMode,
    inForce: quotaMode,
    doubtedSince: doubted === null ? null : isoOf(doubted.since),
  }
}
