/**
 * What WeCom says of staff, contacts and groups, as last seen. These deeds only write the mirror; whoever learns
 * something new from their answers (a contact added, a member gone) records it in the log.
 */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { customerIdOf, keyOf } from './identity.ts'
import type { Identity, IdentityKind } from './identity.ts'
import {
  conflictsOf,
  deleteMembers,
  endGroup,
  forgetMembers,
  insertMembers,
  insertProfiles,
  knownIdentities,
  markRemoved,
  membersOf,
  storedGroup,
  storedRows,
  retireStaffExcept,
  upsertGroup,
  upsertProfiles,
  upsertRelations,
  upsertStaff,
} from './customer.store.ts'

export interface StaffSeen {
  readonly userid: string
  readonly name: string
  readonly active: boolean
  /** In get_follow_user_list: may have customers. */
  readonly contact: boolean
}

/** `complete`: whoever is not in the list has left. */
export async function saveStaff(ctx: Ctx, staff: readonly StaffSeen[], complete = false): Promise<void> {
  const rows = lastPerKey(staff, ({ userid }) => userid)
  if (complete)
    await retireStaffExcept(
      ctx.tx,
      rows.map(({ userid }) => userid),
    )
  await upsertStaff(
    ctx.tx,
    rows.map(({ userid, name, active, contact }) => ({
      userid,
      name,
      active: active ? 1 : 0,
      contact: contact ? 1 : 0,
    })),
  )
}

