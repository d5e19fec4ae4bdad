import { createRouter, createWebHashHistory } from 'vue-router'
import CustomerPage from './pages/CustomerPage.vue'
import TodayPage from './pages/TodayPage.vue'

/** The path behind the hash never reaches the JS-SDK's signature, which covers the address without it. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'today', component: TodayPage },
    { path: '/customer/:id', name: 'customer', component: CustomerPage, props: true },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: () => ({ top: 0 }),
})
