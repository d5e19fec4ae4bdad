/**
 * Keeps our picture of staff, contacts and groups true. An event only says that something changed, so the thing is read
 * again; events get lost (three tries, then silence), so an hourly full comparison finds what they did not tell and
 * records it like an event (compare.ts).
 */
import { system } from '../base/act.ts'
import type { Ctx } from '../base/act.ts'
import { hours, minutes, seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Job } from '../base/jobs.ts'
import { endSessionsOf } from '../access/index.ts'
import { customerOfExternal, dismissGroup, findStaff, saveGroup, saveStaff } from '../customer/index.ts'
import type { Follower, LogRow } from '../interaction/index.ts'
import { askMirror } from '../segment/index.ts'
import { compareSource, createComparer } from './compare.ts'
import type { CompareParts } from './compare.ts'
import {
  contactOf,
  contactsRemembered,
  endIfOlder,
  groupOf,
  groupRemembered,
  mirrorContacts,
} from './contacts.ts'
import { failureWords } from './protocol/result.ts'
import type { Failure } from './protocol/result.ts'
import { askReread, doneReread, nextReread, postponeReread, readyRereads, relationsOf } from './sync.store.ts'
import type { Reread } from './sync.store.ts'

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
        schedule: { every: 'minutes', minutes: 1 },
        catchUpMs: minutes(1),
        run: comparer.goOn,
      },
    ],
    rereadDue: (now) => rereadDue(parts, now),
    nextDueAt: () => nextReread(parts.db.reader),
    compareAll: comparer.compareAll,
    idle: comparer.idle,
    incomplete: comparer.incomplete,
  }
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
  const due = await readyRereads(parts.db.reader, now, atOnce)
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
    await saveGroup(ctx, await groupRemembered(ctx.tx, parts.erasures, groupOf(seen.value.group_chat)))
    await doneReread(ctx.tx, reread)
  })
  return null
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
