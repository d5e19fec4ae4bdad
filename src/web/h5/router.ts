import { createRouter, createWebHashHistory } from 'vue-router'
import CouponPage from './pages/CouponPage.vue'
import GamePage from './pages/GamePage.vue'
import InvitePage from './pages/InvitePage.vue'
import InvitedPage from './pages/InvitedPage.vue'
import MePage from './pages/MePage.vue'
import SubscriptionPage from './pages/SubscriptionPage.vue'

/** These addresses stand in messages that were already sent: they never change. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/game/:id', name: 'game', component: GamePage, props: true, meta: { title: '活动' } },
    { path: '/me', name: 'me', component: MePage, meta: { title: '我的' } },
    { path: '/subscription', name: 'subscription', component: SubscriptionPage, meta: { title: '订阅设置' } },
    { path: '/coupon/:code', name: 'coupon', component: CouponPage, props: true, meta: { title: '优惠券' } },
    { path: '/invite', name: 'invite', component: InvitePage, meta: { title: '邀请好友' } },
    {
      path: '/invited/:result',
      name: 'invited',
      component: InvitedPage,
      props: true,
      meta: { title: '好友邀请' },
    },
    { path: '/:rest(.*)*', redirect: '/me' },
  ],
  scrollBehavior: () => ({ top: 0 }),
})

router.afterEach(({ meta }) => {
  if (typeof meta['title'] === 'string') document.title = meta['title']
})
