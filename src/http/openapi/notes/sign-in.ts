import type { Area } from '../note.ts'
import { fields, say } from '../note.ts'
import { z } from 'zod'

const whereTo = z.object({
  to: z.string().optional().describe('A path of this server; anything else leads to the home page.'),
})
const returned = z.object({ code: z.string(), state: z.string() })
const away = say('转到企业微信登录', 'on to the sign-in of WeCom')
const back = say('登录完成，回到出发的页面', 'signed in, back to the page it began on')

export const signInArea: Area = {
  name: 'sign-in',
  title: say('登录', 'Signing in'),
  says: say(
    '员工和会员都由企业微信确认身份，服务器只发会话 Cookie。在浏览器里打开，不由程序调用。',
    'WeCom says who staff and members are; the server only hands out a session cookie. For browsers, not for programs.',
  ),
  routes: {
    'GET /api/auth/login': {
      says: say('员工登录', 'Staff sign in'),
      query: whereTo,
      answer: { kind: 'redirect', says: away },
    },
    'GET /api/auth/callback': {
      says: say('员工从企业微信回来', 'Staff come back from WeCom'),
      query: returned,
      answer: { kind: 'redirect', says: back },
      refuses: { 400: ['sign-in-expired'], 403: ['forbidden'] },
    },
    'POST /api/auth/logout': {
      says: say('退出登录', 'Sign out'),
      answer: fields({ ok: { const: true } }),
    },
    'GET /api/public/login': {
      says: say('会员登录', 'Members sign in'),
      query: whereTo,
      answer: { kind: 'redirect', says: away },
    },
    'GET /api/public/callback': {
      says: say('会员从企业微信回来', 'Members come back from WeCom'),
      query: returned,
      answer: { kind: 'redirect', says: back },
      refuses: { 400: ['sign-in-expired'] },
    },
  },
}
