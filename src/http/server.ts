/**
 * The only file that turns routes into a Koa application. Before it stands the callback door (hot, raw); then, from outside
 * in: one error door, security headers, probes, routes behind their access rules, pages.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import type { Context, Middleware } from 'koa'
import compress from 'koa-compress'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { CallbackDoor } from './callback.ts'
import { admit, cookieName, playerCookie, sessionCookie } from './guard.ts'
import type { Identities } from './guard.ts'
import { securityHeaders } from './headers.ts'
import { readiness } from './health.ts'
import type { Check } from './health.ts'
import type { Metrics } from './metrics.ts'
import { refuseNul } from './parse.ts'
import { problemPage, troubleOf } from './problem.ts'
import type { Answer, Call, Route } from './route.ts'
import { servePages } from './static.ts'

export interface ServerParts {
  readonly clock: Clock
  readonly log: Log
  readonly routes: readonly Route[]
  readonly identities: Identities
  readonly checks: readonly Check[]
  readonly metrics: Metrics
  /** Folder of the built pages, `dist/web`; null in a process that answers to probes only. */
  readonly pages: string | null
  readonly publicUrl: string
  readonly trustProxy: boolean
  readonly eventsKey: string | undefined
  readonly callback?: CallbackDoor
}

export interface HttpServer {
  /** Resolves with the address it listens at. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>
  /** Lets running requests finish, at most `graceMs`, then closes what is left. */
  stop(graceMs?: number): Promise<void>
  /** One request, whatever it came in by. */
  answer(req: IncomingMessage, res: ServerResponse): void
  /** Requests being answered now. */
  busy(): boolean
}

const jsonLimit = '1mb'
/** A full batch of a thousand events with their items. */
const eventsLimit = '2mb'
const eventsPath = '/api/v1/events'
/** A file of twenty megabytes in base64. */
const mediaLimit = '28mb'
const mediaPath = '/api/admin/media'
const defaultGraceMs = 10_000

export function createHttp(parts: ServerParts): HttpServer {
  let running = 0
  let stopping = false
  const app = createApp(parts)
  const handle = app.callback()
  const { callback } = parts
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    running += 1
    if (stopping) res.setHeader('Connection', 'close')
    res.once('close', () => {
      running -= 1
    })
    if (callback?.takes(req)) void callback.answer(req, res, () => app.createContext(req, res).ip)
    else void handle(req, res)
  }
  const server = createServer(answer)
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 65_000
  return {
    answer,
    busy: () => running > 0,
    listen: (port, host) => listen(server, port, host),
    async stop(graceMs = defaultGraceMs) {
      stopping = true
      if (!server.listening) return
      const closed = new Promise<void>((ok) => server.close(() => ok()))
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(late)
    },
  }
}

const listen = (server: Server, port: number, host: string): Promise<{ port: number; url: string }> =>
  new Promise((ok, fail) => {
    server.once('error', fail)
    server.listen(port, host, () => {
      server.removeListener('error', fail)
      const { port: actual } = server.address() as AddressInfo
      const name = host.includes(':') ? `[${host}]` : host
      ok({ port: actual, url: `http://${name}:${String(actual)}` })
    })
  })

function createApp(parts: ServerParts): Koa {
  const app = new Koa({ proxy: parts.trustProxy, maxIpsCount: 1 })
  const https = parts.publicUrl.startsWith('https:')
  // Anything that gets past the error door is ours, for example a broken pipe while writing.
  app.on('error', (error: unknown) => parts.log.warn({ err: error }, 'a connection ended in the middle'))
  app.use(errorDoor(parts))
  app.use(securityHeaders(https))
  app.use(probes(parts))
  app.use(compress({ threshold: 1024 }))
  const router = routerOf(parts, https)
  app.use(router.routes())
  if (parts.pages === null) {
    app.use(noWebRole)
    return app
  }
  app.use(noSuchApi)
  app.use(servePages(parts.pages))
  app.use((ctx) => {
    if (ctx.path === '/') ctx.redirect('/admin/')
    else throw new Refusal('not-found', '没有这个页面', 404)
  })
  return app
}

const requestIdOf = (ctx: Context, trusted: boolean): string => {
  const given = ctx.get('X-Request-Id')
  return trusted && /^[A-Za-z0-9_-]{8,64}$/.test(given) ? given : randomUUID()
}

function errorDoor(parts: ServerParts): Middleware {
  return async (ctx, next) => {
    const startedAt = parts.clock.steady()
    const requestId = requestIdOf(ctx, parts.trustProxy)
    ctx.state['requestId'] = requestId
    ctx.set('X-Request-Id', requestId)
    try {
      await next()
    } catch (error) {
      const trouble = troubleOf(asRefusal(error), requestId)
      const { problem } = trouble
      const line = { requestId, method: ctx.method, path: ctx.path, status: problem.status, err: error }
      parts.log[trouble.level](line, problem.message)
      ctx.status = problem.status
      if (trouble.retryAfterMs !== undefined)
        ctx.set('Retry-After', String(Math.ceil(trouble.retryAfterMs / 1000)))
      ctx.set('Cache-Control', 'no-store')
      if (ctx.method === 'GET' && ctx.accepts('json', 'html') === 'html') {
        ctx.type = 'html'
        ctx.body = problemPage(problem)
      } else {
        ctx.body = JSON.stringify(problem)
        ctx.type = 'application/problem+json'
      }
    } finally {
      const route = String(ctx.state['route'] ?? 'other')
      parts.metrics.request(ctx.method, route, ctx.status, (parts.clock.steady() - startedAt) / 1000)
    }
  }
}

