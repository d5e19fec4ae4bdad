/**
 * Keeps our picture of staff, contacts and groups true. An event only says that something changed, so the thing is read
 * again; events get lost (three tries, then silence), so an hourly full comparison finds what they did not tell and
 * records it like an event. A comparison that breaks off stays visibly incomplete and is begun again.
 */
import { system } from '../base/act.ts'
import type { Act, Ctx } from '../base/act.ts'
import { hours, minutes, seconds } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { OutsideFailure, messageOf } from '../base/errors.ts'
import type { Job } from '../base/jobs.ts'
import type { Log } from '../base/log.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { endSessionsOf } from '../access/index.ts'
import {
  areContactsKnown,
  customerOfExternal,
  dismissGroup,
  findStaff,
  isGroupKnown,
  saveGroup,
  saveStaff,
} from '../customer/index.ts'
import type { ContactSeen, Erasures, GroupSeen } from '../customer/index.ts'
import type { Follower, LogRow } from '../interaction/index.ts'
import { askMirror } from '../segment/index.ts'
import {
  contactOf,
  contactsRemembered,
  endIfOlder,
  groupOf,
  groupRemembered,
  mirrorContacts,
} from './contacts.ts'
import type { GroupSeenByApi, StaffCustomers, WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'
import type { Failure, Result } from './protocol/result.ts'
import {
  activeGroups,
  activeRelations,
  askReread,
  doneReread,
  newestAdded,
  nextReread,
  postponeReread,
  readyRereads,
  relationsOf,
} from './sync.store.ts'
import type { Reread } from './sync.store.ts'

export interface SyncParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly api: WecomApi
  /** Who was forgotten is not mirrored again. */
  readonly erasures?: Erasures
}

export interface Sync {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** Reads again what is due; answers how many things. */
  rereadDue(now: Instant): Promise<number>
  nextDueAt(): Promise<Instant | null>
  /** Staff, contacts, groups, all of them. Throws OutsideFailure when WeCom did not answer to the end. */
  compareAll(): Promise<void>
  /** Resolves when no comparison is under way. */
  idle(): Promise<void>
  /** Null when the last comparison came to its end, else what is missing. */
  incomplete(): Promise<string | null>
}

/** Right after add_external_contact the API may still answer 84061 (WECOM.md §2.5). */
const rereadAfterMs = [seconds(2), seconds(10), seconds(60)]
const atOnce = 20
const staffPerCall = 100
const contactsPerDeed = 200

