import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { nextMemberVersion, staffOf } from '../state.ts'
import type { Group, GroupMember, JoinOptions } from '../types.ts'
import type { XmlFields } from '../xml.ts'
import { ensureCustomer, mustStaff, newChatId } from './contacts.ts'
import { noteGroupAct, noteGroupMessage, noteWords } from './acts.ts'
import { emitEvent } from './emit.ts'
import { welcomeInGroup } from './group-welcome.ts'

export function mustGroup(ctx: Context, chatId: string): Group {
  const group = ctx.state.groups.get(chatId)
  if (!group) throw new WorldError(`there is no group ${chatId}`)
  return group
}

function newMember(ctx: Context, id: string, options: JoinOptions): GroupMember {
  const staff = staffOf(ctx.state, id)
  if (!staff) ensureCustomer(ctx, id)
  return {
    id: staff?.userid ?? id,
    type: staff ? 1 : 2,
    joinTime: seconds(ctx.clock.now()),
    joinScene: options.scene ?? 1,
    state: options.state ?? '',
  }
}

export function createGroup(
  ctx: Context,
  wanted: { owner: string; name: string; members?: readonly string[]; chat_id?: string },
): Group {
  const owner = mustStaff(ctx, wanted.owner)
  const chatId = wanted.chat_id ?? newChatId(ctx)
  if (ctx.state.groups.has(chatId)) throw new WorldError(`group ${chatId} exists`)
  const group: Group = {
    chatId,
    name: wanted.name,
    owner: owner.userid,
    notice: '',
    createTime: seconds(ctx.clock.now()),
    members: new Map(),
    admins: new Set(),
    memberVersion: '',
  }
  for (const id of [owner.userid, ...(wanted.members ?? [])]) {
    const member = newMember(ctx, id, {})
    group.members.set(member.id, member)
  }
  group.memberVersion = nextMemberVersion(group)
  ctx.state.groups.set(chatId, group)
  emitEvent(ctx, 'change_external_chat', 'create', { ChatId: chatId })
  return group
}

function emitMembers(
  ctx: Context,
  group: Group,
  ids: readonly string[],
  before: string,
  fields: XmlFields,
): void {
  const form = ctx.settings.memChangeList
  emitEvent(ctx, 'change_external_chat', 'update', {
    ChatId: group.chatId,
    ...fields,
    MemChangeCnt: ids.length,
    MemChangeList: form === 'none' ? undefined : form === 'items' ? { Item: ids } : ids.join(','),
    LastMemVer: before,
    CurMemVer: group.memberVersion,
  })
}

export function joinGroup(
  ctx: Context,
  chatId: string,
  ids: readonly string[],
  options: JoinOptions = {},
): void {
  const group = mustGroup(ctx, chatId)
  const fresh = ids.filter((id) => !group.members.has(id)).map((id) => newMember(ctx, id, options))
  if (fresh.length === 0) throw new WorldError(`everybody named is already in ${chatId}`)
  for (const member of fresh) group.members.set(member.id, member)
  const before = group.memberVersion
  group.memberVersion = nextMemberVersion(group)
  const names = fresh.map((member) => member.id)
  // The event knows only two scenes: 0 invited (directly or by link), 3 by QR code.
  emitMembers(ctx, group, names, before, {
    UpdateDetail: 'add_member',
    JoinScene: options.scene === 3 ? 3 : 0,
  })
  welcomeInGroup(ctx, group, fresh)
}

export function leaveGroup(ctx: Context, chatId: string, ids: readonly string[], removed = false): void {
  const group = mustGroup(ctx, chatId)
  const gone = ids.filter((id) => {
    const member = group.members.get(id)
    if (member) noteGroupAct(ctx, 'left', chatId, member)
    return group.members.delete(id)
  })
  if (gone.length === 0) throw new WorldError(`nobody named is in ${chatId}`)
  const before = group.memberVersion
  group.memberVersion = nextMemberVersion(group)
  emitMembers(ctx, group, gone, before, { UpdateDetail: 'del_member', QuitScene: removed ? 1 : 0 })
}

export function changeGroup(
  ctx: Context,
  chatId: string,
  change: { name?: string; owner?: string; notice?: string },
): void {
  const group = mustGroup(ctx, chatId)
  const details: string[] = []
  if (change.name !== undefined) {
    group.name = change.name
    details.push('change_name')
  }
  if (change.owner !== undefined) {
    group.owner = mustStaff(ctx, change.owner).userid
    details.push('change_owner')
  }
  if (change.notice !== undefined) {
    group.notice = change.notice
    details.push('change_notice')
  }
  for (const detail of details) {
    emitEvent(ctx, 'change_external_chat', 'update', { ChatId: chatId, UpdateDetail: detail })
  }
}

export function dismissGroup(ctx: Context, chatId: string): void {
  ctx.state.groupEnds.push({ group: mustGroup(ctx, chatId), at: ctx.clock.now() })
  ctx.state.groups.delete(chatId)
  emitEvent(ctx, 'change_external_chat', 'dismiss', { ChatId: chatId })
}

/** Somebody writes in the group: no API or callback sees it, only the statistics. */
export function groupSays(ctx: Context, chatId: string, id: string, text?: string): void {
  const member = staffOf(ctx.state, id)?.userid ?? id
  if (!mustGroup(ctx, chatId).members.has(member)) throw new WorldError(`${id} is not in ${chatId}`)
  noteGroupMessage(ctx, chatId, member)
  noteWords(ctx, chatId, member, text)
}

/** What a mini program opened in this group's chat is given as the group's id. */
export function openGidOf(ctx: Context, chatId: string): string {
  mustGroup(ctx, chatId)
  for (const [openGid, known] of ctx.state.openGids) if (known === chatId) return openGid
  const openGid = `o${ctx.rng.text(27)}`
  ctx.state.openGids.set(openGid, chatId)
  return openGid
}
