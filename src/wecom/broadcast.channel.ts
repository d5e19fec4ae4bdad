import type { Channel } from '../delivery/index.ts'
import { createGroupSend } from './group-send.ts'
import type { GroupSendParts } from './group-send.ts'

/** 客户群发: one advisor, up to 10,000 of her customers, the same words for all. */
export const createBroadcastChannel = (parts: GroupSendParts): Channel =>
  createGroupSend(parts, {
    name: 'broadcast',
    chatType: 'single',
    maxRecipients: 10_000,
    recipients: (draft) => ({ external_userid: draft.recipients.map(({ subject }) => subject) }),
  })
