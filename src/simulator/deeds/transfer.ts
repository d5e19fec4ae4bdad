import { seconds, type Context } from '../context.ts'
import { dropFollow, newFollow, putFollow, type Transfer } from '../state.ts'
import type { Unassigned } from '../records.ts'
import { emitEvent } from './emit.ts'

/** A customer who does nothing is handed over after a day (WECOM.md §3.8). */
const automaticMs = 86_400_000

export function startTransfer(ctx: Context, wanted: Omit<Transfer, 'status' | 'at'>): Transfer {
  const transfer: Transfer = { ...wanted, status: 2, at: ctx.clock.now() }
  const count = ctx.state.transfers.push(transfer)
  ctx.clock.plan(transfer.at + automaticMs, { deed: 'complete-transfer', transfer: count - 1 })
  return transfer
}

/** The customer as left behind by somebody who is gone. */
export const leftBehind = (ctx: Context, userid: string, externalUserId: string): Unassigned | undefined =>
  ctx.state.unassigned.find((one) => one.userid === userid && one.externalUserId === externalUserId)

/** Nobody takes on more customers than the ceiling, if there is one; who is known already adds nothing. */
export function isTooMany(ctx: Context, userid: string, externalUserId: string): boolean {
  const most = ctx.settings.mostCustomersPerStaff
  const served = ctx.state.servedBy.get(userid)
  return most !== null && !served?.has(externalUserId) && (served?.size ?? 0) >= most
}

/** The old relation goes with the source that tells it from churn, the new one comes with the old remark and tags. */
export function completeTransfer(ctx: Context, position: number): void {
  const transfer = ctx.state.transfers[position]
  if (transfer?.status !== 2) return
  const customer = ctx.state.customers.get(transfer.externalUserId)
  const before = transfer.resigned
    ? leftBehind(ctx, transfer.from, transfer.externalUserId)?.follow
    : customer?.follows.get(transfer.from)
  if (!customer || !before) return
  transfer.at = ctx.clock.now()
  if (isTooMany(ctx, transfer.to, customer.externalUserId)) {
    transfer.status = 4
    return fail(ctx, transfer, 'customer_limit_exceed')
  }
  transfer.status = 1
  if (!transfer.resigned) dropFollow(ctx.state, customer, transfer.from)
  const follow = customer.follows.get(transfer.to) ?? newFollow(transfer.to, seconds(transfer.at))
  follow.addWay = 202
  follow.remark = before.remark
  for (const id of before.tagIds) follow.tagIds.add(id)
  putFollow(ctx.state, customer, follow)
  const ExternalUserID = customer.externalUserId
  if (!transfer.resigned) {
    emitEvent(ctx, 'change_external_contact', 'del_external_contact', {
      UserID: transfer.from,
      ExternalUserID,
      Source: 'DELETE_BY_TRANSFER',
    })
  }
  emitEvent(ctx, 'change_external_contact', 'add_external_contact', { UserID: transfer.to, ExternalUserID })
}

function fail(ctx: Context, transfer: Transfer, reason: 'customer_refused' | 'customer_limit_exceed'): void {
  emitEvent(ctx, 'change_external_contact', 'transfer_fail', {
    FailReason: reason,
    UserID: transfer.to,
    ExternalUserID: transfer.externalUserId,
  })
}

export function refuseTransfer(ctx: Context, externalUserId: string): boolean {
  const transfer = ctx.state.transfers.find(
    (one) => one.externalUserId === externalUserId && one.status === 2,
  )
  if (!transfer) return false
  transfer.status = 3
  transfer.at = ctx.clock.now()
  fail(ctx, transfer, 'customer_refused')
  return true
}
