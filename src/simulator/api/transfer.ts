import { seconds, type Context } from '../context.ts'
import { isTooMany, leftBehind, startTransfer } from '../deeds/transfer.ts'
import { ApiError } from '../errors.ts'
import { optionalChars, optionalInteger, optionalText, page, text, texts, type Body } from '../params.ts'
import { followOf, type Transfer } from '../state.ts'
import type { Api, Reply } from './call.ts'
import { servingStaff } from './customers.ts'

const ninetyDaysMs = 90 * 86_400_000
const mostPerNinetyDays = 2
const perPage = 1_000
const mostCustomers = 100

/** Hand-over of customers: each answers with a code of its own (WECOM.md §3.8). */
const startAll = (ctx: Context, body: Body, to: string, start: (id: string) => number): Reply => ({
  customer: texts(body, 'external_userid', mostCustomers).map((id) => ({
    external_userid: id,
    errcode: ctx.state.unfit.get(to) ?? start(id),
  })),
})

/** Under way, or 0. */
function busy(ctx: Context, externalUserId: string): number {
  const isWaiting = (one: Transfer): boolean => one.externalUserId === externalUserId && one.status === 2
  return ctx.state.transfers.some(isWaiting) ? 40100 : 0
}

const transferCustomer: Api = {
  path: 'externalcontact/transfer_customer',
  method: 'POST',
  run({ ctx, body }) {
    const from = servingStaff(ctx, text(body, 'handover_userid')).userid
    const to = servingStaff(ctx, text(body, 'takeover_userid')).userid
    optionalChars(body, 'transfer_success_msg', 200)
    const since = ctx.clock.now() - ninetyDaysMs
    return startAll(ctx, body, to, (externalUserId) => {
      if (!ctx.state.customers.has(externalUserId)) return 40096
      if (from === to) return 40130
      if (!followOf(ctx.state, from, externalUserId)) return 40131
      const waiting = busy(ctx, externalUserId)
      if (waiting !== 0) return waiting
      const earlier = ctx.state.transfers.filter(
        (one) => one.externalUserId === externalUserId && !one.resigned && one.at > since,
      )
      if (earlier.length >= mostPerNinetyDays) return 40128
      if (isTooMany(ctx, to, externalUserId)) return 40099
      startTransfer(ctx, { from, to, externalUserId, resigned: false })
      return 0
    })
  },
}

/** The leaver's id; 40097 while still in service. */
function mustResigned(ctx: Context, body: Body): string {
  const wanted = text(body, 'handover_userid')
  const resigned = ctx.state.resigned.get(wanted.toLowerCase())
  if (resigned) return resigned.userid
  servingStaff(ctx, wanted)
  throw new ApiError(40097)
}

const isTaken = (ctx: Context, from: string, externalUserId: string): boolean =>
  ctx.state.transfers.some(
    (one) =>
      one.resigned &&
      one.from === from &&
      one.externalUserId === externalUserId &&
      (one.status === 1 || one.status === 2),
  )

const resignedTransferCustomer: Api = {
  path: 'externalcontact/resigned/transfer_customer',
  method: 'POST',
  run({ ctx, body }) {
    const from = mustResigned(ctx, body)
    const to = servingStaff(ctx, text(body, 'takeover_userid')).userid
    return startAll(ctx, body, to, (externalUserId) => {
      if (!ctx.state.customers.has(externalUserId)) return 40096
      if (!leftBehind(ctx, from, externalUserId)) return 40131
      const waiting = busy(ctx, externalUserId)
      if (waiting !== 0) return waiting
      if (isTaken(ctx, from, externalUserId)) return 40131
      if (isTooMany(ctx, to, externalUserId)) return 40099
      startTransfer(ctx, { from, to, externalUserId, resigned: true })
      return 0
    })
  },
}

function resultOf(ctx: Context, body: Body, from: string, resigned: boolean): Reply {
  const to = servingStaff(ctx, text(body, 'takeover_userid')).userid
  const found = ctx.state.transfers.filter(
    (one) => one.from === from && one.to === to && one.resigned === resigned,
  )
  const shown = page(found, `transfer ${from} ${to}`, optionalText(body, 'cursor'), perPage)
  return {
    customer: shown.items.map((one) => ({
      external_userid: one.externalUserId,
      status: one.status,
      ...(one.status === 1 ? { takeover_time: seconds(one.at) } : {}),
    })),
    next_cursor: shown.next,
  }
}

const transferResult: Api = {
  path: 'externalcontact/transfer_result',
  method: 'POST',
  run: ({ ctx, body }) => resultOf(ctx, body, servingStaff(ctx, text(body, 'handover_userid')).userid, false),
}

const resignedTransferResult: Api = {
  path: 'externalcontact/resigned/transfer_result',
  method: 'POST',
  run: ({ ctx, body }) => resultOf(ctx, body, mustResigned(ctx, body), true),
}

/** Customers of leavers whom nobody has taken on, the latest leavers first. */
const getUnassignedList: Api = {
  path: 'externalcontact/get_unassigned_list',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'page_size', 1, 1_000) ?? 1_000
    const open = ctx.state.unassigned
      .filter((one) => !isTaken(ctx, one.userid, one.externalUserId))
      .sort((one, other) => other.at - one.at)
    const shown = page(open, 'unassigned', optionalText(body, 'cursor'), limit)
    return {
      info: shown.items.map((one) => ({
        handover_userid: one.userid,
        external_userid: one.externalUserId,
        dimission_time: seconds(one.at),
      })),
      is_last: shown.next === '',
      next_cursor: shown.next,
    }
  },
}

export const transferApis: readonly Api[] = [
  transferCustomer,
  transferResult,
  resignedTransferCustomer,
  resignedTransferResult,
  getUnassignedList,
]
