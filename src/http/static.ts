/** The built pages: `dist/web/{admin,sidebar,h5}`, each a single-page application below its own prefix. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Middleware } from 'koa'
import { send } from '@koa/send'
import { page } from './problem.ts'

const pages = ['admin', 'sidebar', 'h5'] as const
/** Vite names assets by the hash of their content, so they never change under one name. */
const hashed = /\/assets\/.+-[A-Za-z0-9_-]{8,}\.\w+$/
const yearMs = 365 * 86_400_000

export const pageOf = (path: string): (typeof pages)[number] | undefined =>
  pages.find((name) => path === `/${name}` || path.startsWith(`/${name}/`))

export function servePages(folder: string): Middleware {
  return async (ctx, next) => {
    const name = pageOf(ctx.path)
    if (name === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next()
    if (ctx.path === `/${name}`) {
      ctx.redirect(`/${name}/${ctx.search}`)
      return undefined
    }
    const root = join(folder, name)
    if (!existsSync(join(root, 'index.html'))) {
      ctx.status = 503
      ctx.type = 'html'
      ctx.body = page('页面尚未构建', ['请在服务器上运行 npm run build，然后刷新本页。'])
      return undefined
    }
    const rest = ctx.path.slice(name.length + 1)
    const wanted = rest === '/' || rest === '' ? '/index.html' : rest
    if (await sendIfThere(ctx, root, wanted)) return undefined
    // A path without an extension is a place inside the application; a missing file stays missing.
    if (/\.\w+$/.test(rest)) return next()
    await sendIfThere(ctx, root, '/index.html')
    return undefined
  }
}

async function sendIfThere(ctx: Parameters<Middleware>[0], root: string, path: string): Promise<boolean> {
  const immutable = hashed.test(path)
  try {
    await send(ctx, path, {
      root,
      immutable,
      maxage: immutable ? yearMs : 0,
      format: false,
      setHeaders: (res) => {
        // The document itself is always asked for again, so that a new build shows at once.
        if (!immutable) res.setHeader('Cache-Control', 'no-cache')
      },
    })
    if (ctx.fresh) {
      ctx.status = 304
      ctx.body = null
    }
    return true
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'status' in error && error.status === 404) return false
    throw error
  }
}
