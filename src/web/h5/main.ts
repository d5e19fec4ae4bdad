import '../shared/old-browsers.ts'
import { createApp } from 'vue'
import { followScheme } from '../shared/phone/scheme.ts'
import App from './App.vue'
import { router } from './router.ts'
import './style.css'

followScheme()
createApp(App).use(router).mount('#app')
