/**
 * What WeCom has and we do not know, and what we know and WeCom lost. WeCom lists no join ways: of ours each is asked for,
 * others are adopted by their config_id (WECOM.md §3.2, §3.3, §3.10).
 */
import type { Actor } from '../../base/act.ts'
import type { Instant } from '../../base/clock.ts'
import { OutsideFailure, Refusal } from '../../base/errors.ts'
import { insertWay, lockWay, takenBy, updateWay, waysOf } from '../../customer/index.ts'
import type { Way, WayKind } from '../../customer/index.ts'
import { failureWords } from '../protocol/result.ts'
import { actorOf, mustBeFree, newMark, record } from './deeds.ts'
import { remotes } from './remote.ts'
import type { WaySeen } from './remote.ts'
import { settleWay, wayActor } from './settle.ts'
import type { WayParts } from './settle.ts'

export interface WayUnknown extends WaySeen {
  readonly kind: WayKind
  /** It carries the mark of one of ours: made a second time, or by a call whose answer never came. */
  readonly twinOf: string | null
}

export interface WayComparison {
  readonly at: Instant
  readonly unknown: readonly WayUnknown[]
  /** Further ones that were not read. */
  readonly more: number
  /** Names of ours that WeCom has no longer. */
  readonly lost: readonly string[]
}

/** Ways of before are never listed (WECOM.md §3.2). */
const firstListed = Date.UTC(2021, 6, 10)
const mostShown = 100

export async function compareWays(parts: WayParts): Promise<WayComparison> {
  const { db, act, clock } = parts
  const at = clock.now()
  const ours = await waysOf(db.reader)
  const unknown: WayUnknown[] = []
  const lost: Way[] = []
  let more = 0
  for (const kind of ['contact', 'link', 'join'] as const) {
    const remote = remotes[kind]
    const living = ours.filter((way) => way.kind === kind && way.state === 'live')
    const listed = remote.list === null ? null : await listAll(parts, kind, at)
    for (const way of living) {
      if (way.remoteId === null || listed?.has(way.remoteId) === true) continue
      if (await isLost(parts, way)) lost.push(way)
    }
    const known = new Set(ours.map(({ remoteId }) => remoteId))
    const others = [...(listed ?? [])].filter((id) => !known.has(id))
    more += Math.max(0, others.length - (mostShown - unknown.length))
    for (const id of others.slice(0, mostShown - unknown.length)) {
      const seen = await remote.read(parts.api, id, '')
      if (seen.kind !== 'ok') continue
      const twin = ours.find(({ mark }) => seen.value.mark === mark)
      unknown.push({ kind, ...seen.value, twinOf: twin?.name ?? null })
    }
  }
  if (lost.length > 0)
    await act(wayActor, async (ctx) => {
      for (const { id } of lost) {
        const way = await lockWay(ctx.tx, id)
        if (way?.state !== 'live') continue
        const gone: Way = { ...way, state: 'lost', why: '企业微信里已经没有它', readyAt: null }
        await updateWay(ctx.tx, gone)
        record(ctx, 'way-lost', gone)
      }
    })
  return { at, unknown, more, lost: lost.map(({ name }) => name) }
}

async function listAll({ api }: WayParts, kind: WayKind, now: Instant): Promise<ReadonlySet<string>> {
  const listed = await remotes[kind].list?.(api, firstListed, now)
  if (listed?.kind === 'ok') return new Set(listed.value)
  // A corp without 获客助手 may not even ask for its links.
  if (kind === 'link' && listed?.kind === 'error' && listed.name === 'not-permitted') return new Set()
  throw new OutsideFailure(`ways cannot be listed: ${listed ? failureWords(listed) : kind}`)
}

/** One that is in no list is asked for by itself: it may have been made a moment ago. */
async function isLost({ api }: WayParts, way: Way): Promise<boolean> {
  const seen = await remotes[way.kind].read(api, way.remoteId ?? '', way.mark)
  if (seen.kind === 'ok') return false
  if (seen.kind === 'error' && (seen.reaction === 'bug' || seen.reaction === 'drop')) return true
  throw new OutsideFailure(`the way ${way.name} cannot be read: ${failureWords(seen)}`)
}

export interface WayAdoption {
  readonly kind: WayKind
  readonly remoteId: string
  readonly name: string
}

/** One that somebody made elsewhere becomes ours. Where its mark is no use (empty, or taken) it gets another. */
export async function adoptWay(parts: WayParts, actor: Actor, wish: WayAdoption): Promise<string> {
  const read = await remotes[wish.kind].read(parts.api, wish.remoteId, '')
  if (read.kind !== 'ok') {
    if (read.kind === 'error' && (read.reaction === 'bug' || read.reaction === 'drop')) throw notThere()
    throw new OutsideFailure(`the way cannot be read: ${failureWords(read)}`)
  }
  const seen = read.value
  const id = await parts.act(actor, async (ctx) => {
    const ours = await waysOf(ctx.tx)
    if (ours.some(({ remoteId }) => remoteId === wish.remoteId)) throw known()
    const fresh = { id: ctx.newId(), name: wish.name.trim(), mark: seen.mark ?? '' }
    const keepsMark = fresh.mark !== '' && (await takenBy(ctx.tx, fresh)) !== 'mark'
    const way: Way = {
      ...fresh,
      kind: wish.kind,
      mark: keepsMark ? fresh.mark : newMark(),
      staff: seen.staff,
      departments: seen.departments,
      chats: seen.chats,
      single: seen.single,
      skipVerify: seen.skipVerify,
      remark: seen.remark,
      wanted: 'live',
      state: 'live',
      version: 1,
      told: keepsMark ? 1 : 0,
      remoteId: wish.remoteId,
      // The address of a link carries the mark, so it is read again.
      url: seen.mark === null ? null : seen.url,
      why: '',
      askedAt: ctx.now,
      looks: 0,
      readyAt: keepsMark ? null : ctx.now,
      epoch: 0,
      createdBy: actorOf(ctx),
      createdAt: ctx.now,
      endedAt: null,
      tags: [],
    }
    await mustBeFree(ctx, way)
    await insertWay(ctx.tx, way)
    record(ctx, 'way-adopted', way, { remote: wish.remoteId })
    return way.id
  })
  await settleWay(parts, id)
  return id
}

const notThere = (): Refusal =>
  new Refusal('not-found', '企业微信里没有这个渠道码', 404, {
    fix: '重新对比一次',
    english: { message: 'WeCom has no such way.', fix: 'run `siyu way compare` again' },
  })
const known = (): Refusal =>
  new Refusal('name-taken', '这个渠道码已经在列表里', 409, {
    fix: '刷新渠道列表',
    english: { message: 'This way is known already.', fix: 'see `siyu way list`' },
  })
