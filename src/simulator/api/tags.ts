import { ApiError, invalid, missing } from '../errors.ts'
import { dropTag, findMarkable, findTag, putTag, putTagGroup } from '../deeds/tags.ts'
import {
  optionalChars,
  optionalInteger,
  optionalParts,
  optionalText,
  optionalTexts,
  text,
  type Body,
} from '../params.ts'
import type { Tag, TagGroup } from '../types.ts'
import type { Context } from '../context.ts'
import type { Api, Reply } from './call.ts'
import { mustFollow } from './customers.ts'

export const mostTagsPerCorp = 10_000
const mostTagsPerCustomer = 3_000
export const mostOrder = 2 ** 32 - 1

export const presentGroup = (group: TagGroup, only: ReadonlySet<string> | null): Reply => ({
  group_id: group.id,
  group_name: group.name,
  create_time: group.createTime,
  order: group.order,
  deleted: false,
  tag: group.tags
    .filter((tag) => !only || only.has(tag.id))
    .map((tag) => ({
      id: tag.id,
      name: tag.name,
      create_time: tag.createTime,
      order: tag.order,
      deleted: false,
    })),
})

const getCorpTagList: Api = {
  path: 'externalcontact/get_corp_tag_list',
  method: 'POST',
  run({ ctx, body }) {
    const tagIds = optionalTexts(body, 'tag_id', mostTagsPerCorp) ?? []
    const groupIds = optionalTexts(body, 'group_id', mostTagsPerCorp) ?? []
    const groups = [...ctx.state.tagGroups.values()]
    // If both are given, tag_id is ignored.
    if (groupIds.length > 0) {
      return {
        tag_group: groups
          .filter((group) => groupIds.includes(group.id))
          .map((group) => presentGroup(group, null)),
      }
    }
    if (tagIds.length === 0) return { tag_group: groups.map((group) => presentGroup(group, null)) }
    const only = new Set(tagIds)
    const holding = groups.filter((group) => group.tags.some((tag) => only.has(tag.id)))
    return { tag_group: holding.map((group) => presentGroup(group, only)) }
  },
}

function groupFor(ctx: Context, body: Body, agentId: number): TagGroup {
  const id = optionalText(body, 'group_id')
  if (id) {
    const group = ctx.state.tagGroups.get(id)
    if (!group) throw new ApiError(40068)
    return group
  }
  const name = optionalChars(body, 'group_name', 30)
  if (!name) throw missing('group_name')
  return putTagGroup(ctx, name, agentId, optionalInteger(body, 'order', 0, mostOrder) ?? 0)
}

/** The tags a call wants to add, within the ceiling that corp tags and strategy tags share. */
export function readNewTags(ctx: Context, body: Body): { name: string; order: number }[] {
  const wanted = (optionalParts(body, 'tag', 500) ?? []).map((tag) => {
    const name = optionalChars(tag, 'name', 30)
    if (!name) throw missing('tag.name')
    return { name, order: optionalInteger(tag, 'order', 0, mostOrder) ?? 0 }
  })
  if (wanted.length === 0) throw missing('tag')
  const groups = [...ctx.state.tagGroups.values(), ...ctx.state.strategyTagGroups.values()]
  const total = groups.reduce((sum, group) => sum + group.tags.length, 0)
  if (total + wanted.length > mostTagsPerCorp) throw new ApiError(40126)
  return wanted
}

const addCorpTag: Api = {
  path: 'externalcontact/add_corp_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const wanted = readNewTags(ctx, body)
    const group = groupFor(ctx, body, agentId)
    const ids = new Set(wanted.map((tag) => putTag(ctx, group, tag.name, tag.order).id))
    return { tag_group: presentGroup(group, ids) }
  },
}

/** An app may change only what it made itself; the console's tags are read-only to it. */
export function mine(group: TagGroup, agentId: number): void {
  if (group.madeBy !== agentId) throw new ApiError(48002, 'tag was not created by this app')
}

type Named = Pick<Tag, 'id' | 'name' | 'order'>

/** Gives a tag or a group another name or place; no sibling may have the name already. */
export function rename(body: Body, target: Named, siblings: readonly Named[]): void {
  const name = optionalChars(body, 'name', 30)
  const order = optionalInteger(body, 'order', 0, mostOrder)
  if (name === undefined && order === undefined) throw missing('name')
  if (name && siblings.some((one) => one.name === name && one.id !== target.id))
    throw invalid('name is taken')
  if (name) target.name = name
  if (order !== undefined) target.order = order
}

const editCorpTag: Api = {
  path: 'externalcontact/edit_corp_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const id = text(body, 'id')
    const group = ctx.state.tagGroups.get(id)
    const found = findTag(ctx, id)
    const target = group ?? found?.tag
    const owner = group ?? found?.group
    if (!target || !owner) throw new ApiError(40068)
    mine(owner, agentId)
    rename(body, target, group ? [...ctx.state.tagGroups.values()] : owner.tags)
    return {}
  },
}

const delCorpTag: Api = {
  path: 'externalcontact/del_corp_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const tagIds = optionalTexts(body, 'tag_id', mostTagsPerCorp) ?? []
    const groupIds = optionalTexts(body, 'group_id', mostTagsPerCorp) ?? []
    if (tagIds.length + groupIds.length === 0) throw missing('tag_id')
    const groups = groupIds.map((id) => ctx.state.tagGroups.get(id))
    const tags = tagIds.map((id) => findTag(ctx, id))
    for (const owner of [...groups, ...tags.map((tag) => tag?.group)]) {
      if (!owner) throw new ApiError(40068)
      mine(owner, agentId)
    }
    for (const id of tagIds) dropTag(ctx, id)
    for (const group of groups) for (const tag of [...(group?.tags ?? [])]) dropTag(ctx, tag.id)
    return {}
  },
}

const markTag: Api = {
  path: 'externalcontact/mark_tag',
  method: 'POST',
  lock: ({ body }) => `mark_tag ${String(body['external_userid'])}`,
  run({ ctx, body }) {
    const follow = mustFollow(ctx, text(body, 'userid'), text(body, 'external_userid'))
    const add = optionalTexts(body, 'add_tag', mostTagsPerCustomer) ?? []
    const remove = optionalTexts(body, 'remove_tag', mostTagsPerCustomer) ?? []
    if (add.length + remove.length === 0) throw missing('add_tag')
    for (const id of [...add, ...remove]) if (!findMarkable(ctx, id)) throw new ApiError(40068)
    if (new Set([...follow.tagIds, ...add]).size > mostTagsPerCustomer) throw invalid('too many tags')
    for (const id of remove) follow.tagIds.delete(id)
    for (const id of add) follow.tagIds.add(id)
    return {}
  },
}

export const tagApis: readonly Api[] = [getCorpTagList, addCorpTag, editCorpTag, delCorpTag, markTag]
