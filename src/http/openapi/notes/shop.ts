import { couponHoldBody, eventsBody } from '../../contract.ts'
import { groupMessageBody } from '../../public/group-messages.ts'
import { flag, json, one, say, text } from '../note.ts'
import type { Area } from '../note.ts'

const couponRefusals = ['coupon-redeemed', 'coupon-expired', 'coupon-locked', 'coupon-not-yet'] as const

export const shopArea: Area = {
  name: 'shop',
  title: say('对接门店系统', 'For the shop’s own systems'),
  says: say(
    '商城、收银和群聊桥接用密钥调用；不用 Cookie，也不用来源标记。',
    'For the web shop, the till and the bridge of group chats, by bearer key: no cookie, no mark of origin.',
  ),
  routes: {
    'POST /api/v1/events': {
      says: say('推送订单与行为，一次最多 1000 条', 'Orders and behaviour in, up to 1000 at a time'),
      body: eventsBody,
      answer: one('EventsAnswer'),
    },
    'POST /api/v1/coupons/lock': {
      says: say('下单待付款时锁定一张券', 'Hold a coupon while its order is being paid'),
      body: couponHoldBody,
      answer: one('CouponHold'),
      refuses: { 404: ['coupon-unknown'], 409: couponRefusals },
    },
    'POST /api/v1/coupons/release': {
      says: say('订单没有付款，把券放回去', 'Give a coupon back whose order was not paid'),
      body: couponHoldBody,
      answer: one('CouponHold'),
      refuses: { 404: ['coupon-unknown'] },
    },
    'POST /api/v1/group-messages': {
      says: say('群聊桥接转来的一句话', 'A line from the bridge of group chats'),
      body: groupMessageBody,
      answer: json({
        type: 'object',
        properties: {
          fresh: { ...flag, description: 'False: this message was recorded before.' },
          reply: { ...text, description: 'What to say in the group, if anything.' },
        },
        required: ['fresh'],
      }),
    },
  },
}
