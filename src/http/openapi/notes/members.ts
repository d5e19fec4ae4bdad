import { donationBody, freeShippingBody, playBody, subscriptionBody } from '../../contract.ts'
import { one, say } from '../note.ts'
import type { Area } from '../note.ts'

export const membersArea: Area = {
  name: 'members',
  title: say('会员页面', 'Pages of members'),
  says: say(
    'H5 页面用的接口，每位会员只看得到自己的。',
    'What the H5 pages use; each member sees only what is hers.',
  ),
  routes: {
    'GET /h5/l/:token': {
      says: say('消息里的链接', 'A link in a message'),
      answer: { kind: 'redirect', says: say('打开活动或「我的」页', 'to the game or her own page') },
      refuses: { 404: ['bad-link'] },
    },
    'GET /h5/r/:code': {
      says: say('老带新邀请链接', 'A link by which a member invites a friend'),
      answer: { kind: 'redirect', says: say('打开邀请页', 'to the page of invitations') },
      refuses: { 404: ['bad-link'] },
    },
    'GET /api/public/me': {
      says: say('我的等级、积分、券和活动', 'My level, points, coupons and games'),
      answer: one('Player'),
    },
    'GET /api/public/referral': {
      says: say('我的邀请链接和邀请结果', 'My link to invite friends, and what came of it'),
      answer: one('Referral'),
    },
    'POST /api/public/sign-in': {
      says: say('每日签到', 'Sign in for the day'),
      answer: one('SignedIn'),
      refuses: { 409: ['off'] },
    },
    'POST /api/public/free-shipping': {
      says: say('领取一次包邮', 'Take a free delivery'),
      body: freeShippingBody,
      answer: one('Coupon'),
      refuses: { 409: ['no-free-shipping'] },
    },
    'POST /api/public/donations': {
      says: say('捐出积分', 'Give points away'),
      body: donationBody,
      answer: one('Donated'),
      refuses: { 400: ['too-few-points'], 409: ['off', 'too-few-points'] },
    },
    'GET /api/public/subscription': {
      says: say('我想收到什么', 'What I want to hear'),
      answer: one('Subscription'),
    },
    'PUT /api/public/subscription': {
      says: say('改变我想收到什么，立即生效', 'Change what I want to hear; works at once'),
      body: subscriptionBody,
      answer: one('Subscription'),
      refuses: { 422: ['no-such-topic'] },
    },
    'GET /api/public/games/:id': {
      says: say('一个活动：投票或寻宝', 'A game: a poll or a hunt'),
      answer: one('GameView'),
    },
    'POST /api/public/games/:id/play': {
      says: say('投票，或回答一条线索', 'Vote, or answer a clue'),
      body: playBody,
      answer: one('PlayResult'),
      refuses: { 429: ['too-many-tries'] },
    },
  },
}
