/**
 * Brings WeCom to what we want of a way, one call at a time. Before a call that makes something, a row says that it may
 * be made; a lost answer is looked up in WeCom's own list by the mark (a link by its name) before anything is made again,
 * at the delays of the outbox, since nobody says how soon a list shows what was made. Join ways have no list: one that
 * may have been made waits for a person (WECOM.md §3.3).
 */
import { system } from '../../base/act.ts'
import type { Act } from '../../base/act.ts'
import { minutes, seconds } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Log } from '../../base/log.ts'
import { leaveWay, lockWay, takeWay, updateWay, waysOf } from '../../customer/index.ts'
import type { Way } from '../../customer/index.ts'
import type { WecomApi } from '../protocol/api.ts'
import { failureWords } from '../protocol/result.ts'
import type { Failure, Result } from '../protocol/result.ts'
import { record } from './deeds.ts'
import { remotes } from './remote.ts'
import type { WaySeen } from './remote.ts'

export interface WayParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly api: WecomApi
  /** When a lost answer is looked up, each after the one before. */
  readonly lookDelaysMs: readonly number[]
}

type Step = 'make' | 'look' | 'doubt' | 'read' | 'update' | 'delete' | 'drop'

/** Whoever is at a way is believed for so long; a call takes a few seconds. */
const busyMs = minutes(1)
/** Who was frozen for longer than this after taking a way does not call any more: another may be at it soon. */
const frozenMs = seconds(20)
const againMs = seconds(30)
/** Our clock and WeCom's may differ by this much. */
const skewMs = minutes(1)
const mostSteps = 5
/** New ways of others that are read to find ours. */
const mostReads = 500
export const wayActor = system('wecom-ways')

/** What is to be done next; pure. */
export function stepOf({ kind, state, wanted, url, told, version }: Way): Step | null {
  const ends = wanted === 'ended'
  switch (state) {
    case 'new':
      return ends ? 'drop' : 'make'
    case 'asked':
      return kind === 'join' ? 'doubt' : 'look'
    case 'live':
      if (ends) return 'delete'
      if (url === null) return 'read'
      return told < version ? 'update' : null
    case 'unsure':
    case 'refused':
    case 'lost':
      return ends ? 'drop' : null
    case 'ended':
      return null
  }
}

/** Goes on until nothing is left to do now. */
export async function settleWay(parts: WayParts, id: string): Promise<void> {
  for (let step = 0; step < mostSteps; step += 1) if (!(await stepWay(parts, id))) return
}

/** Answers whether there is more to do at once. */
async function stepWay(parts: WayParts, id: string): Promise<boolean> {
  const { act, clock, log, lookDelaysMs } = parts
  const begun = await act(wayActor, async (ctx) => {
    const way = await takeWay(ctx.tx, id, ctx.now, ctx.now + busyMs)
    if (!way) return null
    const step = stepOf(way)
    if (step !== 'make') return { way, step, at: ctx.now }
    const asked: Way = {
      ...way,
      state: 'asked',
      askedAt: way.askedAt ?? ctx.now,
      looks: 0,
      readyAt: ctx.now + (lookDelaysMs[0] ?? againMs),
    }
    await updateWay(ctx.tx, asked)
    return { way: asked, step, at: ctx.now }
  })
  if (!begun) return false
  const { way, step, at } = begun
  const outcome = clock.now() - at > frozenMs ? untouched(step) : await outcomeOf(parts, way, step)
  return act(wayActor, async (ctx) => {
    const fresh = await lockWay(ctx.tx, id)
    if (fresh?.epoch !== way.epoch) {
      log.warn({ way: id, step }, 'somebody else took this way over; what was answered is looked up')
      return false
    }
    // A person changed it meanwhile: what she wishes is asked for, whatever became of the wish before.
    const wished = fresh.version > way.version || fresh.wanted !== way.wanted
    const { readyInMs, ...change } = outcome
    const told: Way = { ...fresh, ...change }
    const after: Way = {
      ...told,
      state: wished && told.state === 'refused' ? 'new' : told.state,
      endedAt: told.state === 'ended' ? ctx.now : null,
    }
    const waitMs = wished ? 0 : readyInMs === undefined ? (stepOf(after) === null ? null : 0) : readyInMs
    await updateWay(ctx.tx, { ...after, readyAt: waitMs === null ? null : ctx.now + waitMs })
    await leaveWay(ctx.tx, fresh)
    if (after.state === 'lost' && fresh.state !== 'lost') record(ctx, 'way-lost', after)
    return waitMs === 0
  })
}

/** Frozen between the row and the call: nothing was asked for. */
const untouched = (step: Step | null): Outcome => (step === 'make' ? { state: 'new' } : {})

/** What a step changes. `readyInMs`: when to go on; null not by ourselves; absent at once, where something is left. */
type Outcome = Partial<Pick<Way, 'state' | 'remoteId' | 'url' | 'told' | 'why' | 'looks'>> & {
  readonly readyInMs?: number | null
}

