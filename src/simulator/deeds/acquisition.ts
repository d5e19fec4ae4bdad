import { seconds, type Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import type { AcquiredCustomer, AcquisitionLink, AcquisitionLot } from '../records.ts'
import { staffOf } from '../state.ts'
import { emitEvent } from './emit.ts'

const chatKeyMs = 30 * 60_000
export const acquisitionEvent = 'customer_acquisition'

/** The bought uses that are still in time, those that end first in front. */
export const lotsOf = (ctx: Context): AcquisitionLot[] =>
  ctx.state.acquisitionLots
    .filter((lot) => lot.expiresAt > ctx.clock.now())
    .sort((one, other) => one.expiresAt - other.expiresAt)

export const balanceOf = (ctx: Context): number => lotsOf(ctx).reduce((sum, lot) => sum + lot.balance, 0)

export function buyAcquisitions(ctx: Context, count: number, expiresAt: number): void {
  const before = balanceOf(ctx)
  ctx.state.acquisitionLots.push({ total: count, expiresAt, balance: count })
  if (before === 0 && balanceOf(ctx) > 0) emitEvent(ctx, acquisitionEvent, 'balance_increased', {})
}

export function mustLink(ctx: Context, linkId: string): AcquisitionLink {
  const link = ctx.state.acquisitionLinks.get(linkId)
  if (!link) throw new WorldError(`there is no acquisition link ${linkId}`)
  return link
}

export const staffFor = (ctx: Context, link: AcquisitionLink): string[] => {
  const { user_list: users, department_list: departments } = link.fields.range
  const named = users.flatMap((id) => staffOf(ctx.state, id)?.userid ?? [])
  const all = departments.length > 0 ? [...ctx.state.staff.values()].filter((one) => one.serves) : []
  return [...new Set([...named, ...all.map((one) => one.userid)])]
}

function acquired(
  ctx: Context,
  userid: string,
  externalUserId: string,
): { link: AcquisitionLink; customer: AcquiredCustomer } | undefined {
  for (const link of ctx.state.acquisitionLinks.values()) {
    const customer = link.customers.findLast(
      (one) => one.userid === userid && one.externalUserId === externalUserId,
    )
    if (customer) return { link, customer }
  }
  return undefined
}

/** The first words of somebody who came by a link are told of. */
export function acquiredSays(ctx: Context, userid: string, externalUserId: string): void {
  const found = acquired(ctx, userid, externalUserId)
  if (!found) return
  if (found.customer.messages++ > 0) return
  emitEvent(ctx, acquisitionEvent, 'customer_start_chat', { UserID: userid, ExternalUserID: externalUserId })
}

/** The key the platform hands out when a chat has gone on for a while; good for half an hour. */
export function chatKeyOf(ctx: Context, userid: string, externalUserId: string): string {
  const found = acquired(ctx, staffOf(ctx.state, userid)?.userid ?? userid, externalUserId)
  if (!found) throw new WorldError(`${externalUserId} did not come to ${userid} by a link`)
  const key = ctx.rng.text(40)
  const { link, customer } = found
  ctx.state.chatKeys.set(key, { linkId: link.linkId, customer, expiresAt: ctx.clock.now() + chatKeyMs })
  return key
}

/** An administrator deletes the link in the console; through the API no event tells of it. */
export function deleteLink(ctx: Context, linkId: string): void {
  mustLink(ctx, linkId)
  ctx.state.acquisitionLinks.delete(linkId)
  emitEvent(ctx, acquisitionEvent, 'delete_link', { LinkId: linkId })
}

/** Links whose last person left lead nowhere. */
export function leaveLinks(ctx: Context, userid: string): void {
  for (const link of ctx.state.acquisitionLinks.values()) {
    if (!link.fields.range.user_list.includes(userid) || staffFor(ctx, link).length > 0) continue
    emitEvent(ctx, acquisitionEvent, 'link_unavailable', { LinkId: link.linkId })
  }
}

export const expireDate = (lot: AcquisitionLot): number => seconds(lot.expiresAt)
