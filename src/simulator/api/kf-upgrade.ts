import type { Context } from '../context.ts'
import { arrivedAtStaff } from '../deeds/deliver.ts'
import { upgradeKey } from '../deeds/kf-upgrade.ts'
import { noteKf } from '../deeds/kf.ts'
import { ApiError, invalid } from '../errors.ts'
import { integer, optionalText, part, text, type Body } from '../params.ts'
import type { KfUpgrade } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api } from './call.ts'
import { mustKf } from './kf-accounts.ts'

/** Type 1 offers an advisor, type 2 a group; both only from what the console allows (WECOM.md §5). */
function readUpgrade(ctx: Context, body: Body): KfUpgrade {
  const { userids, chatIds } = ctx.state.kfUpgradeRange
  if (integer(body, 'type', 1, 2) === 1) {
    const member = part(body, 'member')
    const userid = staffOf(ctx.state, text(member, 'userid'))?.userid
    if (userid === undefined) throw new ApiError(40003)
    if (!userids.has(userid)) throw new ApiError(60011)
    return { userid, chatId: null, wording: optionalText(member, 'wording') ?? '' }
  }
  const group = part(body, 'groupchat')
  const chatId = text(group, 'chat_id')
  if (!ctx.state.groups.has(chatId)) throw invalid('chat_id')
  if (!chatIds.has(chatId)) throw new ApiError(60011)
  return { userid: null, chatId, wording: optionalText(group, 'wording') ?? '' }
}

/** Known to this account: she wrote to it before. */
function mustVisitor(ctx: Context, openKfId: string, id: string): string {
  const session = ctx.state.kfSessions.get(upgradeKey(openKfId, id))
  if (!session || session.lastWroteAt === 0) throw new ApiError(40096)
  return id
}

const upgrade: Api = {
  path: 'kf/customer/upgrade_service',
  method: 'POST',
  run({ ctx, body }) {
    const { openKfId } = mustKf(ctx, body)
    const id = mustVisitor(ctx, openKfId, text(body, 'external_userid'))
    const offer = readUpgrade(ctx, body)
    ctx.state.kfUpgrades.set(upgradeKey(openKfId, id), offer)
    noteKf(ctx, 'upgraded', openKfId, id)
    const servicer = ctx.state.kfSessions.get(upgradeKey(openKfId, id))?.servicer ?? ''
    if (servicer !== '') {
      arrivedAtStaff(ctx, {
        userid: servicer,
        kind: 'other',
        msgid: ctx.rng.text(32),
        at: ctx.clock.now(),
        text: offer.wording,
        links: [],
        body: { upgrade_service: offer },
      })
    }
    return {}
  },
}

const cancel: Api = {
  path: 'kf/customer/cancel_upgrade_service',
  method: 'POST',
  run({ ctx, body }) {
    const { openKfId } = mustKf(ctx, body)
    const id = mustVisitor(ctx, openKfId, text(body, 'external_userid'))
    if (!ctx.state.kfUpgrades.delete(upgradeKey(openKfId, id))) throw invalid('external_userid')
    return {}
  },
}

const config: Api = {
  path: 'kf/customer/get_upgrade_service_config',
  method: 'GET',
  run({ ctx }) {
    const { userids, chatIds } = ctx.state.kfUpgradeRange
    return {
      member_range: { userid_list: [...userids], department_id_list: [] },
      groupchat_range: { chat_id_list: [...chatIds] },
    }
  },
}

export const kfUpgradeApis: readonly Api[] = [upgrade, cancel, config]
