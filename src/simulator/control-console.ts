import type { Control } from './control.ts'
import { seconds } from './context.ts'
import { mustStaff } from './deeds/contacts.ts'
import { WorldError } from './errors.ts'
import { optionalInteger, optionalTexts, text } from './params.ts'
import type { UnfitCode } from './records.ts'

const most = Number.MAX_SAFE_INTEGER
const unfitCodes: readonly UnfitCode[] = [40098, 40143, 40205]

/** What an administrator does in the console, and what customers do with what was made there. */
export const consoleRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'POST strategies/create': ({ ctx, body }) => {
    const strategyId = ctx.state.strategies.size + 1
    ctx.state.strategies.set(strategyId, {
      strategyId,
      name: text(body, 'name'),
      admins: optionalTexts(body, 'admins', 20) ?? [],
      createTime: seconds(ctx.clock.now()),
    })
    return { strategy_id: strategyId }
  },
  'POST staff/unfit': ({ ctx, body }) => {
    const { userid } = mustStaff(ctx, text(body, 'userid'))
    const errcode = optionalInteger(body, 'errcode', 0, most)
    const code = unfitCodes.find((one) => one === errcode)
    if (errcode !== undefined && code === undefined) throw new WorldError('errcode is 40098, 40143 or 40205')
    if (code === undefined) ctx.state.unfit.delete(userid)
    else ctx.state.unfit.set(userid, code)
    return { ok: true }
  },
}