export interface ContactSeen {
  readonly external: string
  readonly staff: string
  readonly name: string
  readonly avatar?: string | undefined
  /** 0 unknown, 1 male, 2 female. */
  readonly gender: number
  readonly unionid?: string | undefined
  readonly addedAt: Instant
  readonly remark?: string | undefined
  readonly addWay?: number | undefined
  readonly state?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** Answers the pairs that were not active before: for the log rows 'contact-added' of a full comparison. */
export async function saveContacts(
  ctx: Ctx,
  contacts: readonly ContactSeen[],
): Promise<{ readonly added: readonly ContactSeen[] }> {
  const rows = lastPerKey(contacts, ({ external, staff }) => `${external}\n${staff}`)
  const people = lastPerKey(rows, ({ external }) => external)
  const externals = people.map(({ external }) => external)
  const relations = await storedRows(ctx.tx, 'relation', externals)
  const before = new Set(
    relations
      .filter(({ state }) => state === 'active')
      .map(({ external, staff }) => `${String(external)}\n${String(staff)}`),
  )
  const { profiles, pairs } = cellsOf(people, rows)
  await upsertProfiles(
    ctx.tx,
    changed(profiles, await storedRows(ctx.tx, 'profile', externals), ['external']),
  )
  await upsertRelations(ctx.tx, changed(pairs, relations, ['external', 'staff']))
  return { added: rows.filter(({ external, staff }) => !before.has(`${external}\n${staff}`)) }
}

/** Who writes to us in 微信客服 and may be nobody's contact. */
export type StrangerSeen = Pick<ContactSeen, 'external' | 'name' | 'avatar' | 'gender' | 'unionid'>

/** Of a contact we know better already. */
export async function saveStrangers(ctx: Ctx, people: readonly StrangerSeen[]): Promise<void> {
  await insertProfiles(ctx.tx, lastPerKey(people, ({ external }) => external).map(profileCells))
}

const profileCells = (seen: StrangerSeen & Pick<ContactSeen, 'tags'>) => ({
  external: seen.external,
  name: seen.name,
  avatar: seen.avatar ?? null,
  gender: seen.gender,
  unionid: seen.unionid ?? null,
  remark_tags: JSON.stringify(seen.tags ?? []),
})

function cellsOf(people: readonly ContactSeen[], rows: readonly ContactSeen[]) {
  return {
    profiles: people.map(profileCells),
    pairs: rows.map((seen) => ({
      external: seen.external,
      staff: seen.staff,
      state: 'active',
      added_at: seen.addedAt,
      removed_at: null,
      remark: seen.remark ?? null,
      add_way: seen.addWay ?? null,
      from_state: seen.state ?? null,
    })),
  }
}

/** Is everything stored just so? Then a comparison need not take the writer for it. */
export async function areContactsKnown(reader: Reader, contacts: readonly ContactSeen[]): Promise<boolean> {
  const { profiles, pairs } = cellsOf(contacts, contacts)
  const externals = [...new Set(contacts.map(({ external }) => external))]
  const relations = await storedRows(reader, 'relation', externals)
  if (changed(pairs, relations, ['external', 'staff']).length > 0) return false
  if ((await untiedUnionids(reader, contacts)).length > 0) return false
  // Tags belong to the pair. Of somebody with several advisors each page shows others, and none of them is news.
  const staffOf = new Map<string, number>()
  for (const { external } of relations)
    staffOf.set(String(external), (staffOf.get(String(external)) ?? 0) + 1)
  const comparable: readonly Cells[] = profiles.map(({ remark_tags: tags, ...profile }) =>
    (staffOf.get(profile.external) ?? 0) > 1 ? profile : { ...profile, remark_tags: tags },
  )
  return changed(comparable, await storedRows(reader, 'profile', externals), ['external']).length === 0
}

/** Pairs that WeCom shows and the log has not heard of: by them the shop's own records meet the contact. */
export async function untiedUnionids(
  reader: Reader,
  contacts: readonly Pick<ContactSeen, 'external' | 'unionid'>[],
): Promise<{ external: string; unionid: string }[]> {
  const pairs = contacts.flatMap(({ external, unionid }) =>
    unionid === undefined || unionid === '' ? [] : [{ external, unionid }],
  )
  const identities = pairs.flatMap(({ external, unionid }): Identity[] => [
    { kind: 'external', value: external },
    { kind: 'union', value: unionid },
  ])
  const known = await knownIdentities(reader, identities)
  const customerOf = (kind: IdentityKind, value: string): string | undefined =>
    known.get(keyOf({ kind, value }))?.customer
  const untied = lastPerKey(pairs, ({ external }) => external).filter(({ external, unionid }) => {
    const union = customerOf('union', unionid)
    return union === undefined || union !== customerOf('external', external)
  })
  if (untied.length === 0) return []
  // Those whom a person is asked about have been told of already.
  const conflicts = new Set(
    (
      await conflictsOf(
        reader,
        untied.flatMap(({ external }) => customerOf('external', external) ?? []),
      )
    ).flatMap(({ one, two }) => [`${one} ${two}`, `${two} ${one}`]),
  )
  return untied.filter(({ external, unionid }) => {
    const other = customerOf('union', unionid) ?? customerIdOf({ kind: 'union', value: unionid })
    return !conflicts.has(`${customerOf('external', external) ?? ''} ${other}`)
  })
}

/** The same for a group with its members. */
export async function isGroupKnown(reader: Reader, group: GroupSeen): Promise<boolean> {
  const stored = await storedGroup(reader, group.chat)
  if (!stored || stored['state'] !== 'active') return false
  if (stored['name'] !== group.name || stored['owner'] !== group.owner) return false
  if (stored['member_version'] !== (group.memberVersion ?? null)) return false
  const members = await membersOf(reader, group.chat)
  const rows = group.members.map(({ member, kind, joinedAt }) => ({ member, kind, joined_at: joinedAt }))
  return members.length === rows.length && changed(rows, members, ['member']).length === 0
}

type Cells = Readonly<Record<string, string | number | null>>

/** The rows that differ from what is stored: an hourly comparison finds nearly everything as it was. */
function changed<R extends Cells>(rows: readonly R[], stored: readonly Cells[], key: readonly string[]): R[] {
  const keyOf = (row: Cells): string => key.map((column) => String(row[column])).join('\n')
  const known = new Map(stored.map((row) => [keyOf(row), row]))
  return rows.filter((row) => {
    const old = known.get(keyOf(row))
    return !old || Object.entries(row).some(([column, value]) => old[column] !== value)
  })
}

/** Answers whether she was a contact until now. */
export async function endContact(ctx: Ctx, external: string, staff: string, at: Instant): Promise<boolean> {
  return (await markRemoved(ctx.tx, external, staff, at)) === 1
}

export interface GroupSeen {
  readonly chat: string
  readonly name: string
  readonly owner: string
  /** What the group is about, when known; an earlier answer is kept. */
  readonly interest?: string | undefined
  readonly memberVersion?: string | undefined
  readonly members: readonly {
    readonly member: string
    readonly kind: 1 | 2
    readonly joinedAt: Instant
  }[]
}

/** Answers who is new and who is gone since the last look. */
export async function saveGroup(
  ctx: Ctx,
  group: GroupSeen,
): Promise<{ readonly joined: readonly string[]; readonly left: readonly string[] }> {
  const members = lastPerKey(group.members, ({ member }) => member)
  const stored = await membersOf(ctx.tx, group.chat)
  const before = new Set(stored.map(({ member }) => member))
  const now = new Set(members.map(({ member }) => member))
  const left = [...before].filter((member) => !now.has(member))
  await upsertGroup(ctx.tx, {
    chat: group.chat,
    name: group.name,
    owner: group.owner,
    interest: group.interest ?? null,
    state: 'active',
    member_version: group.memberVersion ?? null,
  })
  await deleteMembers(ctx.tx, group.chat, left)
  const rows = members.map(({ member, kind, joinedAt }) => ({ member, kind, joined_at: joinedAt }))
  await insertMembers(
    ctx.tx,
    changed(rows, stored, ['member']).map((row) => ({ chat: group.chat, ...row })),
  )
  return { joined: [...now].filter((member) => !before.has(member)), left }
}

export async function dismissGroup(ctx: Ctx, chat: string): Promise<void> {
  await endGroup(ctx.tx, chat)
  await forgetMembers(ctx.tx, chat)
}

/** In key order, since every writer must take row locks in one order; the last mention of a key counts. */
function lastPerKey<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const last = new Map(rows.map((row) => [key(row), row]))
  return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
