/** The server as a browser sees it: who gets in, what is refused, and what every answer carries. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { virtualClock } from '../base/clock.ts'
import { OutsideFailure, Refusal } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import type { Problem } from './contract.ts'
import { createMetrics } from './metrics.ts'
import { parse } from './parse.ts'
import type { Answer, Call, Route } from './route.ts'
import { createHttp } from './server.ts'
import type { HttpServer, ServerParts } from './server.ts'

const staff = (roles: NonNullable<Call['staff']>['roles']): Call['staff'] => ({
  userid: 'lin',
  name: '林',
  roles,
})
const get = (path: string, access: Route['access'], handle: Route['handle']): Route => ({
  method: 'GET',
  path,
  access,
  handle,
})
const ok =
  (json: unknown = { ok: true }): (() => Promise<Answer>) =>
  () =>
    Promise.resolve({ json })

const routes: readonly Route[] = [
  get('/api/admin/thing', { kind: 'staff', roles: ['admin'] }, ok()),
  get('/api/public/thing', { kind: 'player' }, (call) => Promise.resolve({ json: { player: call.player } })),
  get('/api/open/bug', { kind: 'open' }, () => Promise.reject(new Error('the password is hunter2'))),
  get('/api/open/outside', { kind: 'open' }, () =>
    Promise.reject(new OutsideFailure('peer', { retryAfterMs: 1_500 })),
  ),
  get('/api/open/refused', { kind: 'open' }, () => Promise.reject(new Refusal('gone', '<b>没了</b>', 410))),
  get('/api/open/cookie', { kind: 'open' }, () =>
    Promise.resolve({ json: {}, cookies: [{ name: 'siyu_session', value: 'abc', maxAgeMs: 60_000 }] }),
  ),
  {
    method: 'POST',
    path: '/api/admin/things/:id',
    access: { kind: 'staff' },
    handle: (call) => {
      const { name } = parse(z.object({ name: z.string().min(1) }), call.body)
      return Promise.resolve({ json: { id: call.params['id'], name } })
    },
  },
  { method: 'POST', path: '/api/v1/events', access: { kind: 'key' }, handle: ok() },
]

let folder: string
const servers: HttpServer[] = []

async function start(more: Partial<ServerParts> = {}): Promise<string> {
  const server = createHttp({
    clock: virtualClock(1_000),
    log: createLog('silent'),
    routes,
    identities: {
      staff: (session) =>
        Promise.resolve(
          session === 'admin' ? staff(['admin']) : session === 'advisor' ? staff(['advisor']) : null,
        ),
      player: (cookie) => (cookie === 'sealed' ? 'wm1' : null),
    },
    checks: [],
    metrics: createMetrics(),
    pages: folder,
    publicUrl: 'http://127.0.0.1:1',
    trustProxy: false,
    eventsKey: 'k'.repeat(24),
    ...more,
  })
  servers.push(server)
  return (await server.listen(0, '127.0.0.1')).url
}

let url: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'siyu-pages-'))
  mkdirSync(join(folder, 'admin/assets'), { recursive: true })
  writeFileSync(join(folder, 'admin/index.html'), '<!doctype html><title>admin</title>')
  writeFileSync(join(folder, 'admin/assets/main-Ab3dEf9h.js'), 'void 0')
  url = await start()
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop(100)))
  rmSync(folder, { recursive: true, force: true })
})

const session = (value: string): Record<string, string> => ({ cookie: `siyu_session=${value}` })
const problem = async (answer: Response): Promise<Problem> => (await answer.json()) as Problem

describe('who may call', () => {
  it('lets nobody in without a session, says where to sign in, and tells a wrong role from no session', async () => {
    const anonymous = await fetch(`${url}/api/admin/thing`)
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('content-type')).toContain('application/problem+json')
    expect(await problem(anonymous)).toMatchObject({ code: 'sign-in', fix: '/api/auth/login?to=/admin/' })
    expect((await fetch(`${url}/api/admin/thing`, { headers: session('expired') })).status).toBe(401)
    const advisor = await fetch(`${url}/api/admin/thing`, { headers: session('advisor') })
    expect([advisor.status, (await problem(advisor)).code]).toEqual([403, 'forbidden'])
    expect((await fetch(`${url}/api/admin/thing`, { headers: session('admin') })).status).toBe(200)
  })

  it('knows a player by the sealed cookie only', async () => {
    expect((await fetch(`${url}/api/public/thing`)).status).toBe(401)
    expect((await fetch(`${url}/api/public/thing`, { headers: { cookie: 'siyu_player=wm1' } })).status).toBe(
      401,
    )
    const known = await fetch(`${url}/api/public/thing`, { headers: { cookie: 'siyu_player=sealed' } })
    expect(await known.json()).toEqual({ player: 'wm1' })
  })

  it('takes events with the right bearer key, and none when no key is configured', async () => {
    const post = async (base: string, key: string): Promise<number> =>
      (await fetch(`${base}/api/v1/events`, { method: 'POST', headers: { authorization: key } })).status
    expect(await post(url, '')).toBe(401)
    expect(await post(url, `Bearer ${'x'.repeat(24)}`)).toBe(401)
    expect(await post(url, `Bearer ${'k'.repeat(24)}`)).toBe(200)
    const keyless = await start({ eventsKey: undefined })
    expect(await post(keyless, 'Bearer ')).toBe(401)
  })
})

describe('what is refused', () => {
  const body = JSON.stringify({ name: 'a' })
  const post = (headers: Record<string, string>, content = body): Promise<Response> =>
    fetch(`${url}/api/admin/things/7`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: content,
    })

  it('a change by cookie without the header that foreign forms cannot set', async () => {
    const forged = await post(session('admin'))
    expect([forged.status, (await problem(forged)).code]).toEqual([403, 'csrf'])
    const own = await post({ ...session('admin'), 'x-requested-with': 'siyu' })
    expect(await own.json()).toEqual({ id: '7', name: 'a' })
  })

  it('bodies that are broken, too large or not as the schema says, each with its status', async () => {
    const headers = { ...session('admin'), 'x-requested-with': 'siyu' }
    expect((await post(headers, '{')).status).toBe(400)
    expect((await post(headers, JSON.stringify({ name: 'x'.repeat(1_100_000) }))).status).toBe(413)
    const wrong = await problem(await post(headers, '{"name":""}'))
    expect(wrong).toMatchObject({ code: 'invalid', status: 400 })
    expect(wrong.fix).toContain('name')
  })

  it('unknown addresses, as a problem below /api and as a page elsewhere', async () => {
    expect((await problem(await fetch(`${url}/api/nothing`))).code).toBe('not-found')
    const page = await fetch(`${url}/nothing`, { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  })
})

describe('errors', () => {
  it('of ours show no detail, the world’s say when to come back, and a page escapes what it shows', async () => {
    const bug = await fetch(`${url}/api/open/bug`)
    expect(bug.status).toBe(500)
    expect(await bug.text()).not.toContain('hunter2')
    const outside = await fetch(`${url}/api/open/outside`)
    expect([outside.status, outside.headers.get('retry-after')]).toEqual([503, '2'])
    const refused = await fetch(`${url}/api/open/refused`, { headers: { accept: 'text/html' } })
    expect(refused.status).toBe(410)
    expect(await refused.text()).toContain('&lt;b&gt;没了&lt;/b&gt;')
  })
})

describe('every answer', () => {
  it('carries the security headers; only the sidebar may be framed, and by WeCom alone', async () => {
    const admin = await fetch(`${url}/admin/`)
    const csp = admin.headers.get('content-security-policy') ?? ''
    expect(csp).toContain("default-src 'none'")
    expect(csp).toContain("script-src 'self';")
    expect(csp).toContain("frame-ancestors 'none'")
    expect(admin.headers.get('x-content-type-options')).toBe('nosniff')
    expect(admin.headers.get('x-frame-options')).toBe('DENY')
    expect(admin.headers.get('x-powered-by')).toBeNull()
    const sidebar = await fetch(`${url}/sidebar/`)
    expect(sidebar.headers.get('content-security-policy')).toContain('https://*.work.weixin.qq.com')
  })

  it('sets cookies HttpOnly and Lax, and on https with __Host- and Secure', async () => {
    const cookieOf = async (base: string): Promise<string> =>
      (await fetch(`${base}/api/open/cookie`)).headers.get('set-cookie') ?? ''
    expect(await cookieOf(url)).toBe('siyu_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax')
    const secure = await start({ publicUrl: 'https://siyu.example.com' })
    expect(await cookieOf(secure)).toBe(
      '__Host-siyu_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    )
    const plain = await fetch(`${secure}/api/admin/thing`, { headers: session('admin') })
    expect(plain.status).toBe(401)
  })
})

describe('pages', () => {
  it('are served with a fallback to the application, hashed assets for a year, the document never from cache', async () => {
    const root = await fetch(url, { redirect: 'manual' })
    expect([root.status, root.headers.get('location')]).toEqual([302, '/admin/'])
    const deep = await fetch(`${url}/admin/customers/c1`)
    expect(await deep.text()).toContain('<title>admin</title>')
    expect(deep.headers.get('cache-control')).toBe('no-cache')
    const asset = await fetch(`${url}/admin/assets/main-Ab3dEf9h.js`)
    expect(asset.headers.get('cache-control')).toBe('max-age=31536000,immutable')
    expect((await fetch(`${url}/admin/assets/missing.js`)).status).toBe(404)
    expect((await fetch(`${url}/admin/..%2f..%2fetc/passwd`)).status).toBeGreaterThanOrEqual(400)
    const again = await fetch(`${url}/admin/`, {
      headers: {
        'if-modified-since': deep.headers.get('last-modified') ?? '',
        // Else fetch adds no-cache by itself, which asks for the whole page.
        'cache-control': 'max-age=0',
      },
    })
    expect(again.status).toBe(304)
  })

  it('that were never built say so', async () => {
    const missing = await fetch(`${url}/sidebar/`)
    expect(missing.status).toBe(503)
    expect(await missing.text()).toContain('npm run build')
  })
})

describe('probes', () => {
  it('name what is missing; only the database makes the server not ready', async () => {
    const check = (name: string, vital: boolean, why: string | null) => ({
      name,
      vital,
      missing: () => Promise.resolve(why),
    })
    const wecomGone = await start({
      checks: [check('database', true, null), check('wecom', false, 'no token')],
    })
    const answer = await fetch(`${wecomGone}/readyz`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ ready: true, missing: [{ name: 'wecom', why: 'no token' }] })
    const databaseGone = await start({
      checks: [
        { name: 'database', vital: true, missing: () => Promise.reject(new Error('connection refused')) },
      ],
    })
    expect((await fetch(`${databaseGone}/readyz`)).status).toBe(503)
    expect((await fetch(`${databaseGone}/livez`)).status).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('siyu_http_request_seconds_count')
  })
})
