import {
  callBody,
  intentBody,
  issueBody,
  jssdkQuery,
  redeemBody,
  settleBody,
  sidebarOptOutBody,
  skipBody,
} from '../../contract.ts'
import { fields, flag, one, paged, say } from '../note.ts'
import type { Area } from '../note.ts'

export const sidebarArea: Area = {
  name: 'sidebar',
  title: say('顾问侧边栏', 'The advisors’ sidebar'),
  says: say(
    '企业微信聊天旁的页面用的接口；每位顾问只看得到、只能处理自己的客户，别人的一律答 404。',
    'What the page beside a WeCom chat uses. An advisor sees and serves her own customers only; anybody else’s are a 404.',
  ),
  routes: {
    'GET /api/sidebar/me': { says: say('我是谁，有哪些角色', 'Who I am, with my roles'), answer: one('Me') },
    'GET /api/sidebar/jssdk': {
      says: say('JS-SDK 签名', 'Signatures for the JS-SDK'),
      query: jssdkQuery,
      answer: one('JssdkConfig'),
    },
    'GET /api/sidebar/today': {
      says: say('今天该联系谁，重要的在前', 'Whom to write to today, the most valuable first'),
      answer: paged('SidebarTask'),
    },
    'GET /api/sidebar/customers/:external': {
      says: say('一位客户的全部情况和她的任务', 'Everything about a customer, and the tasks about her'),
      answer: one('SidebarCustomer'),
    },
    'GET /api/sidebar/promises/:id/messages': {
      says: say(
        '随任务文案一起发的附件，按 ww.sendChatMessage 的写法；素材编号此时取得',
        'What goes along with the words of a task, in the shape of ww.sendChatMessage; ids of files are fetched now',
      ),
      answer: one('SidebarMessages'),
    },
    'GET /api/sidebar/promises/:id/pictures/:name': {
      says: say('附件的缩略图', 'The thumbnail of an attachment'),
      answer: { kind: 'picture', says: say('图片', 'the picture') },
    },
    'POST /api/sidebar/promises/:id/intent': {
      says: say('准备发送，在打开聊天窗口之前', 'About to send, before the chat is opened'),
      body: intentBody,
      answer: one('SidebarTask'),
      refuses: { 409: ['task-over', 'call-task', 'intent-open'] },
    },
    'POST /api/sidebar/promises/:id/settle': {
      says: say('发出了，或没有发', 'It was sent, or not'),
      body: settleBody,
      answer: one('SidebarTask'),
      refuses: { 409: ['task-over', 'call-task'] },
    },
    'POST /api/sidebar/promises/:id/call': {
      says: say('记下电话打得怎么样', 'How a call went'),
      body: callBody,
      answer: one('SidebarTask'),
      refuses: { 409: ['not-a-call', 'task-over'] },
    },
    'POST /api/sidebar/promises/:id/skip': {
      says: say('跳过这条任务', 'Skip this task'),
      body: skipBody,
      answer: one('SidebarTask'),
      refuses: { 409: ['task-over'] },
    },
    'POST /api/sidebar/customers/:external/opt-out': {
      says: say('客户说不想再收到营销消息', 'She wants to hear no more marketing'),
      body: sidebarOptOutBody,
      answer: fields({ optedOut: flag }),
    },
    'POST /api/sidebar/customers/:external/opt-in': {
      says: say('客户说又愿意收到了', 'She wants to hear of us again'),
      body: sidebarOptOutBody,
      answer: fields({ optedOut: flag }),
    },
    'GET /api/sidebar/coupons/:code': {
      says: say('核销前看一眼这张券', 'Look at a coupon before it is redeemed'),
      answer: one('SidebarCoupon'),
      refuses: { 404: ['coupon-unknown'] },
    },
    'POST /api/sidebar/coupons/:code/redeem': {
      says: say('核销', 'Redeem a coupon'),
      body: redeemBody,
      answer: one('SidebarCoupon'),
      refuses: {
        404: ['coupon-unknown'],
        409: ['coupon-redeemed', 'coupon-expired', 'coupon-locked', 'coupon-not-yet'],
      },
    },
    'GET /api/sidebar/coupon-templates': {
      says: say('可以发哪些券', 'Which coupons may be handed out'),
      answer: one('CouponTemplates'),
    },
    'POST /api/sidebar/customers/:external/coupons': {
      says: say('给自己的客户发一张券', 'Hand a coupon to a customer of hers'),
      body: issueBody,
      answer: one('IssuedCoupon'),
      refuses: { 404: ['not-found', 'unknown-template'], 409: ['coupon-held'] },
    },
  },
}
