import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type UserConfig } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The pages live in web views as old as these inside WeCom and WeChat; the console is opened in a desktop browser. */
const oldPhones = ['chrome64', 'safari12']
const desktops = ['chrome107', 'edge107', 'firefox104', 'safari16']

export type PageName = 'admin' | 'sidebar' | 'h5'

/**
 * One Vite build per page: `src/web/NAME/index.html` becomes `dist/web/NAME/`, served under `/NAME/`.
 * Each page is built alone, so that nothing of the console ever reaches a phone.
 */
export const webConfig = (name: PageName): UserConfig =>
  defineConfig({
    root: `${root}src/web/${name}`,
    base: `/${name}/`,
    cacheDir: `${root}node_modules/.vite/${name}`,
    publicDir: false,
    plugins: [vue()],
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
    server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
    build: {
      outDir: `${root}dist/web/${name}`,
      emptyOutDir: true,
      target: name === 'admin' ? desktops : oldPhones,
      cssTarget: name === 'admin' ? desktops : oldPhones,
      // Only saves a round trip in browsers without <link rel=modulepreload>; not worth its bytes on a phone.
      modulePreload: { polyfill: false },
      // Inlined data: addresses would need a weaker content security policy.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      sourcemap: false,
    },
  })