export function createSync(parts: SyncParts): Sync {
  let comparing: Promise<void> | null = null
  const compareAll = (): Promise<void> => {
    comparing ??= compare(parts).finally(() => {
      comparing = null
    })
    return comparing
  }
  return {
    followers: [rereadFollower],
    jobs: [
      {
        name: 'wecom-compare',
        schedule: { every: 'minutes', minutes: 60 },
        catchUpMs: hours(1),
        run: compareAll,
      },
    ],
    rereadDue: (now) => rereadDue(parts, now),
    nextDueAt: () => nextReread(parts.db.reader),
    compareAll,
    async idle() {
      await Promise.allSettled([comparing])
    },
    incomplete: () => incomplete(parts),
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

// ------------------------------------------------------------------ the full comparison

const compareSource = 'wecom-compare'
const compareMeta = 'wecom-compare'

function must<T>(what: string, result: Result<T>): T {
  if (result.kind === 'ok') return result.value
  throw new OutsideFailure(`${what}: ${failureWords(result)}`)
}

async function compare(parts: SyncParts): Promise<void> {
  const remember = (state: string): Promise<void> =>
    parts.act(system(compareSource), async (ctx) => void (await writeMeta(ctx.tx, compareMeta, state)))
  await remember('a comparison with WeCom is under way')
  try {
    const staff = await compareStaff(parts)
    await compareContacts(parts, staff)
    await compareGroups(parts, staff)
    await remember('')
  } catch (error) {
    await rememberBroken(parts, messageOf(error))
    throw error
  }
}

/** Whoever was frozen or cut off fails late: if another one came to its end meanwhile, nothing is missing. */
const rememberBroken = ({ act }: SyncParts, why: string): Promise<void> =>
  act(system(compareSource), async (ctx) => {
    if ((await readMeta(ctx.tx, compareMeta)) === '') return
    await writeMeta(ctx.tx, compareMeta, `the last comparison with WeCom broke off: ${why}`)
  })

async function incomplete({ db }: SyncParts): Promise<string | null> {
  const state = await readMeta(db.reader, compareMeta)
  if (state === null) return 'staff, contacts and groups were never compared with WeCom'
  return state === '' ? null : state
}

async function compareStaff({ api, act, log }: SyncParts): Promise<readonly string[]> {
  const advisors = must('get_follow_user_list', await api.followUserList()).follow_user
  const named = await api.members()
  // Without the address book we still know who has customers; their names come when they sign in.
  if (named.kind !== 'ok') log.warn({ why: failureWords(named) }, 'names of staff cannot be read')
  const names = new Map(
    named.kind === 'ok' ? named.value.userlist.map(({ userid, name }) => [userid, name]) : [],
  )
  for (const userid of advisors) if (!names.has(userid)) names.set(userid, userid)
  const serves = new Set(advisors)
  const seen = [...names].map(([userid, name]) => ({
    userid,
    name,
    active: true,
    contact: serves.has(userid),
  }))
  await act(system(compareSource), (ctx) => saveStaff(ctx, seen, named.kind === 'ok'))
  return advisors
}

const inParts = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))

async function compareContacts(parts: SyncParts, staff: readonly string[]): Promise<void> {
  const startedAt = parts.clock.now()
  const names = await tagNames(parts)
  const seen = new Set<string>()
  const before = await activeRelations(parts.db.reader)
  for await (const page of contactPages(parts, staff)) {
    const contacts = page.map(({ external_contact: person, follow_info: { tag_id: ids, ...follow } }) =>
      contactOf(
        person,
        follow,
        ids.flatMap((id) => names.get(id) ?? []),
      ),
    )
    for (const { external, staff: one } of contacts) seen.add(`${external}\n${one}`)
    for (const chunk of inParts(
      await contactsRemembered(parts.db.reader, parts.erasures, contacts),
      contactsPerDeed,
    ))
      if (!(await areContactsKnown(parts.db.reader, chunk)))
        await parts.act(system(compareSource), (ctx) => takeIn(ctx, chunk), 'bulk')
  }
  const gone = before.filter(({ external, staff: one }) => !seen.has(`${external}\n${one}`))
  for (const chunk of inParts(gone, contactsPerDeed))
    await parts.act(system(compareSource), (ctx) => letGo(ctx, chunk, startedAt), 'bulk')
}

/** Listings carry ids of corp tags, the mirror keeps names. */
async function tagNames({ api }: SyncParts): Promise<ReadonlyMap<string, string>> {
  const { tag_group: groups } = must('get_corp_tag_list', await api.corpTags())
  return new Map(groups.flatMap(({ tag }) => tag.map(({ id, name }): [string, string] => [id, name])))
}

type ContactPage = StaffCustomers['external_contact_list']

async function* contactPages(parts: SyncParts, staff: readonly string[]): AsyncGenerator<ContactPage> {
  for (const some of inParts(staff, staffPerCall)) {
    for (let cursor = ''; ;) {
      const result = await parts.api.customersOf(some, cursor)
      if (result.kind === 'error' && result.name === 'not-a-friend') {
        // 84061 means "has no customers" (WECOM.md §3.1): of several, ask one by one who that is.
        if (some.length > 1) for (const one of some) yield* contactPages(parts, [one])
        break
      }
      const page = must('batch/get_by_user', result)
      yield page.external_contact_list
      cursor = page.next_cursor
      if (cursor === '') break
    }
  }
}

/** WeCom stamps a contact to the second, and the event that told of it a little later. */
const eventSlackMs = minutes(1)

