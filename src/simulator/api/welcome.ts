import { mayGreet } from '../deeds/archive.ts'
import { arrived } from '../deeds/deliver.ts'
import { ApiError } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { text } from '../params.ts'
import { areFriends } from '../state.ts'
import type { Api } from './call.ts'
import { readContent } from './content.ts'

/** 20 s of simulator time after the event, once (WECOM.md §3.5). */
const sendWelcomeMsg: Api = {
  path: 'externalcontact/send_welcome_msg',
  method: 'POST',
  run({ ctx, body }) {
    const code = text(body, 'welcome_code')
    const content = readContent(ctx, body)
    const welcome = ctx.state.welcomes.get(code)
    const now = ctx.clock.now()
    if (!welcome || now > welcome.expiresAt) throw new ApiError(41050)
    if (welcome.used) throw new ApiError(41051)
    if (!mayGreet(ctx, welcome.userid, welcome.externalUserId)) throw new ApiError(41053)
    welcome.used = true
    const friends = areFriends(ctx.state, welcome.userid, welcome.externalUserId)
    const sent = { text: { content: content.text }, attachments: content.attachments }
    const row = ctx.ledger.add({
      api: 'send_welcome_msg',
      via: 'api',
      // The API answers no id; the code is what a sender knows the welcome by.
      msgid: code,
      sender: welcome.userid,
      recipientKind: 'customer',
      recipient: welcome.externalUserId,
      text: content.text,
      links: linksIn(sent),
      body: sent,
      acceptedAt: now,
      status: friends ? 'sent' : 'failed',
      resultStatus: friends ? 1 : 2,
    })
    if (friends) arrived(ctx, row)
    return {}
  },
}

export const welcomeApis: readonly Api[] = [sendWelcomeMsg]
