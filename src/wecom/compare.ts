/**
 * The full comparison: staff, every contact, every group, once an hour. What the events did not tell is recorded like an
 * event. Where it stands is written with each page, so whoever dies is gone on with, and nobody is read twice; a row that
 * two processes would move belongs to the one that took it last. Until it has come to its end it is visibly incomplete.
 *
 * An app that lost its visible range sees nobody any more, and WeCom calls that a good answer. So a comparison that would
 * let go of very many lets go of none, says so, and waits for a person to agree.
 */
import { randomUUID } from 'node:crypto'
import { system } from '../base/act.ts'
import type { Act, Ctx } from '../base/act.ts'
import { hours, minutes, seconds } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { OutsideFailure, messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { areContactsKnown, dismissGroup, isGroupKnown, saveGroup, saveStaff } from '../customer/index.ts'
import type { ContactSeen, Erasures, GroupSeen } from '../customer/index.ts'
import {
  beginComparison,
  contactsUnseen,
  endComparison,
  giveUp,
  groupsSeen,
  groupsUnseen,
  holdBack,
  lastComparison,
  markSeen,
  moveOn,
  takeOver,
  unseenOf,
} from './compare.store.ts'
import type { Comparison, Position, Seen } from './compare.store.ts'
import {
  contactOf,
  contactsRemembered,
  endIfOlder,
  groupOf,
  groupRemembered,
  isCustomer,
  mirrorContacts,
} from './contacts.ts'
import type { GroupSeenByApi, StaffCustomers, WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'
import type { Result } from './protocol/result.ts'
import { newestAdded } from './sync.store.ts'
import { recordJoins } from './ways/joins.ts'

export interface CompareParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly api: WecomApi
  /** Who was forgotten is not mirrored again. */
  readonly erasures?: Erasures
}

export interface Comparer {
  /** To its end, going on where one broke off. Throws OutsideFailure when WeCom did not answer to the end. */
  compareAll(): Promise<void>
  /** Only where one broke off: at once where its process died, after a rest where WeCom ended it. */
  goOn(): Promise<void>
  /** Resolves when no comparison of this process is under way. */
  idle(): Promise<void>
  /** Null when the last comparison came to its end, else what is missing. */
  incomplete(): Promise<string | null>
  standing(): Promise<ComparisonStanding>
}

export interface ComparisonStanding {
  readonly state: 'never' | 'underway' | 'broken' | 'held' | 'done'
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  /** Seen so far. */
  readonly contacts: number
  readonly groups: number
  /** Of a broken one, what WeCom said. */
  readonly why: string
  /** Of a held one: known here, not seen there, not let go. */
  readonly lostContacts: number
  readonly lostGroups: number
}

export const compareSource = 'wecom-compare'

/** Without a word for so long, its process is not there any more. Longer than any call with its repetitions. */
const staleMs = seconds(90)
/** Whoever was seen longer ago may look different by now: all of it is read anew. */
const resumeWithinMs = hours(12)
/** Where WeCom refused, the next try is not at once. */
const restMs = minutes(10)
/** A word given long ago was about another picture. */
const agreedForMs = hours(1)
const staffPerCall = 100
const contactsPerDeed = 200
const groupsAtOnce = 8

export function createComparer(parts: CompareParts): Comparer {
  const holder = randomUUID()
  let comparing: Promise<void> | null = null
  const run = (): Promise<void> => {
    comparing ??= compare(parts, holder).finally(() => {
      comparing = null
    })
    return comparing
  }
  return {
    compareAll: run,
    async goOn() {
      const last = await lastComparison(parts.db.reader)
      if (last?.ended_at !== null || comparing !== null) return
      const now = await parts.db.tx((tx) => tx.databaseNow())
      if (last.holder !== '' || now - last.touched_at >= restMs) await run()
    },
    async idle() {
      await Promise.allSettled([comparing])
    },
    incomplete: async () => wordsOf(await standing(parts)),
    standing: () => standing(parts),
  }
}

async function standing({ db }: CompareParts): Promise<ComparisonStanding> {
  const last = await lastComparison(db.reader)
  const lost = { lostContacts: last?.lost_contacts ?? 0, lostGroups: last?.lost_groups ?? 0 }
  return {
    state: stateOf(last),
    startedAt: last?.started_at ?? null,
    endedAt: last?.ended_at ?? null,
    contacts: last?.contacts ?? 0,
    groups: last?.groups ?? 0,
    why: last?.why ?? '',
    ...lost,
  }
}

function stateOf(last: Comparison | null): ComparisonStanding['state'] {
  if (last === null) return 'never'
  if (last.ended_at === null) return last.why === '' ? 'underway' : 'broken'
  return last.lost_contacts === null && last.lost_groups === null ? 'done' : 'held'
}

function wordsOf(one: ComparisonStanding): string | null {
  const soFar = `${String(one.contacts)} contacts and ${String(one.groups)} groups`
  switch (one.state) {
    case 'never':
      return 'staff, contacts and groups were never compared with WeCom'
    case 'underway':
      return `a comparison with WeCom is under way: ${soFar} so far`
    case 'broken':
      return `the last comparison with WeCom broke off after ${soFar}: ${one.why}`
    case 'held':
      return `WeCom no longer shows ${String(one.lostContacts)} contacts and ${String(one.lostGroups)} groups that are known here; they were kept: look at the app's visible range, or let them go with \`siyu wecom compare --agree\``
    case 'done':
      return null
  }
}

/** Below these nobody is asked: people leave. */
const mostLost = { contact: 20, group: 5, share: 0.2 } as const

/** True when so many of this kind were not seen that a person must agree first; then that is written down. */
async function isHeldBack(parts: CompareParts, walk: Walk, kind: Seen['kind']): Promise<boolean> {
  if (walk.isAgreed) return false
  const { unseen, all } = await unseenOf(parts.db.reader, kind)
  if (unseen <= mostLost[kind] || unseen <= all * mostLost.share) return false
  parts.log.warn({ kind, unseen, all }, 'WeCom no longer shows very many that are known here; they are kept')
  await walk.holdBack(kind === 'contact' ? 'lost_contacts' : 'lost_groups', unseen)
  return true
}

// ------------------------------------------------------------------ whose it is

/** Another process has taken it over: nothing more is written here. */
class TakenOver extends Error {}

async function compare(parts: CompareParts, holder: string): Promise<void> {
  const taken = await take(parts, holder)
  if (taken === null) return
  const walk = createWalk(parts, taken)
  try {
    await compareStaff(parts, walk)
    await compareContacts(parts, walk)
    await compareGroups(parts, walk)
    await parts.act(system(compareSource), async (ctx) => {
      if (!(await endComparison(ctx.tx, taken.epoch, ctx.now))) throw new TakenOver()
    })
  } catch (error) {
    if (error instanceof TakenOver) {
      parts.log.info('another process goes on with the comparison')
      return
    }
    await parts.act(
      system(compareSource),
      async (ctx) => void (await giveUp(ctx.tx, taken.epoch, messageOf(error))),
    )
    throw error
  }
}

/** The one that broke off, or a new one; null while another process is at it. */
async function take({ act }: CompareParts, holder: string): Promise<Comparison | null> {
  return act(system(compareSource), async (ctx) => {
    const last = await lastComparison(ctx.tx)
    const now = await ctx.tx.databaseNow()
    const epoch = (last?.epoch ?? 0) + 1
    if (last?.ended_at === null) {
      // An SQLite file has one server: whoever else held it is dead.
      const mayLive = ctx.tx.dialect !== 'sqlite' && last.holder !== '' && last.holder !== holder
      if (mayLive && now - last.touched_at < staleMs) return null
      if (ctx.now - last.started_at < resumeWithinMs)
        return (await takeOver(ctx.tx, last.epoch, { epoch, holder, touched_at: now }))
          ? { ...last, epoch, holder }
          : null
    }
    const begun = { epoch, started_at: ctx.now, staff: '[]', holder, touched_at: now }
    return (await beginComparison(ctx.tx, begun)) ? lastComparison(ctx.tx) : null
  })
}

interface Walk {
  readonly startedAt: Instant
  /** A person has said that whoever is not seen is gone. */
  readonly isAgreed: boolean
  staff(): readonly string[]
  position(): Position
  /** Writes whom a page showed and where it goes on, in one transaction. */
  step(to: Partial<Position>, seen: readonly Seen[], write?: (ctx: Ctx) => Promise<void>): Promise<void>
  /** The staff of this comparison are known now. */
  settle(staff: readonly string[]): Promise<void>
  holdBack(what: 'lost_contacts' | 'lost_groups', many: number): Promise<void>
}

function createWalk({ act }: CompareParts, taken: Comparison): Walk {
  let staff = JSON.parse(taken.staff) as readonly string[]
  let at: Position = taken
  const step: Walk['step'] = async (to, seen, write) => {
    const next = { ...at, ...to }
    await act(
      system(compareSource),
      async (ctx) => {
        await write?.(ctx)
        await markSeen(ctx.tx, seen)
        const touched = await ctx.tx.databaseNow()
        if (!(await moveOn(ctx.tx, taken.epoch, { ...next, staff: JSON.stringify(staff) }, touched)))
          throw new TakenOver()
      },
      'bulk',
    )
    at = next
  }
  return {
    startedAt: taken.started_at,
    isAgreed: taken.agreed_at !== null && taken.started_at - taken.agreed_at < agreedForMs,
    staff: () => staff,
    position: () => at,
    step,
    async settle(known) {
      staff = known
      await step({ stage: 'contacts' }, [])
    },
    holdBack: (what, many) =>
      step({}, [], async (ctx) => void (await holdBack(ctx.tx, taken.epoch, what, many))),
  }
}

function must<T>(what: string, result: Result<T>): T {
  if (result.kind === 'ok') return result.value
  throw new OutsideFailure(`${what}: ${failureWords(result)}`)
}

// ------------------------------------------------------------------ staff

async function compareStaff({ api, act, log }: CompareParts, walk: Walk): Promise<void> {
  if (walk.position().stage !== 'staff') return
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
  await walk.settle(advisors)
}

const inParts = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))

