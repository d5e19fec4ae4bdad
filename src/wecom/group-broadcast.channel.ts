import type { Channel } from '../delivery/index.ts'
import { createGroupSend } from './group-send.ts'
import type { GroupSendParts } from './group-send.ts'

/** 社群群发: one owner, up to 2,000 of the groups he owns. */
export const createGroupBroadcastChannel = (parts: GroupSendParts): Channel =>
  createGroupSend(parts, {
    name: 'group-broadcast',
    chatType: 'group',
    maxRecipients: 2_000,
    recipients: (draft) => ({ chat_id_list: draft.recipients.map(({ subject }) => subject) }),
  })
