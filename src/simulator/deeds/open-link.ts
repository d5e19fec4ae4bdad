import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { acquisitionEvent, balanceOf, lotsOf, mustLink, staffFor } from './acquisition.ts'
import { addContact, ensureCustomer } from './contacts.ts'
import { emitEvent } from './emit.ts'

const addedByLink = 16
/** Fewer uses than this are told of (WECOM.md §2.8). */
const lowBalance = 20

/** A customer opens the link and adds the staff member: one use is gone, the channel becomes the state. */
export function openLink(
  ctx: Context,
  linkId: string,
  externalUserId: string | undefined,
  channel: string,
): unknown {
  const link = mustLink(ctx, linkId)
  const customer = ensureCustomer(ctx, externalUserId)
  const now = ctx.clock.now()
  link.clicks.push({ at: now, externalUserId: customer.externalUserId })
  const lot = lotsOf(ctx).find((one) => one.balance > 0)
  if (!lot) throw new WorldError('the quota of acquisition links is used up')
  // People take turns.
  const candidates = staffFor(ctx, link)
  const userid = candidates[link.customers.length % Math.max(1, candidates.length)]
  if (userid === undefined) throw new WorldError(`nobody serves link ${linkId} any more`)
  const added = addContact(ctx, {
    userid,
    external_userid: customer.externalUserId,
    addWay: addedByLink,
    ...(channel === '' ? {} : { state: channel }),
  })
  lot.balance--
  link.customers.push({
    externalUserId: customer.externalUserId,
    userid,
    state: channel,
    at: now,
    messages: 0,
  })
  const left = balanceOf(ctx)
  if (left === lowBalance - 1) emitEvent(ctx, acquisitionEvent, 'balance_low', {})
  if (left === 0) emitEvent(ctx, acquisitionEvent, 'balance_exhausted', {})
  return { ...added, userid }
}
