import { takeUse, tryUse } from '../ceilings.ts'
import type { Context } from '../context.ts'
import { tellStaff } from '../deeds/tell-staff.ts'
import { ApiError, missing } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { optionalInteger, optionalText, optionalTexts, text, texts, type Body } from '../params.ts'
import type { AppChat } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api, Call } from './call.ts'
import { readMessage } from './message-types.ts'
import { kindOf } from './messages.ts'

const leastMembers = 2
const mostMembers = 2_000
const mostName = 50
const mostCreations = 1_000
const mostChanges = 1_000
/** Beyond these a member's messages are dropped without an error (WECOM.md §1.1). */
const memberMinute = 200
const memberDay = 10_000
const kinds = new Set(['text', 'image', 'voice', 'video', 'file', 'textcard', 'news', 'mpnews', 'markdown'])

/** Internal group chats: staff only, and only those the app made itself (WECOM.md §4.2). */
function mustChat(call: Call, chatId: string | undefined): AppChat {
  if (!chatId) throw missing('chatid')
  const chat = call.ctx.state.appChats.get(chatId)
  if (!chat) throw new ApiError(86003)
  if (chat.agentId !== call.agentId) throw new ApiError(86008)
  return chat
}

function readName(body: Body): string | undefined {
  const name = optionalText(body, 'name')
  if (name !== undefined && [...name].length > mostName) throw new ApiError(86004)
  return name
}

function members(ctx: Context, ids: readonly string[]): string[] {
  return ids.map((id) => {
    const staff = staffOf(ctx.state, id)
    if (!staff) throw new ApiError(86007, id)
    return staff.userid
  })
}

function ownerAmong(ctx: Context, wanted: string | undefined, all: ReadonlySet<string>): string | undefined {
  if (wanted === undefined) return undefined
  const owner = staffOf(ctx.state, wanted)?.userid
  if (owner === undefined || !all.has(owner)) throw new ApiError(86005)
  return owner
}

function checkCount(all: ReadonlySet<string>): void {
  if (all.size < leastMembers || all.size > mostMembers) throw new ApiError(86006)
}

const create: Api = {
  path: 'appchat/create',
  method: 'POST',
  run({ ctx, body, agentId }) {
    const name = readName(body) ?? ''
    const all = new Set(members(ctx, texts(body, 'userlist', Number.MAX_SAFE_INTEGER)))
    checkCount(all)
    // Without a wish one of them is picked.
    const picked = [...all][Math.floor(ctx.rng.next() * all.size)] ?? ''
    const owner = ownerAmong(ctx, optionalText(body, 'owner'), all) ?? picked
    const wanted = optionalText(body, 'chatid')
    if (wanted !== undefined && (!/^[0-9a-zA-Z]{1,32}$/.test(wanted) || ctx.state.appChats.has(wanted)))
      throw new ApiError(86001)
    takeUse(ctx, 'appchat create', mostCreations, 'day')
    const chatId = wanted ?? ctx.rng.text(32)
    const createdAt = ctx.clock.now()
    const joined = new Map([...all].map((id) => [id, createdAt]))
    ctx.state.appChats.set(chatId, { chatId, agentId, name, owner, createdAt, members: joined })
    return { chatid: chatId }
  },
}

const update: Api = {
  path: 'appchat/update',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const chat = mustChat(call, optionalText(body, 'chatid'))
    const name = readName(body)
    const add = members(ctx, optionalTexts(body, 'add_user_list', mostMembers) ?? [])
    const remove = members(ctx, optionalTexts(body, 'del_user_list', mostMembers) ?? [])
    const all = new Set([...chat.members.keys(), ...add].filter((id) => !remove.includes(id)))
    checkCount(all)
    const owner = ownerAmong(ctx, optionalText(body, 'owner') ?? chat.owner, all)
    takeUse(ctx, 'appchat update', mostChanges, 'hour')
    if (name !== undefined) chat.name = name
    if (owner !== undefined) chat.owner = owner
    for (const id of remove) chat.members.delete(id)
    for (const id of all) if (!chat.members.has(id)) chat.members.set(id, ctx.clock.now())
    return {}
  },
}

const get: Api = {
  path: 'appchat/get',
  method: 'GET',
  run(call) {
    const chat = mustChat(call, call.query.get('chatid') ?? undefined)
    const { chatId: chatid, name, owner } = chat
    return { chat_info: { chatid, name, owner, userlist: [...chat.members.keys()], chat_type: 0 } }
  },
}

function takePersonTimes(ctx: Context, count: number): void {
  const limits = ctx.settings.appchatLimits
  if (!limits) return
  takeUse(ctx, 'appchat minute', limits.perMinute, 'minute', count)
  takeUse(ctx, 'appchat hour', limits.perHour, 'hour', count)
}

const underCeiling = (ctx: Context, agentId: number, userid: string): boolean =>
  tryUse(ctx, `appchat minute ${agentId} ${userid}`, memberMinute, 'minute') &&
  tryUse(ctx, `appchat day ${agentId} ${userid}`, memberDay, 'day')

const send: Api = {
  path: 'appchat/send',
  method: 'POST',
  run(call) {
    const { ctx, body, agentId } = call
    const chat = mustChat(call, optionalText(body, 'chatid'))
    optionalInteger(body, 'safe', 0, 1)
    if (!kinds.has(text(body, 'msgtype'))) throw new ApiError(40058, 'msgtype')
    const content = readMessage(ctx, body)
    takePersonTimes(ctx, chat.members.size)
    tellStaff(ctx, {
      api: 'appchat/send',
      msgid: ctx.rng.text(32),
      sender: String(agentId),
      kind: kindOf(content.msgtype),
      text: content.text,
      links: linksIn(content.inner),
      body: { msgtype: content.msgtype, chatid: chat.chatId, [content.msgtype]: content.inner },
      recipients: [...chat.members.keys()],
      reaches: (userid) => underCeiling(ctx, agentId, userid),
    })
    return {}
  },
}

export const appchatApis: readonly Api[] = [create, update, get, send]
