import '../shared/old-browsers.ts'
import { createApp } from 'vue'
import { followScheme } from '../shared/phone/scheme.ts'
import App from './App.vue'
import CouponPage from './pages/CouponPage.vue'
import CustomerPage from './pages/CustomerPage.vue'
import TodayPage from './pages/TodayPage.vue'
import { router } from './router.ts'
import './style.css'

followScheme()
router.addRoute({ path: '/', name: 'today', component: TodayPage })
router.addRoute({ path: '/customer/:id', name: 'customer', component: CustomerPage, props: true })
router.addRoute({ path: '/coupon', name: 'coupon', component: CouponPage })
createApp(App).use(router).mount('#app')
