import type { Context } from '../context.ts'
import { addStrategy, dropStrategy } from '../deeds/strategies.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalFlag,
  optionalInteger,
  optionalPart,
  optionalParts,
  optionalText,
  optionalTexts,
  page,
  texts,
  type Body,
} from '../params.ts'
import type { Strategy, StrategyRange } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api } from './call.ts'
import { root } from './users.ts'

const mostName = 30
const mostAdmins = 20
const mostRange = 1_000

export function mustStrategy(ctx: Context, body: Body, field = 'strategy_id'): Strategy {
  const strategy = ctx.state.strategies.get(integer(body, field, 1, Number.MAX_SAFE_INTEGER))
  if (!strategy) throw invalid(field)
  return strategy
}

function readStaff(ctx: Context, id: string): string {
  const staff = staffOf(ctx.state, id)
  if (!staff) throw new ApiError(40003, id)
  return staff.userid
}

function readRange(ctx: Context, body: Body, field: string): StrategyRange[] {
  return (optionalParts(body, field, mostRange) ?? []).map((one) => {
    if (integer(one, 'type', 1, 2) === 1)
      return { type: 1, userid: readStaff(ctx, optionalText(one, 'userid') ?? '') }
    if (integer(one, 'partyid', 1, Number.MAX_SAFE_INTEGER) !== root) throw new ApiError(60123)
    return { type: 2, partyid: root }
  })
}

function readPrivilege(body: Body): Record<string, boolean> {
  const given = optionalPart(body, 'privilege') ?? {}
  const flags = Object.keys(given).map((name) => [name, optionalFlag(given, name)] as const)
  return Object.fromEntries(flags.flatMap(([name, flag]) => (flag === undefined ? [] : [[name, flag]])))
}

const same = (one: StrategyRange, other: StrategyRange): boolean =>
  one.type === 1 ? other.type === 1 && one.userid === other.userid : other.type === 2

/** The one department holds everybody. */
const covers = (range: readonly StrategyRange[], one: StrategyRange): boolean =>
  range.some((other) => other.type === 2 || same(one, other))

function checkInside(ctx: Context, parentId: number, range: readonly StrategyRange[]): void {
  const parent = ctx.state.strategies.get(parentId)
  if (parent && !range.every((one) => covers(parent.range, one)))
    throw invalid('range reaches beyond the group above')
}

/** Rule groups; one is made or changed at a time (WECOM.md §3.4). */
const list: Api = {
  path: 'externalcontact/customer_strategy/list',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 1_000
    const shown = page([...ctx.state.strategies.keys()], 'strategies', optionalText(body, 'cursor'), limit)
    return { strategy: shown.items.map((id) => ({ strategy_id: id })), next_cursor: shown.next }
  },
}

const get: Api = {
  path: 'externalcontact/customer_strategy/get',
  method: 'POST',
  run({ ctx, body }) {
    const { strategyId, parentId, name, createTime, admins, privilege } = mustStrategy(ctx, body)
    return {
      strategy: {
        strategy_id: strategyId,
        parent_id: parentId,
        strategy_name: name,
        create_time: createTime,
        admin_list: admins,
        privilege,
      },
    }
  },
}

const getRange: Api = {
  path: 'externalcontact/customer_strategy/get_range',
  method: 'POST',
  run({ ctx, body }) {
    const { strategyId, range } = mustStrategy(ctx, body)
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 1_000
    const shown = page(range, `range ${strategyId}`, optionalText(body, 'cursor'), limit)
    return { range: shown.items, next_cursor: shown.next }
  },
}

const oneAtATime = (): string => 'customer_strategy'

const create: Api = {
  path: 'externalcontact/customer_strategy/create',
  method: 'POST',
  lock: oneAtATime,
  run({ ctx, body }) {
    const hasParent = (optionalInteger(body, 'parent_id', 0, Number.MAX_SAFE_INTEGER) ?? 0) > 0
    const parent = hasParent ? mustStrategy(ctx, body, 'parent_id') : undefined
    const name = optionalChars(body, 'strategy_name', mostName)
    if (!name) throw missing('strategy_name')
    const admins = texts(body, 'admin_list', mostAdmins).map((id) => readStaff(ctx, id))
    const range = readRange(ctx, body, 'range')
    if (range.length === 0) throw missing('range')
    const parentId = parent?.strategyId ?? 0
    checkInside(ctx, parentId, range)
    // Privileges are the parent's where there is one.
    const privilege = parent?.privilege ?? readPrivilege(body)
    return { strategy_id: addStrategy(ctx, { parentId, name, admins, privilege, range }).strategyId }
  },
}

const edit: Api = {
  path: 'externalcontact/customer_strategy/edit',
  method: 'POST',
  lock: oneAtATime,
  run({ ctx, body }) {
    const strategy = mustStrategy(ctx, body)
    const name = optionalChars(body, 'strategy_name', mostName)
    const admins = optionalTexts(body, 'admin_list', mostAdmins)?.map((id) => readStaff(ctx, id))
    const privilege = readPrivilege(body)
    const add = readRange(ctx, body, 'range_add')
    const del = readRange(ctx, body, 'range_del')
    checkInside(ctx, strategy.parentId, add)
    const kept = strategy.range.filter((one) => !del.some((other) => same(one, other)))
    const fresh = add.filter((one) => !kept.some((other) => same(one, other)))
    if (name) strategy.name = name
    if (admins && admins.length > 0) strategy.admins = admins
    strategy.privilege = { ...strategy.privilege, ...privilege }
    strategy.range = [...kept, ...fresh]
    return {}
  },
}

const del: Api = {
  path: 'externalcontact/customer_strategy/del',
  method: 'POST',
  lock: oneAtATime,
  run({ ctx, body }) {
    const { strategyId } = mustStrategy(ctx, body)
    const below = [...ctx.state.strategies.values()].some((one) => one.parentId === strategyId)
    if (below) throw invalid('strategy_id: there are groups below it')
    dropStrategy(ctx, strategyId)
    return {}
  },
}

export const strategyApis: readonly Api[] = [list, get, getRange, create, edit, del]
