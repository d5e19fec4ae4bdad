import type { Context } from '../context.ts'
import { createBroadcast } from '../deeds/broadcasts.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import { optionalPart, optionalParts, optionalText, optionalTexts, texts, type Body } from '../params.ts'
import { followOf } from '../state.ts'
import type { Api } from './call.ts'
import { readContent } from './content.ts'
import { servingStaff } from './customers.ts'

const mostCustomers = 10_000
const mostGroups = 2_000

interface Audience {
  /** Staff userid to the customers or groups they have to send to. */
  readonly recipients: Map<string, string[]>
  readonly failed: string[]
}

const addMsgTemplate: Api = {
  path: 'externalcontact/add_msg_template',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const chatType = optionalText(body, 'chat_type') ?? 'single'
    if (chatType !== 'single' && chatType !== 'group') throw invalid('chat_type')
    if (body['allow_select'] !== undefined && typeof body['allow_select'] !== 'boolean')
      throw invalid('allow_select')
    const content = readContent(ctx, body)
    const audience = chatType === 'group' ? groupAudience(ctx, body) : singleAudience(ctx, body)
    if (audience.recipients.size === 0) throw new ApiError(41048)
    const { external_userid: _customers, chat_id_list: _groups, ...shared } = body
    const broadcast = createBroadcast(ctx, {
      agentId,
      chatType,
      text: content.text,
      content: shared,
      recipients: audience.recipients,
    })
    return { fail_list: audience.failed, msgid: broadcast.msgid }
  },
}

function groupAudience(ctx: Context, body: Body): Audience {
  const sender = optionalText(body, 'sender')
  if (!sender) throw missing('sender')
  const owner = servingStaff(ctx, sender).userid
  const chosen = optionalTexts(body, 'chat_id_list', mostGroups)
  const own = [...ctx.state.groups.values()]
    .filter((group) => group.owner === owner)
    .map((group) => group.chatId)
  if (!chosen || chosen.length === 0)
    return { recipients: new Map(own.length > 0 ? [[owner, own]] : []), failed: [] }
  const good = [...new Set(chosen)].filter((id) => own.includes(id))
  const failed = chosen.filter((id) => !own.includes(id))
  return { recipients: new Map(good.length > 0 ? [[owner, good]] : []), failed }
}

function singleAudience(ctx: Context, body: Body): Audience {
  const wantedSender = optionalText(body, 'sender')
  const sender = wantedSender ? servingStaff(ctx, wantedSender).userid : null
  const named = optionalTexts(body, 'external_userid', mostCustomers) ?? []
  // The tag filter is ignored when customers are named.
  const filter = named.length === 0 ? readTagFilter(body) : []
  if (named.length === 0 && filter.length === 0 && sender === null) throw missing('external_userid')
  const candidates = named.length > 0 ? [...new Set(named)] : everybody(ctx, sender)
  const recipients = new Map<string, string[]>()
  const failed: string[] = []
  for (const id of candidates) {
    const speaker = speakerFor(ctx, sender, id)
    if (speaker === null) failed.push(id)
    else if (passes(ctx, speaker, id, filter)) {
      const list = recipients.get(speaker)
      if (list) list.push(id)
      else recipients.set(speaker, [id])
    }
  }
  return { recipients, failed }
}

/** Groups of tag lists: OR inside a list, AND between lists. */
function readTagFilter(body: Body): string[][] {
  const filter = optionalPart(body, 'tag_filter')
  return filter
    ? (optionalParts(filter, 'group_list', 100) ?? []).map((group) => texts(group, 'tag_list', 100))
    : []
}

function passes(ctx: Context, speaker: string, id: string, filter: readonly string[][]): boolean {
  const tags = followOf(ctx.state, speaker, id)?.tagIds
  return filter.every((list) => list.some((tag) => tags?.has(tag)))
}

function everybody(ctx: Context, sender: string | null): string[] {
  if (sender !== null) return [...(ctx.state.servedBy.get(sender) ?? [])]
  return [...ctx.state.customers.values()]
    .filter((customer) => customer.follows.size > 0)
    .map((one) => one.externalUserId)
}

/** The named sender, or whoever chatted last with this customer; null when there is no relation. */
function speakerFor(ctx: Context, sender: string | null, id: string): string | null {
  if (sender !== null) return followOf(ctx.state, sender, id) ? sender : null
  const follows = [...(ctx.state.customers.get(id)?.follows.values() ?? [])]
  follows.sort((one, other) => other.lastChatAt - one.lastChatAt || other.createtime - one.createtime)
  return follows[0]?.userid ?? null
}

export const broadcastApis: readonly Api[] = [addMsgTemplate]