/** New contacts of which no event told are recorded like an event, without a welcome: the 20 s are over. */
async function takeIn(ctx: Ctx, contacts: readonly ContactSeen[]): Promise<void> {
  const added = await mirrorContacts(ctx, contacts)
  const told = await newestAdded(
    ctx.tx,
    added.map(({ external }) => external),
  )
  for (const { external, staff, addedAt, state } of added) {
    // The event came, and only its reading is still to come.
    if (
      told.some((one) => one.external === external && one.staff === staff && one.at >= addedAt - eventSlackMs)
    )
      continue
    ctx.record({
      kind: 'contact-added',
      at: Math.min(addedAt, ctx.now),
      source: compareSource,
      sourceKey: `added:${external}:${staff}:${String(addedAt)}`,
      who: { external, staff },
      detail: { found: 'comparison', ...(state === undefined || state === '' ? {} : { State: state }) },
    })
  }
}

async function letGo(
  ctx: Ctx,
  pairs: readonly { readonly external: string; readonly staff: string }[],
  startedAt: Instant,
): Promise<void> {
  for (const { external, staff } of pairs) {
    // Whoever came while we were reading stands on no page that was read before.
    if (!(await endIfOlder(ctx, external, staff, startedAt))) continue
    ctx.record({
      kind: 'contact-removed',
      at: ctx.now,
      source: compareSource,
      sourceKey: `removed:${external}:${staff}:${String(ctx.now)}`,
      who: { external, staff },
      detail: { found: 'comparison' },
    })
  }
}

async function compareGroups(parts: SyncParts, staff: readonly string[]): Promise<void> {
  const seen = new Set<string>()
  const before = await activeGroups(parts.db.reader)
  for (const some of inParts(staff, staffPerCall)) {
    for (let cursor = ''; ;) {
      const page = must('groupchat/list', await parts.api.groups(some, cursor))
      for (const { chat_id: chat } of page.group_chat_list) {
        seen.add(chat)
        const read = await parts.api.group(chat)
        // Dismissed between the list and this: the next comparison no longer lists it.
        if (read.kind === 'error' && (read.reaction === 'drop' || read.reaction === 'bug')) continue
        const { group_chat: group } = must('groupchat/get', read)
        const remembered = await groupRemembered(parts.db.reader, parts.erasures, groupOf(group))
        if (!(await isGroupKnown(parts.db.reader, remembered)))
          await parts.act(system(compareSource), (ctx) => takeInGroup(ctx, group, remembered), 'bulk')
      }
      cursor = page.next_cursor
      if (cursor === '') break
    }
  }
  const gone = before.filter((chat) => !seen.has(chat))
  await parts.act(system(compareSource), async (ctx) => {
    for (const chat of gone) {
      await dismissGroup(ctx, chat)
      ctx.record({
        kind: 'group-dismissed',
        at: ctx.now,
        source: compareSource,
        sourceKey: `dismissed:${chat}:${String(ctx.now)}`,
        who: { chat },
        detail: { found: 'comparison', ChatId: chat },
      })
    }
  })
}

async function takeInGroup(ctx: Ctx, group: GroupSeenByApi, seen: GroupSeen): Promise<void> {
  const { joined, left } = await saveGroup(ctx, seen)
  const customers = new Set(group.member_list.filter(({ type }) => type === 2).map(({ userid }) => userid))
  const changes = [
    ...joined
      .filter((one) => customers.has(one))
      .map((external) => ({ kind: 'group-joined' as const, external })),
    ...left
      .filter((one) => /^w[mo]/.test(one))
      .map((external) => ({ kind: 'group-left' as const, external })),
  ]
  for (const { kind, external } of changes) {
    ctx.record({
      kind,
      at: ctx.now,
      source: compareSource,
      sourceKey: `${kind}:${group.chat_id}:${external}:${String(ctx.now)}`,
      who: { external, chat: group.chat_id },
      detail: { found: 'comparison', ChatId: group.chat_id },
    })
  }
}