/** Parts of the staff that are still to be gone through, each with the cursor where it goes on. */
function* partsLeft(
  walk: Walk,
): Generator<{ readonly some: readonly string[]; readonly cursor: string; readonly part: number }> {
  const all = inParts(walk.staff(), staffPerCall)
  const { part: from, cursor } = walk.position()
  for (let part = from; part < all.length; part += 1)
    yield { some: all[part] ?? [], cursor: part === from ? cursor : '', part }
}

// ------------------------------------------------------------------ contacts

type ContactPage = StaffCustomers['external_contact_list']

async function compareContacts(parts: CompareParts, walk: Walk): Promise<void> {
  if (walk.position().stage !== 'contacts') return
  const names = await tagNames(parts)
  const takePage = async (page: ContactPage, to: Partial<Position>): Promise<void> => {
    const contacts = page.map(({ external_contact: person, follow_info: { tag_id: ids, ...follow } }) =>
      contactOf(
        person,
        follow,
        ids.flatMap((id) => names.get(id) ?? []),
      ),
    )
    for (const chunk of inParts(
      await contactsRemembered(parts.db.reader, parts.erasures, contacts),
      contactsPerDeed,
    ))
      if (!(await areContactsKnown(parts.db.reader, chunk)))
        await parts.act(system(compareSource), (ctx) => takeIn(ctx, chunk), 'bulk')
    await walk.step(
      { ...to, contacts: walk.position().contacts + contacts.length },
      contacts.map(({ external, staff }) => ({ kind: 'contact', id: external, staff })),
    )
  }
  for (const { some, cursor, part } of partsLeft(walk)) {
    await contactPages(parts, some, cursor, takePage)
    await walk.step({ part: part + 1, cursor: '' }, [])
  }
  await letGoUnseen(parts, walk)
  await walk.step({ stage: 'groups', part: 0, cursor: '' }, [])
}

