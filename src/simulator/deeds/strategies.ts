import { seconds, type Context } from '../context.ts'
import type { Strategy, StrategyTagGroup } from '../records.ts'
import { dropTag } from './tags.ts'

export function addStrategy(ctx: Context, wanted: Omit<Strategy, 'strategyId' | 'createTime'>): Strategy {
  const strategyId = ++ctx.state.strategyCount
  const strategy: Strategy = { ...wanted, strategyId, createTime: seconds(ctx.clock.now()) }
  ctx.state.strategies.set(strategyId, strategy)
  return strategy
}

export const groupsOf = (ctx: Context, strategyId: number): StrategyTagGroup[] =>
  [...ctx.state.strategyTagGroups.values()].filter((group) => group.strategyId === strategyId)

/** Its tags go with it, also from the customers who wear them. */
export function dropStrategy(ctx: Context, strategyId: number): void {
  for (const group of groupsOf(ctx, strategyId)) {
    for (const tag of [...group.tags]) dropTag(ctx, tag.id)
    ctx.state.strategyTagGroups.delete(group.id)
  }
  ctx.state.strategies.delete(strategyId)
}
