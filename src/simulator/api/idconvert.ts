import type { Context } from '../context.ts'
import { ApiError, invalid } from '../errors.ts'
import { optionalInteger, optionalText, text, texts } from '../params.ts'
import type { Api } from './call.ts'

const mostIds = 100

/** The id of somebody who may become a customer later; always the same for the same person. */
function pendingIdOf(ctx: Context, externalUserId: string): string {
  const known = ctx.state.pendingIds.get(externalUserId)
  if (known !== undefined) return known
  const id = `pd${ctx.rng.text(30)}`
  ctx.state.pendingIds.set(externalUserId, id)
  return id
}

/** A customer is named, anybody else gets a pending id (WECOM.md §3.1). */
const unionidToExternalUserid: Api = {
  path: 'idconvert/unionid_to_external_userid',
  method: 'POST',
  run({ ctx, body }) {
    const unionid = text(body, 'unionid')
    const openid = text(body, 'openid')
    optionalInteger(body, 'subject_type', 0, 1)
    const id = ctx.state.byOpenid.get(openid)
    const customer = id === undefined ? undefined : ctx.state.customers.get(id)
    if (!customer || customer.unionid !== unionid) throw new ApiError(610014)
    return customer.follows.size > 0
      ? { external_userid: customer.externalUserId }
      : { pending_id: pendingIdOf(ctx, customer.externalUserId) }
  },
}

const externalUseridToPendingId: Api = {
  path: 'idconvert/batch/external_userid_to_pending_id',
  method: 'POST',
  run({ ctx, body }) {
    const ids = texts(body, 'external_userid', mostIds)
    const chatId = optionalText(body, 'chat_id')
    const group = chatId === undefined ? undefined : ctx.state.groups.get(chatId)
    if (chatId !== undefined && !group) throw invalid('chat_id')
    return {
      result: ids
        .filter((id) => ctx.state.customers.has(id) && (!group || group.members.has(id)))
        .map((id) => ({ external_userid: id, pending_id: pendingIdOf(ctx, id) })),
    }
  },
}

export const idConvertApis: readonly Api[] = [unionidToExternalUserid, externalUseridToPendingId]