/** Page after page of these members, from a cursor on; each page is taken with the cursor of the next. */
async function contactPages(
  parts: CompareParts,
  some: readonly string[],
  from: string,
  take: (page: ContactPage, to: Partial<Position>) => Promise<void>,
): Promise<void> {
  for (let cursor = from; ;) {
    const result = await parts.api.customersOf(some, cursor)
    if (result.kind === 'error' && result.name === 'bad-cursor' && cursor !== '') {
      // It lives for hours only: this part is read from its beginning.
      cursor = ''
      continue
    }
    if (result.kind === 'error' && result.name === 'not-a-friend') {
      // 84061 means "has no customers" (WECOM.md §3.1): of several, ask one by one who that is.
      if (some.length > 1)
        for (const one of some) await contactPages(parts, [one], '', (page) => take(page, {}))
      return
    }
    const page = must('batch/get_by_user', result)
    cursor = page.next_cursor
    await take(page.external_contact_list, { cursor })
    if (cursor === '') return
  }
}

async function letGoUnseen(parts: CompareParts, walk: Walk): Promise<void> {
  if (await isHeldBack(parts, walk, 'contact')) return
  for (let after = { external: '', staff: '' }; ;) {
    const gone = await contactsUnseen(parts.db.reader, contactsPerDeed, after)
    const last = gone.at(-1)
    if (last === undefined) return
    await walk.step({}, [], (ctx) => letGo(ctx, gone, walk.startedAt))
    after = last
  }
}

