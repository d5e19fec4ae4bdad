/**
 * 评价有礼: points for a review of an order that is really hers, once per order. What she says, how many stars and how many
 * words make no difference, or we would be buying praise.
 */
import { dayOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower } from '../interaction/index.ts'
import { pointsFactor, timesPoints } from './points-factor.ts'
import { givePoints } from './points.ts'
import { wasReviewed } from './points.store.ts'
import { orderFacts } from './referral.store.ts'
import { currentRewardSettings } from './settings.ts'

/** A review that is told later than this belongs to a shop's past. */
const newsDays = 30

export const reviewFollower: Follower = {
  name: 'reviews',
  kinds: ['satisfaction-given'],
  async handle(ctx, rows) {
    const { review } = (await currentRewardSettings(ctx.tx)).points
    if (review === 0) return
    const customers = await customersOfRows(ctx.tx, rows)
    for (const row of rows) {
      const customer = customers.get(row.id)
      const orderId = row.detail['orderId']
      if (customer === undefined || typeof orderId !== 'string' || row.at <= ctx.now - days(newsDays))
        continue
      if ((await orderFacts(ctx.tx, orderId))?.customer !== customer) continue
      // The key names her, so that it finds back after a merge; the order alone says whether it was reviewed.
      if (await wasReviewed(ctx.tx, orderId)) continue
      await givePoints(ctx, {
        player: customer,
        who: row.who,
        amount: timesPoints(review, await pointsFactor(ctx.tx, customer, dayOf(ctx.now))),
        words: '评价订单',
        key: `review:${orderId}:${customer}`,
      })
    }
  },
}
