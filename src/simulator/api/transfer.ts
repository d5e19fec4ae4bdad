import { seconds } from '../context.ts'
import { startTransfer } from '../deeds/transfer.ts'
import { invalid } from '../errors.ts'
import { optionalChars, optionalText, page, text, texts } from '../params.ts'
import { followOf } from '../state.ts'
import type { Api } from './call.ts'
import { servingStaff } from './customers.ts'

const ninetyDaysMs = 90 * 86_400_000
const mostPerNinetyDays = 2
const perPage = 1_000

/** In-service hand-over: each customer answers with a code of its own. */
const transferCustomer: Api = {
  path: 'externalcontact/transfer_customer',
  method: 'POST',
  run({ ctx, body }) {
    const from = servingStaff(ctx, text(body, 'handover_userid')).userid
    const to = servingStaff(ctx, text(body, 'takeover_userid')).userid
    optionalChars(body, 'transfer_success_msg', 200)
    if (from === to) throw invalid('takeover_userid')
    const now = ctx.clock.now()
    const start = (externalUserId: string): number => {
      if (!followOf(ctx.state, from, externalUserId)) return 40096
      const earlier = ctx.state.transfers.filter((one) => one.externalUserId === externalUserId)
      if (earlier.some((one) => one.status === 2)) return 40100
      if (earlier.filter((one) => one.at > now - ninetyDaysMs).length >= mostPerNinetyDays) return 40128
      startTransfer(ctx, { from, to, externalUserId })
      return 0
    }
    return {
      customer: texts(body, 'external_userid', 100).map((id) => ({
        external_userid: id,
        errcode: start(id),
      })),
    }
  },
}

const transferResult: Api = {
  path: 'externalcontact/transfer_result',
  method: 'POST',
  run({ ctx, body }) {
    const from = servingStaff(ctx, text(body, 'handover_userid')).userid
    const to = servingStaff(ctx, text(body, 'takeover_userid')).userid
    const found = ctx.state.transfers.filter((one) => one.from === from && one.to === to)
    const shown = page(found, `transfer ${from} ${to}`, optionalText(body, 'cursor'), perPage)
    return {
      customer: shown.items.map((one) => ({
        external_userid: one.externalUserId,
        status: one.status,
        ...(one.status === 1 ? { takeover_time: seconds(one.at) } : {}),
      })),
      next_cursor: shown.next,
    }
  },
}

export const transferApis: readonly Api[] = [transferCustomer, transferResult]
