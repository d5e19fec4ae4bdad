import { seconds, type Context } from './context.ts'
import { addStaff } from './deeds/contacts.ts'
import { putTag, putTagGroup } from './deeds/tags.ts'
import { newFollow, nextMemberVersion, putCustomer, putFollow } from './state.ts'
import type { Customer, Group, SeededCustomer, SeededGroup, SeededShop } from './types.ts'

/** Fills an empty state with a shop. Nothing here is an event: it all happened before the story begins. */
export function loadShop(ctx: Context, shop: SeededShop): void {
  ctx.state.shop = shop
  for (const staff of shop.staff) addStaff(ctx, staff)
  const tagIds = new Map<string, string>()
  for (const { group: name, names } of shop.tags ?? []) {
    const group = putTagGroup(ctx, name, null)
    for (const tag of names) tagIds.set(tag, putTag(ctx, group, tag).id)
  }
  for (const customer of shop.customers) loadCustomer(ctx, customer, tagIds)
  for (const group of shop.groups) loadGroup(ctx, group)
}

function loadCustomer(ctx: Context, seeded: SeededCustomer, tagIds: ReadonlyMap<string, string>): void {
  const customer: Customer = {
    externalUserId: seeded.external_userid,
    name: seeded.name,
    avatar: seeded.avatar ?? '',
    gender: seeded.gender,
    unionid: seeded.unionid ?? '',
    openid: seeded.openid,
    shopId: seeded.shopId ?? null,
    follows: new Map(),
  }
  putCustomer(ctx.state, customer)
  for (const one of seeded.follow) {
    const follow = newFollow(one.userid, one.createtime)
    follow.remark = one.remark ?? ''
    follow.description = one.description ?? ''
    follow.state = one.state ?? ''
    follow.addWay = one.add_way ?? 1
    follow.remarkMobiles = [...(one.remark_mobiles ?? [])]
    for (const name of one.tags ?? []) {
      const id = tagIds.get(name)
      if (id === undefined)
        throw new Error(`The shop puts the unknown tag ${name} on ${seeded.external_userid}.`)
      follow.tagIds.add(id)
    }
    putFollow(ctx.state, customer, follow)
  }
}

function loadGroup(ctx: Context, seeded: SeededGroup): void {
  const earliest = Math.min(seconds(ctx.clock.now()), ...seeded.members.map((member) => member.join_time))
  const group: Group = {
    chatId: seeded.chat_id,
    name: seeded.name,
    owner: seeded.owner,
    notice: seeded.notice ?? '',
    createTime: seeded.create_time ?? earliest,
    members: new Map(),
    admins: new Set(),
    memberVersion: '',
  }
  for (const { userid, type, join_time: joinTime } of seeded.members) {
    group.members.set(userid, { id: userid, type, joinTime, joinScene: type === 1 ? 1 : 3, state: '' })
  }
  group.memberVersion = nextMemberVersion(group)
  ctx.state.groups.set(group.chatId, group)
}
