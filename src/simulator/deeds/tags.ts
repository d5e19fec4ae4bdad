import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import type { Tag, TagGroup } from '../types.ts'
import { mustCustomer, mustStaff } from './contacts.ts'
import { emitEvent } from './emit.ts'

export const findTag = (ctx: Context, id: string): { group: TagGroup; tag: Tag } | undefined => {
  for (const group of ctx.state.tagGroups.values()) {
    const tag = group.tags.find((one) => one.id === id)
    if (tag) return { group, tag }
  }
  return undefined
}

/** Corp tags (type 1) and the tags of rule groups (type 3): what a staff member may put on a customer. */
export function findMarkable(
  ctx: Context,
  id: string,
): { group: TagGroup; tag: Tag; type: 1 | 3 } | undefined {
  const found = findTag(ctx, id)
  if (found) return { ...found, type: 1 }
  for (const group of ctx.state.strategyTagGroups.values()) {
    const tag = group.tags.find((one) => one.id === id)
    if (tag) return { group, tag, type: 3 }
  }
  return undefined
}

export function putTagGroup(ctx: Context, name: string, madeBy: number | null, order = 0): TagGroup {
  for (const group of ctx.state.tagGroups.values()) if (group.name === name) return group
  const id = `et${ctx.rng.text(30)}`
  const group: TagGroup = { id, name, order, createTime: seconds(ctx.clock.now()), madeBy, tags: [] }
  ctx.state.tagGroups.set(id, group)
  return group
}

/** Equal names inside one group are one tag. */
export function putTag(
  ctx: Context,
  group: TagGroup,
  name: string,
  order = 0,
  prefix: 'et' | 'st' = 'et',
): Tag {
  const known = group.tags.find((tag) => tag.name === name)
  if (known) return known
  const tag: Tag = { id: `${prefix}${ctx.rng.text(30)}`, name, order, createTime: seconds(ctx.clock.now()) }
  group.tags.push(tag)
  return tag
}

/** Takes the tag off every customer too; a group whose last tag went disappears without an event. */
export function dropTag(ctx: Context, id: string): boolean {
  const found = findMarkable(ctx, id)
  if (!found) return false
  found.group.tags = found.group.tags.filter((tag) => tag.id !== id)
  if (found.group.tags.length === 0) {
    ctx.state.tagGroups.delete(found.group.id)
    ctx.state.strategyTagGroups.delete(found.group.id)
  }
  for (const customer of ctx.state.customers.values()) {
    for (const follow of customer.follows.values()) follow.tagIds.delete(id)
  }
  return true
}

export function createTag(ctx: Context, groupName: string, name: string): Tag {
  const isNew = ![...ctx.state.tagGroups.values()].some((group) => group.name === groupName)
  const group = putTagGroup(ctx, groupName, null)
  const tag = putTag(ctx, group, name)
  if (isNew) emitEvent(ctx, 'change_external_tag', 'create', { Id: group.id, TagType: 'tag_group' })
  emitEvent(ctx, 'change_external_tag', 'create', { Id: tag.id, TagType: 'tag' })
  return tag
}

export function renameTag(ctx: Context, id: string, name: string): void {
  const group = ctx.state.tagGroups.get(id)
  const target = group ?? findTag(ctx, id)?.tag
  if (!target) throw new WorldError(`there is no tag or tag group ${id}`)
  target.name = name
  emitEvent(ctx, 'change_external_tag', 'update', { Id: id, TagType: group ? 'tag_group' : 'tag' })
}

export function deleteTag(ctx: Context, id: string): void {
  const group = ctx.state.tagGroups.get(id)
  if (group) {
    for (const tag of [...group.tags]) dropTag(ctx, tag.id)
    ctx.state.tagGroups.delete(id)
  } else if (!dropTag(ctx, id)) {
    throw new WorldError(`there is no tag or tag group ${id}`)
  }
  emitEvent(ctx, 'change_external_tag', 'delete', { Id: id, TagType: group ? 'tag_group' : 'tag' })
}

export function markByHand(
  ctx: Context,
  userid: string,
  externalUserId: string,
  change: { add?: string[]; remove?: string[]; remark?: string },
): void {
  const staff = mustStaff(ctx, userid)
  const follow = mustCustomer(ctx, externalUserId).follows.get(staff.userid)
  if (!follow) throw new WorldError(`${externalUserId} is no contact of ${staff.userid}`)
  for (const id of change.add ?? []) {
    if (!findTag(ctx, id)) throw new WorldError(`there is no tag ${id}`)
    follow.tagIds.add(id)
  }
  for (const id of change.remove ?? []) follow.tagIds.delete(id)
  if (change.remark !== undefined) follow.remark = change.remark
  emitEvent(ctx, 'change_external_contact', 'edit_external_contact', {
    UserID: staff.userid,
    ExternalUserID: externalUserId,
  })
}
