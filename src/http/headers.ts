/**
 * Security headers for every page and answer. Nothing is loaded from elsewhere: the bundled WeCom JS-SDK reaches the
 * client through its own bridge and opens frames of work.weixin.qq.com only for features we do not use. Pictures come
 * from WeCom's avatar hosts and the shop's own picture addresses, hence any https for images.
 */
import helmet from 'koa-helmet'
import type { Middleware } from 'koa'
import { pageOf } from './static.ts'

const year = 365 * 86_400

/** The desktop client shows the sidebar inside a page of its own. */
const sidebarParents = ["'self'", 'https://work.weixin.qq.com', 'https://*.work.weixin.qq.com']

function policy(https: boolean, frameAncestors: readonly string[]): Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Component libraries and the editor write style attributes and elements of their own.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:', 'https:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: [...frameAncestors],
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    // WeCom's web view opens pages from its own origin and hands results back; same-origin would cut it off.
    crossOriginOpenerPolicy: false,
    crossOriginEmbedderPolicy: false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: https ? { maxAge: year, includeSubDomains: false } : false,
    // frame-ancestors says it; X-Frame-Options cannot name the client's origins.
    xFrameOptions: frameAncestors.includes("'none'") ? { action: 'deny' } : false,
  })
}

export function securityHeaders(https: boolean): Middleware {
  const usual = policy(https, ["'none'"])
  const sidebar = policy(https, sidebarParents)
  return async (ctx, next) => {
    ctx.set('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=()')
    await (pageOf(ctx.path) === 'sidebar' ? sidebar : usual)(ctx, next)
  }
}
