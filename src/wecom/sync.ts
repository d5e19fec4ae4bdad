/**
 * Keeps our picture of staff, contacts and groups true. An event only says that something changed, so the thing is read
 * again; events get lost (three tries, then silence), so an hourly full comparison finds what they did not tell and
 * records it like an event (compare.ts).
 */
import { system } from '../base/act.ts'
import type { Actor, Ctx } from '../base/act.ts'
import { hours, minutes, seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import type { Job } from '../base/jobs.ts'
import { endSessionsOf } from '../access/index.ts'
import { customerOfExternal, dismissGroup, findStaff, saveGroup, saveStaff } from '../customer/index.ts'
import type { GroupSeen } from '../customer/index.ts'
import type { Follower, Kind, LogRow } from '../interaction/index.ts'
import { askMirror } from '../segment/index.ts'
import { agreeToLosses } from './compare.store.ts'
import { compareSource, createComparer } from './compare.ts'
import type { CompareParts, Comparer, ComparisonStanding } from './compare.ts'
import {
  contactOf,
  contactsRemembered,
  endIfOlder,
  groupOf,
  groupRemembered,
  isCustomer,
  mirrorContacts,
} from './contacts.ts'
import { failureWords } from './protocol/result.ts'
import type { Failure } from './protocol/result.ts'
import {
  askReread,
  doneReread,
  newestOfGroup,
  nextReread,
  postponeReread,
  readyRereads,
  relationsOf,
} from './sync.store.ts'
import type { Reread } from './sync.store.ts'
import { recordJoins } from './ways/joins.ts'

export type SyncParts = CompareParts

export interface Sync {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** Reads again what is due; answers how many things. */
  rereadDue(now: Instant): Promise<number>
  nextDueAt(): Promise<Instant | null>
  /**
   * Staff, contacts, groups, all of them; goes on where one broke off. Answers at once where another process is at it.
   * Throws OutsideFailure when WeCom did not answer to the end.
   */
  compareAll(): Promise<void>
  /** Resolves when no comparison is under way. */
  idle(): Promise<void>
  /** Null when the last comparison came to its end, else what is missing. */
  incomplete(): Promise<string | null>
  standing(): Promise<ComparisonStanding>
  /** Whoever the last comparison kept although WeCom no longer shows them is let go by the next. Throws Refusal where none is. */
  agreeToLosses(actor: Actor): Promise<void>
}

/** Right after add_external_contact the API may still answer 84061 (WECOM.md §2.5). */
const rereadAfterMs = [seconds(2), seconds(10), seconds(60)]
const atOnce = 20

export function createSync(parts: SyncParts): Sync {
  const comparer = createComparer(parts)
  return {
    followers: [rereadFollower],
    jobs: [
      {
        name: 'wecom-compare',
        schedule: { every: 'minutes', minutes: 60 },
        catchUpMs: hours(1),
        run: comparer.compareAll,
      },
      {
        name: 'wecom-compare-on',
        schedule: { every: 'minutes', minutes: 5 },
        catchUpMs: minutes(5),
        run: comparer.goOn,
      },
    ],
    rereadDue: (now) => rereadDue(parts, now),
    nextDueAt: () => nextReread(parts.db.reader),
    compareAll: comparer.compareAll,
    idle: comparer.idle,
    incomplete: comparer.incomplete,
    standing: comparer.standing,
    agreeToLosses: (actor) => agree(parts, comparer, actor),
  }
}

async function agree({ act }: SyncParts, comparer: Comparer, actor: Actor): Promise<void> {
  const { lostContacts, lostGroups } = await comparer.standing()
  await act(actor, async (ctx) => {
    if (!(await agreeToLosses(ctx.tx, ctx.now)))
      throw new Refusal('nothing-held', '没有等待确认的减少', 409, {
        fix: '刷新页面查看最新状态',
        english: { message: 'No comparison waits for somebody to agree.', fix: 'see `siyu wecom status`' },
      })
    ctx.record({
      kind: 'losses-agreed',
      at: ctx.now,
      source: 'wecom',
      sourceKey: `losses-agreed:${ctx.newId()}`,
      who: actor.kind === 'staff' ? { staff: actor.userid } : {},
      detail: { contacts: lostContacts, groups: lostGroups },
    })
  })
}

// ------------------------------------------------------------------ events

/** No network here: what is certain is written, the rest is put down to be read. */
const rereadFollower: Follower = {
  name: 'wecom-sync',
  kinds: [
    'contact-added',
    'contact-edited',
    'contact-removed',
    'group-created',
    'group-joined',
    'group-left',
    'group-changed',
    'group-dismissed',
    'wecom-event',
  ],
  async handle(ctx, rows) {
    for (const row of rows) {
      const { kind, who, at, source } = row
      // What a comparison found was read a moment ago.
      if (source === compareSource) continue
      if (kind === 'wecom-event') await staffLeft(ctx, row)
      else if (kind === 'group-dismissed') {
        if (who.chat !== undefined) await dismissGroup(ctx, who.chat)
      } else if (kind === 'contact-removed') {
        if (who.external !== undefined && who.staff !== undefined)
          await endIfOlder(ctx, who.external, who.staff, at)
      } else if (kind.startsWith('contact-')) {
        if (who.external !== undefined) await askReread(ctx.tx, 'contact', who.external, ctx.now)
      } else if (who.chat !== undefined) await askReread(ctx.tx, 'group', who.chat, ctx.now)
    }
  },
}

/** A member who left the company loses every session now, not at the next comparison. */
async function staffLeft(ctx: Ctx, { detail, who }: LogRow): Promise<void> {
  const userid = detail['UserID'] ?? who.staff
  if (detail['ChangeType'] !== 'delete_user' || typeof userid !== 'string') return
  const known = await findStaff(ctx.tx, userid)
  if (known) await saveStaff(ctx, [{ ...known, active: false, contact: false }])
  await endSessionsOf(ctx, userid)
}

async function rereadDue(parts: SyncParts, now: Instant): Promise<number> {
  const due = await readyRereads(parts.db.reader, ['contact', 'group'], now, atOnce)
  for (const reread of due) {
    const failure =
      reread.kind === 'contact' ? await rereadContact(parts, reread) : await rereadGroup(parts, reread)
    if (failure) await giveBack(parts, reread, failure, now)
  }
  return due.length
}

async function rereadContact(parts: SyncParts, reread: Reread): Promise<Failure | null> {
  const askedAt = parts.clock.now()
  const seen = await parts.api.customer(reread.id)
  if (seen.kind !== 'ok') return seen
  const { external_contact: person, follow_user: follows } = seen.value
  await parts.act(system('wecom-sync'), async (ctx) => {
    const contacts = follows.map((follow) =>
      contactOf(
        person,
        follow,
        follow.tags.map(({ tag_name: name }) => name),
      ),
    )
    await mirrorContacts(ctx, await contactsRemembered(ctx.tx, parts.erasures, contacts))
    const still = new Set(follows.map(({ userid }) => userid))
    for (const { staff } of await relationsOf(ctx.tx, [reread.id]))
      if (!still.has(staff)) await endIfOlder(ctx, reread.id, staff, askedAt)
    // A contact read again is a pair that may want its tags.
    const customer = await customerOfExternal(ctx.tx, reread.id)
    if (customer !== null) await askMirror(ctx.tx, [customer], ctx.now)
    await doneReread(ctx.tx, reread)
  })
  return null
}

async function rereadGroup(parts: SyncParts, reread: Reread): Promise<Failure | null> {
  const seen = await parts.api.group(reread.id)
  if (seen.kind !== 'ok') return seen
  await parts.act(system('wecom-sync'), async (ctx) => {
    const group = await groupRemembered(ctx.tx, parts.erasures, groupOf(seen.value.group_chat))
    const { joined, left } = await saveGroup(ctx, group)
    await recordJoins(ctx, seen.value.group_chat, group)
    await doneReread(ctx.tx, reread)
    const maybeTold = await recordUntold(ctx, group, joined, left)
    if (maybeTold) await askReread(ctx.tx, 'group', reread.id, ctx.now, toldWithinMs)
  })
  return null
}

/** WeCom tries an event three times, five seconds each (WECOM.md §2.2): whatever was not told by then will not be. */
const toldWithinMs = minutes(1)
/** Of those who came at the time of the event, who came a little earlier and was waited for. */
const untoldWithinMs = minutes(30)

/**
 * Members who came or went and were named by no event: it got lost (LastMemVer is then not what we know), told of several
 * at once, or came from an old client that names nobody (WECOM.md §2.6). Each is recorded like an event. Answers whether
 * somebody came so lately that her event may still arrive.
 */
async function recordUntold(
  ctx: Ctx,
  group: GroupSeen,
  joined: readonly string[],
  left: readonly string[],
): Promise<boolean> {
  const fresh = new Set(joined)
  const came = group.members.filter(
    ({ member, kind, joinedAt }) => kind === 2 && (fresh.has(member) || joinedAt > ctx.now - untoldWithinMs),
  )
  const told = await newestOfGroup(ctx.tx, group.chat, [...came.map(({ member }) => member), ...left])
  const isTold = (kind: Kind, external: string, since: Instant): boolean =>
    told.some((one) => one.kind === kind && one.external === external && one.at >= since - toldWithinMs)
  const untold = came.filter(({ member, joinedAt }) => !isTold('group-joined', member, joinedAt))
  const record = (kind: Kind, external: string, at: Instant): void =>
    ctx.record({
      kind,
      at,
      source: compareSource,
      sourceKey: `${kind}:${group.chat}:${external}:${String(at)}`,
      who: { external, chat: group.chat },
      detail: { found: 'group', ChatId: group.chat },
    })
  for (const { member, joinedAt } of untold)
    if (joinedAt <= ctx.now - toldWithinMs) record('group-joined', member, joinedAt)
  // Who left within the last minutes was told of, or is told of now: WeCom does not say when.
  for (const external of left)
    if (isCustomer(external) && !isTold('group-left', external, ctx.now - untoldWithinMs))
      record('group-left', external, ctx.now)
  return untold.some(({ joinedAt }) => joinedAt > ctx.now - toldWithinMs)
}

/** Not there yet: again after 2, 10, 60 s; gone for good: done; WeCom away: again in a while, without counting. */
async function giveBack(parts: SyncParts, reread: Reread, failure: Failure, now: Instant): Promise<void> {
  const { log, act } = parts
  const wait =
    failure.kind === 'error' && failure.reaction === 'drop' ? rereadAfterMs[reread.attempts] : seconds(30)
  await act(system('wecom-sync'), async (ctx) => {
    if (wait === undefined) await doneReread(ctx.tx, reread)
    else await postponeReread(ctx.tx, reread, now + wait)
  })
  if (wait === undefined)
    log.info({ kind: reread.kind, id: reread.id, why: failureWords(failure) }, 'WeCom no longer knows it')
}
