import { seconds, type Context } from '../context.ts'
import { groupsOf } from '../deeds/strategies.ts'
import { dropTag, findMarkable, putTag } from '../deeds/tags.ts'
import { ApiError, missing } from '../errors.ts'
import { optionalChars, optionalInteger, optionalText, optionalTexts, text, type Body } from '../params.ts'
import type { StrategyTagGroup } from '../records.ts'
import type { Api } from './call.ts'
import { mustStrategy } from './strategies.ts'
import { mine, mostOrder, mostTagsPerCorp, presentGroup, readNewTags, rename } from './tags.ts'

/** The tags of a rule group share the ceiling of the corp's (WECOM.md §3.4). */
const getStrategyTagList: Api = {
  path: 'externalcontact/get_strategy_tag_list',
  method: 'POST',
  run({ ctx, body }) {
    const { strategyId } = mustStrategy(ctx, body)
    const tagIds = new Set(optionalTexts(body, 'tag_id', mostTagsPerCorp) ?? [])
    const groupIds = optionalTexts(body, 'group_id', mostTagsPerCorp) ?? []
    const found = groupsOf(ctx, strategyId).filter((group) => {
      if (groupIds.length > 0) return groupIds.includes(group.id)
      return tagIds.size === 0 || group.tags.some((tag) => tagIds.has(tag.id))
    })
    const only = groupIds.length === 0 && tagIds.size > 0 ? tagIds : null
    return {
      tag_group: found.map((group) => ({ ...presentGroup(group, only), strategy_id: strategyId })),
    }
  },
}

function groupFor(ctx: Context, body: Body, strategyId: number, agentId: number): StrategyTagGroup {
  const id = optionalText(body, 'group_id')
  if (id) {
    const group = ctx.state.strategyTagGroups.get(id)
    if (!group || group.strategyId !== strategyId) throw new ApiError(40068)
    return group
  }
  const name = optionalChars(body, 'group_name', 30)
  if (!name) throw missing('group_name')
  const known = groupsOf(ctx, strategyId).find((group) => group.name === name)
  if (known) return known
  const group: StrategyTagGroup = {
    id: `st${ctx.rng.text(30)}`,
    name,
    order: optionalInteger(body, 'order', 0, mostOrder) ?? 0,
    createTime: seconds(ctx.clock.now()),
    madeBy: agentId,
    tags: [],
    strategyId,
  }
  ctx.state.strategyTagGroups.set(group.id, group)
  return group
}

const addStrategyTag: Api = {
  path: 'externalcontact/add_strategy_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const { strategyId } = mustStrategy(ctx, body)
    const wanted = readNewTags(ctx, body)
    const group = groupFor(ctx, body, strategyId, agentId)
    const ids = new Set(wanted.map((tag) => putTag(ctx, group, tag.name, tag.order, 'st').id))
    return { tag_group: { ...presentGroup(group, ids), strategy_id: strategyId } }
  },
}

const editStrategyTag: Api = {
  path: 'externalcontact/edit_strategy_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const id = text(body, 'id')
    const group = ctx.state.strategyTagGroups.get(id)
    const found = findMarkable(ctx, id)
    const owner = group ?? (found?.type === 3 ? found.group : undefined)
    const target = group ?? found?.tag
    if (!owner || !target) throw new ApiError(40068)
    mine(owner, agentId)
    rename(body, target, group ? groupsOf(ctx, group.strategyId) : owner.tags)
    return {}
  },
}

const delStrategyTag: Api = {
  path: 'externalcontact/del_strategy_tag',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const tagIds = optionalTexts(body, 'tag_id', mostTagsPerCorp) ?? []
    const groupIds = optionalTexts(body, 'group_id', mostTagsPerCorp) ?? []
    if (tagIds.length + groupIds.length === 0) throw missing('tag_id')
    const groups = groupIds.map((id) => ctx.state.strategyTagGroups.get(id))
    const owners = tagIds.map((id) => {
      const found = findMarkable(ctx, id)
      return found?.type === 3 ? found.group : undefined
    })
    for (const owner of [...groups, ...owners]) {
      if (!owner) throw new ApiError(40068)
      mine(owner, agentId)
    }
    for (const id of tagIds) dropTag(ctx, id)
    for (const group of groups) for (const tag of [...(group?.tags ?? [])]) dropTag(ctx, tag.id)
    return {}
  },
}

export const strategyTagApis: readonly Api[] = [
  getStrategyTagList,
  addStrategyTag,
  editStrategyTag,
  delStrategyTag,
]
