import { createRouter, createWebHashHistory } from 'vue-router'

/**
 * Knows no page, so that what pages share may steer it; `main.ts` hangs the pages in. The path behind the hash never
 * reaches the JS-SDK's signature, which covers the address without it.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [{ path: '/:rest(.*)*', redirect: '/' }],
  scrollBehavior: () => ({ top: 0 }),
})