/** Koa's own throws (a body too large, a bad escape in the path) are the caller's trouble. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refusal || !('status' in error)) return error
  const { status } = error
  if (typeof status !== 'number' || status < 400 || status > 499) return error
  if (status === 413) return new Refusal('too-large', '提交的内容太大', 413)
  return new Refusal('invalid', '请求无法识别', status, { fix: error.message })
}

function probes(parts: ServerParts): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next()
    switch (ctx.path) {
      case '/livez':
        ctx.body = 'ok'
        break
      case '/readyz': {
        const { ready, missing } = await readiness(parts.checks)
        ctx.status = ready ? 200 : 503
        ctx.body = { ready, missing }
        break
      }
      case '/metrics':
        ctx.body = await parts.metrics.text()
        ctx.type = parts.metrics.contentType
        break
      default:
        return next()
    }
    ctx.state['route'] = ctx.path
    ctx.set('Cache-Control', 'no-store')
    return undefined
  }
}

function routerOf(parts: ServerParts, https: boolean): Router {
  const router = new Router()
  const json = bodyParser({ enableTypes: ['json'], jsonLimit })
  const larger = new Map(
    [
      { path: eventsPath, jsonLimit: eventsLimit },
      { path: mediaPath, jsonLimit: mediaLimit },
    ].map(({ path, jsonLimit }) => [path, bodyParser({ enableTypes: ['json'], jsonLimit })]),
  )
  for (const route of parts.routes) {
    const body = larger.get(route.path) ?? json
    router.register(route.path, [route.method], async (ctx: Context) => {
      ctx.state['route'] = route.path
      const now = parts.clock.now()
      const cookie = (name: string): string | undefined => ctx.cookies.get(cookieName(name, https))
      const who = await admit(
        route.access,
        {
          method: ctx.method,
          path: ctx.path,
          session: cookie(sessionCookie),
          player: cookie(playerCookie),
          authorization: ctx.get('Authorization') || undefined,
          requestedWith: ctx.get('X-Requested-With') || undefined,
        },
        parts.identities,
        parts.eventsKey,
        now,
      )
      // The body is read only now, so that nobody makes us hold a megabyte without being let in.
      await body(ctx, () => Promise.resolve())
      const call = callOf(ctx, who, cookie, now)
      refuseNul(call.params, call.query, call.body)
      write(ctx, await route.handle(call), https)
    })
  }
  return router
}

function callOf(
  ctx: Context,
  who: Pick<Call, 'staff' | 'player'>,
  cookie: (name: string) => string | undefined,
  now: number,
): Call {
  return {
    ...who,
    params: (ctx as Context & { params: Record<string, string> }).params,
    query: ctx.query,
    body: ctx.request.body,
    cookies: { get: cookie },
    requestId: String(ctx.state['requestId']),
    ip: ctx.ip,
    userAgent: ctx.get('User-Agent'),
    now,
  }
}

/** By hand, because behind a proxy the connection itself is plain http and Koa would refuse the Secure mark. */
function setCookie(
  { name, value, maxAgeMs }: NonNullable<Answer['cookies']>[number],
  https: boolean,
): string {
  if (value !== null && !/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(value))
    throw new TypeError(`The value of the cookie ${name} holds characters a cookie cannot carry.`)
  const age = value === null ? 0 : maxAgeMs === undefined ? undefined : Math.floor(maxAgeMs / 1000)
  return [
    `${cookieName(name, https)}=${value ?? ''}`,
    'Path=/',
    ...(age === undefined ? [] : [`Max-Age=${String(age)}`]),
    'HttpOnly',
    'SameSite=Lax',
    ...(https ? ['Secure'] : []),
  ].join('; ')
}

function write(ctx: Context, answer: Answer, https: boolean): void {
  // Answers are about persons: no cache may keep them unless the route says otherwise.
  ctx.set('Cache-Control', 'no-store')
  for (const [name, value] of Object.entries(answer.headers ?? {})) ctx.set(name, value)
  const cookies = (answer.cookies ?? []).map((cookie) => setCookie(cookie, https))
  if (cookies.length > 0) ctx.append('Set-Cookie', cookies)
  if (answer.redirect !== undefined) {
    ctx.status = answer.status ?? 302
    ctx.set('Location', answer.redirect)
    ctx.body = ''
    return
  }
  ctx.status = answer.status ?? 200
  if (answer.file !== undefined) {
    ctx.type = answer.file.type
    ctx.body = answer.file.bytes
  } else if (answer.html !== undefined) {
    ctx.type = 'html'
    ctx.body = answer.html
  } else if (answer.text !== undefined) {
    ctx.type = 'text/plain; charset=utf-8'
    ctx.body = answer.text
  } else if (answer.json !== undefined) {
    ctx.body = JSON.stringify(answer.json)
    ctx.type = 'application/json; charset=utf-8'
  } else {
    ctx.status = answer.status ?? 204
  }
}

/** A balancer that sends callbacks or people here is wrongly set up, and should hear so. */
const noWebRole: Middleware = () => {
  throw new Refusal('no-web-role', '这个进程不提供页面和接口', 503, {
    fix: '请把请求转到 SIYU_ROLES 包含 web 的进程；这里只有 /livez、/readyz 和 /metrics',
  })
}

const noSuchApi: Middleware = (ctx, next) => {
  if (/^\/(api|wecom)(\/|$)/.test(ctx.path))
    throw new Refusal('not-found', '没有这个接口', 404, { fix: '请检查地址和请求方法' })
  return next()
}
