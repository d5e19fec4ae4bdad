import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { optionalFlag, optionalText, optionalTexts } from '../params.ts'
import type { JoinWay } from '../records.ts'
import { dropFollow, followOf, staffOf, type ContactWay } from '../state.ts'
import type { Group } from '../types.ts'
import { addContact, ensureCustomer, newChatId } from './contacts.ts'
import { createGroup, joinGroup } from './groups.ts'

/** A customer scans a code: a contact way makes a contact, a join way leads into a group. */
export function scanCode(ctx: Context, configId: string, externalUserId: string | undefined): unknown {
  const way = ctx.state.contactWays.get(configId)
  if (way) return scanContactWay(ctx, way, externalUserId)
  const join = ctx.state.joinWays.get(configId)
  if (join) return scanJoinWay(ctx, join, externalUserId)
  throw new WorldError(`there is no contact way or join way ${configId}`)
}

const numberOf = (way: ContactWay, field: string): number => Number(way.fields[field] ?? 0)

/** An expired temporary way leads nowhere; other ways never expire. */
export const isExpired = (ctx: Context, way: ContactWay): boolean =>
  way.fields['is_temp'] === true && ctx.clock.now() > way.createdAt + numberOf(way, 'expires_in') * 1_000

function scanContactWay(ctx: Context, way: ContactWay, id: string | undefined): unknown {
  if (isExpired(ctx, way)) throw new WorldError(`contact way ${way.configId} has expired`)
  const unionid = optionalText(way.fields, 'unionid')
  const known = id === undefined ? undefined : ctx.state.customers.get(id)
  if (unionid && known?.unionid !== unionid) throw new WorldError('the code was made for somebody else')
  const userid = chooseStaff(ctx, way, id)
  const state = optionalText(way.fields, 'state')
  const added = addContact(ctx, {
    userid,
    ...(state ? { state } : {}),
    ...(id === undefined ? {} : { external_userid: id }),
  })
  if (way.fields['is_temp'] === true) beginTempChat(ctx, way, userid, added.external_userid)
  return added
}

/**
 * Whoever of the way's people is still there and no contact yet; an exclusive way leads a customer of one of them to
 * that person again.
 */
function chooseStaff(ctx: Context, way: ContactWay, id: string | undefined): string {
  const users = optionalTexts(way.fields, 'user', 100) ?? []
  const parties = way.fields['party']
  const hasAll = Array.isArray(parties) && parties.length > 0
  const all = hasAll ? [...ctx.state.staff.values()].filter((staff) => staff.serves) : []
  const candidates = [...users, ...all.map((staff) => staff.userid)].filter((userid) =>
    staffOf(ctx.state, userid),
  )
  const follows = id === undefined ? undefined : ctx.state.customers.get(id)?.follows
  const isExclusive = optionalFlag(way.fields, 'is_exclusive') === true
  const wanted = candidates.find((userid) => (follows?.has(userid) ?? false) === isExclusive)
  const chosen = wanted ?? candidates[0]
  if (chosen === undefined) throw new WorldError(`nobody serves contact way ${way.configId} any more`)
  return chosen
}

const chatKey = (userid: string, externalUserId: string): string => `${userid} ${externalUserId}`

function beginTempChat(ctx: Context, way: ContactWay, userid: string, externalUserId: string): void {
  const endsAt = ctx.clock.now() + numberOf(way, 'chat_expires_in') * 1_000
  const due = ctx.clock.plan(endsAt, { deed: 'end-temp-chat', userid, externalUserId })
  const since = followOf(ctx.state, userid, externalUserId)?.createtime ?? 0
  ctx.state.tempChats.set(chatKey(userid, externalUserId), { since, due })
}

/** The two are no contacts any more; no event tells of it. False when there was no temporary chat. */
export function endTempChat(ctx: Context, userid: string, externalUserId: string): boolean {
  const key = chatKey(userid, externalUserId)
  const chat = ctx.state.tempChats.get(key)
  if (!chat) return false
  ctx.clock.unplan(chat.due)
  ctx.state.tempChats.delete(key)
  const customer = ctx.state.customers.get(externalUserId)
  if (customer?.follows.get(userid)?.createtime !== chat.since) return false
  dropFollow(ctx.state, customer, userid)
  return true
}

function scanJoinWay(ctx: Context, way: JoinWay, id: string | undefined): unknown {
  const { externalUserId } = ensureCustomer(ctx, id)
  const rooms = way.fields.chat_id_list.flatMap((chatId) => ctx.state.groups.get(chatId) ?? [])
  if (rooms.some((room) => room.members.has(externalUserId)))
    throw new WorldError(`${externalUserId} is already in one of the groups`)
  const room =
    rooms.find((one) => one.members.size < ctx.settings.mostGroupMembers) ?? nextRoom(ctx, way, rooms)
  joinGroup(ctx, room.chatId, [externalUserId], { scene: 3, state: way.fields.state })
  return { external_userid: externalUserId, chat_id: room.chatId }
}

/** All are full: a further group under the last one's owner, if the way allows it. */
function nextRoom(ctx: Context, way: JoinWay, rooms: readonly Group[]): Group {
  const last = rooms.at(-1)
  if (!last) throw new WorldError(`no group of join way ${way.configId} exists any more`)
  if (way.fields.auto_create_room === 0) throw new WorldError('every group is full')
  const name = `${way.fields.room_base_name || last.name}${way.nextRoomId}`
  const room = createGroup(ctx, { owner: last.owner, name, chat_id: newChatId(ctx) })
  way.nextRoomId++
  way.fields.chat_id_list.push(room.chatId)
  return room
}
