import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { addContact } from './contacts.ts'
import { joinGroup } from './groups.ts'

export const upgradeKey = (openKfId: string, externalUserId: string): string =>
  `${openKfId} ${externalUserId}`

/** The customer takes what was offered: the bridge from 微信客服 to an advisor or a group (WECOM.md §5). */
export function takeUpgrade(ctx: Context, openKfId: string, externalUserId: string): unknown {
  const key = upgradeKey(openKfId, externalUserId)
  const upgrade = ctx.state.kfUpgrades.get(key)
  if (!upgrade) throw new WorldError(`nothing was offered to ${externalUserId}`)
  ctx.state.kfUpgrades.delete(key)
  if (upgrade.userid !== null)
    return addContact(ctx, { userid: upgrade.userid, external_userid: externalUserId })
  const chatId = upgrade.chatId ?? ''
  joinGroup(ctx, chatId, [externalUserId], { scene: 3 })
  return { external_userid: externalUserId, chat_id: chatId }
}