/** Listings carry ids of corp tags, the mirror keeps names. */
async function tagNames({ api }: CompareParts): Promise<ReadonlyMap<string, string>> {
  const { tag_group: groups } = must('get_corp_tag_list', await api.corpTags())
  return new Map(groups.flatMap(({ tag }) => tag.map(({ id, name }): [string, string] => [id, name])))
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

// ------------------------------------------------------------------ groups

async function compareGroups(parts: CompareParts, walk: Walk): Promise<void> {
  for (const { some, cursor: from, part } of partsLeft(walk)) {
    for (let cursor = from; ;) {
      const result = await parts.api.groups(some, cursor)
      if (result.kind === 'error' && result.name === 'bad-cursor' && cursor !== '') {
        cursor = ''
        continue
      }
      const page = must('groupchat/list', result)
      for (const chats of inParts(
        page.group_chat_list.map(({ chat_id: chat }) => chat),
        groupsAtOnce,
      ))
        await takeGroups(parts, walk, chats)
      cursor = page.next_cursor
      await walk.step({ cursor }, [])
      if (cursor === '') break
    }
    await walk.step({ part: part + 1, cursor: '' }, [])
  }
  if (await isHeldBack(parts, walk, 'group')) return
  const gone = await groupsUnseen(parts.db.reader)
  await walk.step({}, [], (ctx) => dismiss(ctx, gone))
}

async function takeGroups(parts: CompareParts, walk: Walk, listed: readonly string[]): Promise<void> {
  const before = await groupsSeen(parts.db.reader, listed)
  const chats = listed.filter((chat) => !before.has(chat))
  if (chats.length === 0) return
  const read = await Promise.all(chats.map((chat) => readGroup(parts, chat)))
  const news = read.flatMap((one) => one ?? [])
  await walk.step(
    { groups: walk.position().groups + chats.length },
    chats.map((id) => ({ kind: 'group', id, staff: '' })),
    async (ctx) => {
      for (const { group, seen } of news) await takeInGroup(ctx, group, seen)
    },
  )
}

/** Null where there is nothing new. */
async function readGroup(
  parts: CompareParts,
  chat: string,
): Promise<{ readonly group: GroupSeenByApi; readonly seen: GroupSeen } | null> {
  const read = await parts.api.group(chat)
  // Dismissed between the list and this: the next comparison no longer lists it.
  if (read.kind === 'error' && (read.reaction === 'drop' || read.reaction === 'bug')) return null
  const { group_chat: group } = must('groupchat/get', read)
  const seen = await groupRemembered(parts.db.reader, parts.erasures, groupOf(group))
  return (await isGroupKnown(parts.db.reader, seen)) ? null : { group, seen }
}

async function dismiss(ctx: Ctx, chats: readonly string[]): Promise<void> {
  for (const chat of chats) {
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
}

async function takeInGroup(ctx: Ctx, group: GroupSeenByApi, seen: GroupSeen): Promise<void> {
  const { joined, left } = await saveGroup(ctx, seen)
  await recordJoins(ctx, group, seen)
  const customers = new Set(group.member_list.filter(({ type }) => type === 2).map(({ userid }) => userid))
  const changes = [
    ...joined
      .filter((one) => customers.has(one))
      .map((external) => ({ kind: 'group-joined' as const, external })),
    ...left.filter(isCustomer).map((external) => ({ kind: 'group-left' as const, external })),
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
