/**
 * The kill switch, with four handles: everything, a campaign, a channel, a touchpoint. Delivery reads it in the very
 * transaction that writes an intent, so no call starts after it; what already waits for an advisor's press is taken
 * back through the API. Only a person undoes it.
 */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { Refusal } from '../base/errors.ts'
import { clearPause, pauseRows, recallWaiting, writePause } from './pause.store.ts'
import { channelTitles, isChannelName } from './promise.ts'

export const pauseScopes = ['global', 'campaign', 'channel', 'touchpoint'] as const
export type PauseScope = (typeof pauseScopes)[number]
export const pauseScopeTitles: Readonly<Record<PauseScope, string>> = {
  global: '全部',
  campaign: '活动',
  channel: '渠道',
  touchpoint: '触点',
}

/** `name` is empty for everything. */
export interface PauseTarget {
  readonly scope: PauseScope
  readonly name: string
}
export const everything: PauseTarget = { scope: 'global', name: '' }

export interface Pause extends PauseTarget {
  readonly at: Instant
  readonly by: string
  readonly reason: string
}

/** What of a promise, or of a parcel's promises, a pause looks at. */
export interface Pausable {
  readonly channel: string
  readonly touchpoint: string
  readonly campaign: string | null
}

export const covers = (
  { scope, name }: PauseTarget,
  { channel, touchpoint, campaign }: Pausable,
): boolean => {
  switch (scope) {
    case 'global':
      return true
    case 'campaign':
      return campaign === name
    case 'channel':
      return channel === name
    case 'touchpoint':
      return touchpoint === name
  }
}

/** `渠道：短信`; everything is just 全部. `title`: what people call it, where that is known. */
export const pauseTitle = ({ scope, name }: PauseTarget, title?: string): string =>
  scope === 'global'
    ? pauseScopeTitles.global
    : `${pauseScopeTitles[scope]}：${title ?? (isChannelName(name) ? channelTitles[name] : name)}`

/** Also while a restored database waits for a person: then nothing may start either. */
export async function pausesNow(reader: Reader): Promise<Pause[]> {
  const quarantine = await quarantineOf(reader)
  const thrown = await switchedOff(reader)
  if (!quarantine) return thrown
  const reason = '数据库来自备份，等待人工确认'
  return [{ ...everything, at: quarantine.since, by: 'restore', reason }, ...thrown]
}

async function switchedOff(reader: Reader): Promise<Pause[]> {
  const rows = await pauseRows(reader)
  return rows.map(({ scope, name, at, by_whom: by, reason }) => ({ scope, name, at, by, reason }))
}

/** The pause of everything; null while anything may go out. */
export async function pausedNow(reader: Reader): Promise<Pause | null> {
  return (await pausesNow(reader)).find(({ scope }) => scope === 'global') ?? null
}

/** Pausing twice keeps the first pause. */
export async function pauseSending(
  ctx: Ctx,
  by: string,
  reason: string,
  target: PauseTarget = everything,
): Promise<Pause> {
  checkTarget(target)
  const before = (await switchedOff(ctx.tx)).find((one) => isSame(one, target))
  if (before) return before
  const pause: Pause = { ...target, at: ctx.now, by, reason }
  await writePause(ctx.tx, { ...target, at: ctx.now, by_whom: by, reason })
  await recallWaiting(ctx.tx, target, recallWord(target), ctx.now)
  recordSwitch(ctx, 'sending-paused', by, reason, target)
  return pause
}

/** False: it was not paused. */
export async function resumeSending(
  ctx: Ctx,
  by: string,
  reason: string,
  target: PauseTarget = everything,
): Promise<boolean> {
  if (ctx.actor.kind !== 'staff' && ctx.actor.kind !== 'cli')
    throw new Refusal('person-only', '暂停只能由人恢复', 403, {
      fix: '请在后台或命令行恢复',
      english: { message: 'Only a person undoes a pause.', fix: 'Run: siyu cadence resume REASON' },
    })
  checkTarget(target)
  if (!(await clearPause(ctx.tx, target))) return false
  recordSwitch(ctx, 'sending-resumed', by, reason, target)
  return true
}

const isSame = (a: PauseTarget, b: PauseTarget): boolean => a.scope === b.scope && a.name === b.name

function checkTarget({ scope, name }: PauseTarget): void {
  if ((scope === 'global') !== (name === ''))
    throw new Refusal('bad-pause', '要暂停哪一个，没有写清楚', 422, {
      fix: '暂停全部时不写名字；暂停活动、渠道、触点时写它的名字',
      english: {
        message: 'It is not clear what to pause.',
        fix: 'Give no name to pause everything; give one after --campaign, --channel or --touchpoint.',
      },
    })
  if (scope === 'channel' && !isChannelName(name))
    throw new Refusal('bad-pause', `没有名为“${name}”的渠道`, 422, {
      fix: `可选：${Object.keys(channelTitles).join('、')}`,
      english: {
        message: `There is no channel "${name}".`,
        fix: `Choose from ${Object.keys(channelTitles).join(', ')}.`,
      },
    })
}

// ---------------------------------------------------------------- what is taken back for it

/** What a parcel that is taken back for a pause is marked with. */
export const recallWord = ({ scope, name }: PauseTarget): string =>
  scope === 'global' ? 'paused' : `paused:${scope}:${name}`

/** Which promises of a parcel a mark concerns; null when it is no mark of a pause. */
export function pauseOfRecall(recall: string | null): PauseTarget | null {
  if (recall === 'paused') return everything
  const [word, written, ...rest] = (recall ?? '').split(':')
  const scope = pauseScopes.find((one) => one === written)
  return word === 'paused' && scope !== undefined ? { scope, name: rest.join(':') } : null
}

const recordSwitch = (
  ctx: Ctx,
  kind: 'sending-paused' | 'sending-resumed',
  by: string,
  reason: string,
  { scope, name }: PauseTarget,
): void =>
  ctx.record({
    kind,
    at: ctx.now,
    source: 'outbox',
    sourceKey: `${kind}:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { by, reason, ...(scope === 'global' ? {} : { scope, name }) },
  })