async function outcomeOf(parts: WayParts, way: Way, step: Step | null): Promise<Outcome> {
  switch (step) {
    case null:
      return { readyInMs: null }
    case 'make':
      return made(parts, way)
    case 'look':
      return looked(parts, way)
    case 'doubt':
      return doubted
    case 'read':
      return read(parts, way)
    case 'update':
      return updated(parts, way)
    case 'delete':
      return deleted(parts, way)
    case 'drop':
      return ended
  }
}

const ended: Outcome = { state: 'ended', why: '' }
const doubted: Outcome = {
  state: 'unsure',
  why: '企业微信没有回答，群活码可能已经建成，但企业微信不提供查询',
  readyInMs: null,
}

/** Surely not done, and worth another try. */
const passes = (failure: Failure): boolean =>
  failure.kind === 'notSent' ||
  (failure.kind === 'error' && ['retry', 'wait', 'refresh', 'later'].includes(failure.reaction))
const later = (failure: Failure): Outcome => ({
  why: failureWords(failure),
  readyInMs: (failure.kind === 'unknown' ? undefined : failure.retryAfterMs) ?? againMs,
})
/** WeCom says so of an id it does not know; it has no code for it alone (WECOM.md §1.2). */
const isGone = (answer: Result<WaySeen>): boolean =>
  answer.kind === 'error' && (answer.reaction === 'bug' || answer.reaction === 'drop')

async function made({ api, lookDelaysMs }: WayParts, way: Way): Promise<Outcome> {
  const answer = await remotes[way.kind].make(api, way)
  if (answer.kind === 'ok') return { state: 'live', ...answer.value, told: way.version, why: '' }
  if (passes(answer)) return { state: 'new', ...later(answer) }
  if (answer.kind === 'error') return { state: 'refused', why: failureWords(answer), readyInMs: null }
  return way.kind === 'join'
    ? doubted
    : { why: '企业微信没有回答，正在核对是否已经建成', readyInMs: lookDelaysMs[0] ?? againMs }
}

async function looked(parts: WayParts, way: Way): Promise<Outcome> {
  const found = await lookFor(parts, way)
  if (found.kind !== 'ok') return later(found)
  const [ours, ...more] = found.value
  if (more.length > 0)
    parts.log.warn(
      { way: way.id, more: more.map(({ remoteId }) => remoteId) },
      'WeCom has this way several times',
    )
  // What was made is of the first wish; it is told again what is wanted now.
  if (ours) return { state: 'live', remoteId: ours.remoteId, url: ours.url, told: 0, why: '' }
  const looks = way.looks + 1
  const next = parts.lookDelaysMs[looks]
  return next === undefined ? { state: 'new', looks } : { looks, readyInMs: next }
}

/** Those made since we asked that carry our mark, or our name where WeCom keeps no mark, and are nobody's yet. */
async function lookFor({ db, api, clock }: WayParts, way: Way): Promise<Result<WaySeen[]>> {
  const remote = remotes[way.kind]
  const since = (way.askedAt ?? 0) - skewMs
  const listed = await (remote.list?.(api, since, clock.now() + skewMs) ?? { kind: 'ok' as const, value: [] })
  if (listed.kind !== 'ok') return listed
  const known = new Set((await waysOf(db.reader)).map(({ remoteId }) => remoteId))
  const unknown = listed.value.filter((id) => !known.has(id))
  if (unknown.length > mostReads)
    return { kind: 'unknown', why: `${String(unknown.length)} ways of others are too many to look through` }
  const ours: WaySeen[] = []
  for (const id of unknown) {
    const seen = await remote.read(api, id, way.mark)
    if (isGone(seen)) continue
    if (seen.kind !== 'ok') return seen
    const { mark, name, createdAt } = seen.value
    const isOurs = mark === null ? name === way.name && (createdAt ?? 0) >= since : mark === way.mark
    if (isOurs) ours.push(seen.value)
  }
  return { kind: 'ok', value: ours }
}

async function read({ api }: WayParts, way: Way): Promise<Outcome> {
  const seen = await remotes[way.kind].read(api, way.remoteId ?? '', way.mark)
  if (seen.kind === 'ok') return { url: seen.value.url, why: '' }
  return isGone(seen) ? lost : later(seen)
}

const lost: Outcome = { state: 'lost', why: '企业微信里已经没有它', readyInMs: null }

async function updated({ api }: WayParts, way: Way): Promise<Outcome> {
  const remote = remotes[way.kind]
  const answer = await remote.change(api, way, way.remoteId ?? '')
  if (answer.kind === 'ok') return { told: way.version, why: '' }
  if (answer.kind === 'unknown' || passes(answer)) return later(answer)
  const still = await remote.read(api, way.remoteId ?? '', way.mark)
  if (isGone(still)) return lost
  return { why: `企业微信没有接受修改：${failureWords(answer)}`, readyInMs: null }
}

async function deleted({ api }: WayParts, way: Way): Promise<Outcome> {
  const remote = remotes[way.kind]
  const answer = await remote.remove(api, way.remoteId ?? '')
  if (answer.kind === 'ok') return ended
  if (answer.kind === 'unknown' || passes(answer)) return later(answer)
  // Gone already, perhaps by a call whose answer was lost.
  const still = await remote.read(api, way.remoteId ?? '', way.mark)
  return isGone(still) ? ended : { ...later(answer), readyInMs: minutes(10) }
}
