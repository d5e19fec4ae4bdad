import type { Control } from './control.ts'
import type { Context } from './context.ts'
import { buyAcquisitions, chatKeyOf, deleteLink } from './deeds/acquisition.ts'
import { mustStaff } from './deeds/contacts.ts'
import { mustGroup } from './deeds/groups.ts'
import { kfFails } from './deeds/kf.ts'
import { addStrategy } from './deeds/strategies.ts'
import { openLink } from './deeds/open-link.ts'
import { WorldError } from './errors.ts'
import {
  integer,
  optionalInteger,
  optionalLimited,
  optionalText,
  optionalTexts,
  text,
  texts,
} from './params.ts'
import type { Robot, UnfitCode } from './records.ts'

const most = Number.MAX_SAFE_INTEGER
const unfitCodes: readonly UnfitCode[] = [40098, 40143, 40205]

function mustRobot(ctx: Context, key: string): Robot {
  const robot = ctx.state.robots.get(key)
  if (!robot) throw new WorldError('there is no robot with this key')
  return robot
}

/** What an administrator does in the console, and what customers do with what was made there. */
export const consoleRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'POST strategies/create': ({ ctx, body }) => {
    const { strategyId } = addStrategy(ctx, {
      parentId: 0,
      name: text(body, 'name'),
      admins: optionalTexts(body, 'admins', 20) ?? [],
      privilege: {},
      range: [],
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
  'POST robots/add': ({ ctx, body }) => {
    const members = texts(body, 'members', 2_000).map((id) => mustStaff(ctx, id).userid)
    const key = ctx.rng.text(32, '0123456789abcdef')
    ctx.state.robots.set(key, { key, members, disabled: false })
    return { key }
  },
  'POST robots/disable': ({ ctx, body }) => {
    mustRobot(ctx, text(body, 'key')).disabled = true
    return { ok: true }
  },
  'POST robots/remove': ({ ctx, body }) => {
    ctx.state.robots.delete(mustRobot(ctx, text(body, 'key')).key)
    return { ok: true }
  },
  'POST kf/fails': ({ ctx, body }) => {
    const msgid = optionalText(body, 'msgid')
    if (msgid !== undefined) {
      kfFails(ctx, msgid, integer(body, 'fail_type', 0, 99))
      return { ok: true }
    }
    const key = `${text(body, 'open_kfid')} ${text(body, 'external_userid')}`
    const failType = optionalInteger(body, 'fail_type', 0, 13)
    if (failType === undefined) ctx.state.kfFailing.delete(key)
    else ctx.state.kfFailing.set(key, failType)
    return { ok: true }
  },
  'POST kf/upgrade-range': ({ ctx, body }) => {
    const { userids, chatIds } = ctx.state.kfUpgradeRange
    userids.clear()
    chatIds.clear()
    for (const id of optionalTexts(body, 'userid_list', 500) ?? []) userids.add(mustStaff(ctx, id).userid)
    for (const id of optionalTexts(body, 'chat_id_list', 500) ?? []) chatIds.add(mustGroup(ctx, id).chatId)
    return { ok: true }
  },
  'POST acquisition/buy': ({ ctx, body }) => {
    buyAcquisitions(ctx, integer(body, 'count', 1, most), integer(body, 'expire_date', 0, most) * 1_000)
    return { ok: true }
  },
  'POST acquisition/open': ({ ctx, body }) => {
    const channel = optionalLimited(body, 'customer_channel', 64) ?? ''
    return openLink(ctx, text(body, 'link_id'), optionalText(body, 'external_userid'), channel)
  },
  'POST acquisition/chat-key': ({ ctx, body }) => ({
    chat_key: chatKeyOf(ctx, text(body, 'userid'), text(body, 'external_userid')),
  }),
  'POST acquisition/delete': ({ ctx, body }) => {
    deleteLink(ctx, text(body, 'link_id'))
    return { ok: true }
  },
}
