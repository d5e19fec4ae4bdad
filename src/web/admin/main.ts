import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import './element.ts'
import './style.css'
import App from './App.vue'
import { queryClient } from './data.ts'
import { router } from './router.ts'
import { language, speak } from './words.ts'

speak(language.value)
createApp(App).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
