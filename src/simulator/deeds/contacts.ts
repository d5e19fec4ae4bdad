import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { dropFollow, newFollow, newWelcome, putCustomer, putFollow, staffOf } from '../state.ts'
import type { AddContact, Customer, SeededStaff, StaffMember } from '../types.ts'
import { acquiredSays, leaveLinks } from './acquisition.ts'
import { noteAct, noteWords } from './acts.ts'
import { emitEvent } from './emit.ts'

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** Ways in which the staff member asks to be a contact (WECOM.md §3.1): phone, group chat, WeChat contact, … */
const appliedByStaff: ReadonlySet<number> = new Set([2, 4, 6, 13, 201, 202])

const surnames = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗'
const givenNames = '静敏婷雪倩慧颖洁琳欣悦佳怡萱涵晨阳宇博涛'

export const newExternalUserId = (ctx: Context): string => `wm${ctx.rng.text(30, idAlphabet)}`
export const newChatId = (ctx: Context): string => `wr${ctx.rng.text(30, idAlphabet)}`
export const newOpenId = (ctx: Context): string => `o${ctx.rng.text(27, idAlphabet)}`

export function mustStaff(ctx: Context, userid: string): StaffMember {
  const staff = staffOf(ctx.state, userid)
  if (!staff) throw new WorldError(`there is no staff member ${userid}`)
  return staff
}

export function mustCustomer(ctx: Context, externalUserId: string): Customer {
  const customer = ctx.state.customers.get(externalUserId)
  if (!customer) throw new WorldError(`there is no customer ${externalUserId}`)
  return customer
}

export function addStaff(ctx: Context, seeded: SeededStaff): StaffMember {
  const staff = {
    userid: seeded.userid,
    name: seeded.name,
    alias: seeded.alias ?? '',
    confirm: seeded.confirm,
    serves: true,
  }
  ctx.state.staff.set(seeded.userid.toLowerCase(), staff)
  ctx.state.resigned.delete(seeded.userid.toLowerCase())
  return staff
}

function pick(ctx: Context, from: string): string {
  return from[Math.floor(ctx.rng.next() * from.length)] ?? ''
}

/** The person with this id, made on the spot when nobody met them before. */
export function ensureCustomer(
  ctx: Context,
  id: string | undefined,
  given: Partial<Customer> = {},
): Customer {
  const externalUserId = id ?? newExternalUserId(ctx)
  const known = ctx.state.customers.get(externalUserId)
  if (known) return known
  const customer: Customer = {
    externalUserId,
    name: given.name ?? `${pick(ctx, surnames)}${pick(ctx, givenNames)}`,
    avatar: given.avatar ?? '',
    gender: given.gender ?? 0,
    unionid: given.unionid ?? '',
    openid: newOpenId(ctx),
    shopId: null,
    follows: new Map(),
  }
  putCustomer(ctx.state, customer)
  return customer
}

export function addContact(
  ctx: Context,
  contact: AddContact,
): { external_userid: string; welcomeCode: string | null } {
  const staff = mustStaff(ctx, contact.userid)
  const customer = ensureCustomer(ctx, contact.external_userid, {
    ...(contact.name === undefined ? {} : { name: contact.name }),
    ...(contact.gender === undefined ? {} : { gender: contact.gender }),
    ...(contact.unionid === undefined ? {} : { unionid: contact.unionid }),
  })
  const before = customer.follows.get(staff.userid)
  if (before && !before.deletedByCustomer) {
    throw new WorldError(`${customer.externalUserId} is already a contact of ${staff.userid}`)
  }
  const now = ctx.clock.now()
  const follow = before ?? newFollow(staff.userid, seconds(now))
  follow.createtime = seconds(now)
  follow.state = contact.state ?? ''
  follow.addWay = contact.addWay ?? 1
  follow.deletedByCustomer = false
  putFollow(ctx.state, customer, follow)
  if (contact.silent) return { external_userid: customer.externalUserId, welcomeCode: null }
  if (appliedByStaff.has(follow.addWay)) noteAct(ctx, 'applied', staff.userid, customer.externalUserId)
  noteAct(ctx, 'met', staff.userid, customer.externalUserId)

  // No code when the console greets by itself, or when the two already chat (OD-92277).
  const welcomeCode =
    contact.welcome === false || follow.lastChatAt > 0 ? null : `CALLBACK_${ctx.rng.text(32)}`
  if (welcomeCode) {
    ctx.state.welcomes.set(welcomeCode, newWelcome(staff.userid, customer.externalUserId, now))
  }
  emitEvent(ctx, 'change_external_contact', 'add_external_contact', {
    UserID: staff.userid,
    ExternalUserID: customer.externalUserId,
    State: contact.state,
    WelcomeCode: welcomeCode ?? undefined,
  })
  return { external_userid: customer.externalUserId, welcomeCode }
}

export function removeContact(
  ctx: Context,
  userid: string,
  externalUserId: string,
  by: 'staff' | 'customer',
): void {
  const staff = mustStaff(ctx, userid)
  const customer = mustCustomer(ctx, externalUserId)
  const follow = customer.follows.get(staff.userid)
  if (!follow) throw new WorldError(`${externalUserId} is no contact of ${staff.userid}`)
  if (by === 'staff') dropFollow(ctx.state, customer, staff.userid)
  else {
    follow.deletedByCustomer = true
    noteAct(ctx, 'lost', staff.userid, externalUserId)
  }
  const change = by === 'staff' ? 'del_external_contact' : 'del_follow_user'
  emitEvent(ctx, 'change_external_contact', change, { UserID: staff.userid, ExternalUserID: externalUserId })
}

/** Leaves the corp. Open tasks stay with nobody; the relations wait to be handed over, the API no longer shows them. */
export function removeStaff(ctx: Context, userid: string): void {
  const staff = mustStaff(ctx, userid)
  const at = ctx.clock.now()
  for (const id of [...(ctx.state.servedBy.get(staff.userid) ?? [])]) {
    const customer = mustCustomer(ctx, id)
    const follow = customer.follows.get(staff.userid)
    if (follow) ctx.state.unassigned.push({ userid: staff.userid, externalUserId: id, at, follow })
    dropFollow(ctx.state, customer, staff.userid)
  }
  ctx.state.staff.delete(staff.userid.toLowerCase())
  ctx.state.resigned.set(staff.userid.toLowerCase(), { userid: staff.userid, at })
  emitEvent(ctx, 'change_contact', 'delete_user', { UserID: staff.userid })
  leaveLinks(ctx, staff.userid)
}

export function customerSays(ctx: Context, externalUserId: string, userid: string, text?: string): void {
  const staff = mustStaff(ctx, userid)
  const follow = mustCustomer(ctx, externalUserId).follows.get(staff.userid)
  if (!follow || follow.deletedByCustomer)
    throw new WorldError(`${externalUserId} has no chat with ${staff.userid}`)
  follow.lastChatAt = ctx.clock.now()
  noteAct(ctx, 'heard', staff.userid, externalUserId)
  noteWords(ctx, `${staff.userid} ${externalUserId}`, externalUserId, text)
  acquiredSays(ctx, staff.userid, externalUserId)
}
