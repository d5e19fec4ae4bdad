/** What reading a customer or a group teaches the mirror: the same rules for events and for the comparison. */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { endContact, saveContacts, untiedUnionids } from '../customer/index.ts'
import type { ContactSeen, Erasures, GroupSeen } from '../customer/index.ts'
import type { Reader } from '../base/db.ts'
import type { CustomerSeen, GroupSeenByApi } from './protocol/api.ts'
import { relationsOf } from './sync.store.ts'
import type { RelationRow } from './sync.store.ts'

type PersonSeen = CustomerSeen['external_contact']
type FollowSeen = Omit<CustomerSeen['follow_user'][number], 'tags'>

export const contactOf = (person: PersonSeen, follow: FollowSeen, tags: readonly string[]): ContactSeen => ({
  external: person.external_userid,
  staff: follow.userid,
  name: person.name,
  avatar: person.avatar,
  gender: person.gender,
  unionid: person.unionid,
  addedAt: follow.createtime * 1000,
  remark: follow.remark === '' ? undefined : follow.remark,
  addWay: follow.add_way,
  state: follow.state,
  tags,
})

export const groupOf = (seen: GroupSeenByApi): GroupSeen => ({
  chat: seen.chat_id,
  name: seen.name,
  owner: seen.owner,
  memberVersion: seen.member_version,
  members: seen.member_list.map((one) => ({
    member: one.userid,
    kind: one.type === 1 ? 1 : 2,
    joinedAt: one.join_time * 1000,
  })),
})

/** External ids begin so (WECOM.md §0.1); a userid of staff has its own rules. */
export const isCustomer = (id: string): boolean => /^w[mo]/.test(id)

const pairOf = ({ external, staff }: { readonly external: string; readonly staff: string }): string =>
  `${external}\n${staff}`

/**
 * When a customer deletes her advisor the API goes on showing the two (WECOM.md §1.2, 84061), so a contact that ended
 * lives again only if it began after its end.
 */
const livesAgain = (seen: ContactSeen, before: RelationRow | undefined): boolean =>
  before?.state !== 'removed' || before.removed_at === null || seen.addedAt > before.removed_at

/** Writes who is in contact; answers the pairs that were not until now. */
export async function mirrorContacts(
  ctx: Ctx,
  contacts: readonly ContactSeen[],
): Promise<readonly ContactSeen[]> {
  const externals = [...new Set(contacts.map(({ external }) => external))]
  const before = new Map((await relationsOf(ctx.tx, externals)).map((row) => [pairOf(row), row]))
  const living = contacts.filter((seen) => livesAgain(seen, before.get(pairOf(seen))))
  const { added } = await saveContacts(ctx, living)
  await tellUnionids(ctx, living)
  return added
}

/** By them the shop's own records meet whom WeCom shows. */
export async function tellUnionids(
  ctx: Ctx,
  seen: readonly Pick<ContactSeen, 'external' | 'unionid'>[],
): Promise<void> {
  for (const { external, unionid } of await untiedUnionids(ctx.tx, seen))
    ctx.record({
      kind: 'contact-identified',
      at: ctx.now,
      source: 'wecom-contact',
      sourceKey: `${external}:${unionid}`,
      who: { external, unionid },
      detail: {},
    })
}

/** Ends a contact, unless it began anew after `at`: events arrive in any order. Answers whether it was one. */
export async function endIfOlder(ctx: Ctx, external: string, staff: string, at: Instant): Promise<boolean> {
  const relation = (await relationsOf(ctx.tx, [external])).find((row) => row.staff === staff)
  if (relation?.state !== 'active' || relation.added_at > at) return false
  return endContact(ctx, external, staff, at)
}

/**
 * WeCom goes on showing a person who was forgotten here as long as she is somebody's contact or in a group. She comes
 * back into the mirror only by a relation or membership that began after it.
 */
export async function contactsRemembered(
  reader: Reader,
  erasures: Erasures | undefined,
  contacts: readonly ContactSeen[],
): Promise<readonly ContactSeen[]> {
  const at = await forgottenAt(
    reader,
    erasures,
    contacts.map(({ external }) => external),
  )
  return at.size === 0
    ? contacts
    : contacts.filter(({ external, addedAt }) => addedAt > (at.get(external) ?? 0))
}

export async function groupRemembered(
  reader: Reader,
  erasures: Erasures | undefined,
  group: GroupSeen,
): Promise<GroupSeen> {
  const at = await forgottenAt(
    reader,
    erasures,
    group.members.map(({ member }) => member),
  )
  if (at.size === 0) return group
  return {
    ...group,
    members: group.members.filter(({ member, joinedAt }) => joinedAt > (at.get(member) ?? 0)),
  }
}

export async function forgottenAt(
  reader: Reader,
  erasures: Erasures | undefined,
  externals: readonly string[],
): Promise<ReadonlyMap<string, Instant>> {
  if (!erasures) return new Map()
  const found = await erasures.erasedAmong(
    reader,
    [...new Set(externals)].map((value) => ({ kind: 'external', value })),
  )
  return new Map([...found].map(([key, at]) => [key.slice('external:'.length), at]))
}
