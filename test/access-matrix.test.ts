/**
 * Who may call what, on the real server: each route with each kind of caller against a table written by hand. A route
 * that is not in the table fails, and so does a line of the table without a route.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes } from '../src/base/clock.ts'
import type { Core } from '../src/core.ts'
import { createLog } from '../src/base/log.ts'
import { linkKey } from '../src/content/index.ts'
import type { Role } from '../src/http/contract.ts'
import { png } from '../src/content/media-samples.ts'
import { admit } from '../src/http/guard.ts'
import { openApiOf, templateOf } from '../src/http/openapi/document.ts'
import type { Method, OpenApi } from '../src/http/openapi/document.ts'
import type { Route } from '../src/http/route.ts'
import { routesOf } from '../src/routes.ts'
import { createApi, createClient, createMedia, createSync, createWays } from '../src/wecom/index.ts'
import { openClient, openBrowserOf } from './e2e/client.ts'
import { ask, customersOf, openWorld, signIn, thursday, waitingTasks } from './e2e/world.ts'
import type { Asking, TaskRow, World } from './e2e/world.ts'
import { fitsNot } from './schema-fit.ts'
import { openBrowser } from './web/browser.ts'
import { ensureBuilt } from './web/h5-serve.ts'

const hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>'

let world: World
let routes: readonly Route[]
/** A note that waits for `advisor`. */
let task: TaskRow
let heldBy: Record<Caller, Asking>

const callers = [
  'anonymous',
  'player',
  'advisor',
  'other advisor',
  'administrator',
  'expired',
  'departed',
] as const
type Caller = (typeof callers)[number]

const keyOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

beforeAll(async () => {
  // Half the shop bears a name that wants to be markup.
  world = await openWorld({
    until: thursday,
    shop: (shop) => ({
      ...shop,
      customers: shop.customers.map((one, i) => (i % 2 === 0 ? { ...one, name: hostile } : one)),
    }),
  })
  const core = world.app.importParts as Core
  const { env, clock } = core
  const api = createApi(createClient(env.wecom, { clock, onCall: () => undefined }))
  const log = createLog('silent')
  routes = routesOf({
    core,
    api,
    media: createMedia({ ...core, api, log }),
    sync: createSync({ ...core, api, log }),
    ways: createWays({ ...core, api, log, lookDelaysMs: [], restored: () => Promise.resolve(false) }),
    log,
    links: { publicUrl: env.publicUrl, key: linkKey(env.masterKey) },
  })

  const tasks = (await waitingTasks(world)).filter(({ sender }) => sender !== world.admin)
  const [first] = tasks
  if (!first) throw new Error('no note waits')
  task = first
  const [other, leaver] = world.shop.staff.filter(
    ({ userid }) => userid !== task.sender && userid !== world.admin,
  )
  const expired = await signIn(world, 'staff', world.admin)
  await world.until(world.clock.now() + minutes(31))
  const departed = await signIn(world, 'staff', leaver?.userid ?? '')
  world.simulator.world.removeStaff(leaver?.userid ?? '')
  await world.settle()
  heldBy = {
    anonymous: {},
    player: { player: await signIn(world, 'player', task.subject) },
    advisor: { session: await signIn(world, 'staff', task.sender) },
    'other advisor': { session: await signIn(world, 'staff', other?.userid ?? '') },
    administrator: { session: await signIn(world, 'staff', world.admin) },
    expired: { session: expired },
    departed: { session: departed },
  }
}, 240_000)
afterAll(() => world?.close())

// ---------------------------------------------------------------- S1

type Row = readonly [number, number, number, number, number, number, number]
const row = (all: number): Row => [all, all, all, all, all, all, all]
/** In the order of `callers`. */
const console: Row = [401, 401, 403, 403, 200, 401, 401]
/** What is asked for does not exist; only those who may ask learn that. */
const missing: Row = [401, 401, 403, 403, 404, 401, 401]
const staff: Row = [401, 401, 200, 200, 200, 401, 401]
/** Somebody else's customer or task does not exist, for an administrator's sidebar neither. */
const owner: Row = [401, 401, 200, 404, 404, 401, 401]
const player: Row = [401, 200, 401, 401, 401, 401, 401]

/** What admits answers 4xx here only where the request itself says nothing useful (no state, an empty publication). */
const table = (): Readonly<
  Record<string, { readonly path?: string; readonly body?: unknown; readonly row: Row }>
> => ({
  'GET /openapi.json': { row: row(200) },
  'GET /docs': { row: row(200) },
  'GET /api/auth/login': { row: row(302) },
  'GET /api/auth/callback': { row: row(400) },
  'GET /api/public/login': { row: row(302) },
  'GET /api/public/callback': { row: row(400) },
  'GET /api/admin/me': { row: console },
  'GET /api/admin/overview': { row: console },
  'GET /api/admin/first-buyers': { row: console },
  'GET /api/admin/customers': { row: console },
  'GET /api/admin/customers/:id': { path: `/api/admin/customers/${task.customer}`, row: console },
  'GET /api/admin/customers/:id/touchpoints': {
    path: `/api/admin/customers/${task.customer}/touchpoints`,
    row: console,
  },
  'GET /api/admin/customers/:id/moves': {
    path: `/api/admin/customers/${task.customer}/moves`,
    row: console,
  },
  'GET /api/admin/tier-moves': { path: '/api/admin/tier-moves?from=2026-05-01', row: console },
  'GET /api/admin/identity-conflicts': { row: console },
  'POST /api/admin/customers/:id/merge': {
    path: '/api/admin/customers/nobody/merge',
    body: { other: 'nobody-else', reason: '核对' },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'POST /api/admin/customers/:id/keep-apart': {
    path: '/api/admin/customers/nobody/keep-apart',
    body: { other: 'nobody-else', reason: '核对' },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'POST /api/admin/customers/:id/unmerge': {
    path: '/api/admin/customers/nobody/unmerge',
    body: { reason: '核对' },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/named-advisors': { row: console },
  'PUT /api/admin/customers/:id/named-advisor': {
    path: '/api/admin/customers/nobody/named-advisor',
    body: { staff: null },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/calendar': { row: console },
  'GET /api/admin/calendar/entries': {
    path: '/api/admin/calendar/entries?day=2026-05-20&touchpoint=weekly-note',
    row: console,
  },
  'GET /api/admin/cadence': { row: console },
  'GET /api/admin/cadence/versions': { row: console },
  'POST /api/admin/cadence/validate': { body: { yaml: 'shop: {}' }, row: console },
  'POST /api/admin/cadence/diff': { body: { yaml: ':' }, row: [401, 401, 403, 403, 422, 401, 401] },
  'GET /api/admin/cadence/versions/:version': { path: '/api/admin/cadence/versions/1', row: console },
  'GET /api/admin/cadence/schema': { row: console },
  'POST /api/admin/cadence/versions/:version/rollback': {
    path: '/api/admin/cadence/versions/77/rollback',
    body: {},
    row: missing,
  },
  'GET /api/admin/cadence/drafts': { row: console },
  'GET /api/admin/cadence/drafts/:id': { path: '/api/admin/cadence/drafts/none', row: missing },
  'POST /api/admin/cadence/drafts': { body: {}, row: [401, 401, 403, 403, 400, 401, 401] },
  ...Object.fromEntries(
    ['submit', 'withdraw', 'rebase', 'publish', 'approve', 'reject'].map((deed) => [
      `POST /api/admin/cadence/drafts/:id/${deed}`,
      {
        path: `/api/admin/cadence/drafts/none/${deed}`,
        body: { epoch: 1, hash: 'a'.repeat(64), words: '核对' },
        row: missing,
      },
    ]),
  ),
  'GET /api/admin/audit': { row: console },
  'GET /api/admin/audit/verify': { row: console },
  'GET /api/admin/staff': { row: console },
  'PUT /api/admin/staff/:userid/roles': {
    path: '/api/admin/staff/nobody/roles',
    body: { roles: [] },
    row: missing,
  },
  'POST /api/admin/cadence/publish': { body: {}, row: [401, 401, 403, 403, 400, 401, 401] },
  'GET /api/admin/audience/fields': { row: console },
  'POST /api/admin/audience/preview': { body: { rule: { combinator: 'and', rules: [] } }, row: console },
  'POST /api/admin/audience/explain': {
    body: { rule: { combinator: 'and', rules: [] }, customer: task.customer },
    row: console,
  },
  'GET /api/admin/audiences': { row: console },
  'PUT /api/admin/audiences/:name': {
    path: '/api/admin/audiences/everybody',
    body: { title: '所有客户', rule: { combinator: 'and', rules: [] }, baseVersion: 0 },
    row: console,
  },
  'GET /api/admin/audiences/:name': { path: '/api/admin/audiences/everybody', row: console },
  'DELETE /api/admin/audiences/:name': { path: '/api/admin/audiences/everybody', row: console },
  'GET /api/admin/deliveries': { row: console },
  'POST /api/admin/deliveries/:id/resolve': {
    path: '/api/admin/deliveries/no-such-promise/resolve',
    body: { verdict: 'cancel' },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/campaigns': { row: console },
  'GET /api/admin/campaigns/:name': {
    path: '/api/admin/campaigns/nothing',
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/experiments': { row: console },
  'GET /api/admin/experiments/:name': {
    path: '/api/admin/experiments/nothing',
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/experiments/:name/draft': {
    path: '/api/admin/experiments/nothing/draft?arm=b',
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'POST /api/admin/experiments/:name/decide': {
    path: '/api/admin/experiments/nothing/decide',
    body: { how: 'stopped', why: '核对' },
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'GET /api/admin/games': { row: console },
  'POST /api/admin/media': {
    body: { filename: '封面.png', data: png(1, 1).toString('base64') },
    row: console,
  },
  'GET /api/admin/media': { row: console },
  'GET /api/admin/media/:name/picture': { path: '/api/admin/media/%E5%B0%81%E9%9D%A2/picture', row: console },
  'DELETE /api/admin/media/:name': { path: '/api/admin/media/%E5%B0%81%E9%9D%A2', row: console },
  'GET /api/admin/tags': { row: console },
  'POST /api/admin/ways': {
    body: { kind: 'contact', name: '包裹卡', mark: 'parcel-card', staff: [task.sender], tags: ['包裹卡'] },
    row: console,
  },
  'GET /api/admin/ways': { row: console },
  'POST /api/admin/ways/compare': { row: console },
  'POST /api/admin/ways/adopt': {
    body: { kind: 'contact', remoteId: 'nothing', name: '门店' },
    row: missing,
  },
  'PUT /api/admin/ways/:id': { path: '/api/admin/ways/nothing', body: { name: '门店' }, row: missing },
  'POST /api/admin/ways/:id/end': { path: '/api/admin/ways/nothing/end', row: missing },
  'POST /api/admin/ways/:id/again': { path: '/api/admin/ways/nothing/again', row: missing },
  'GET /api/admin/ways/:id/picture': { path: '/api/admin/ways/nothing/picture', row: missing },
  'GET /api/admin/wecom': { row: console },
  'POST /api/admin/wecom/compare': { body: { agree: true }, row: [401, 401, 403, 403, 409, 401, 401] },
  'POST /api/admin/restore/confirm': { body: { reason: '已核对' }, row: [401, 401, 403, 403, 409, 401, 401] },
  'POST /api/admin/touchpoints/:name/try': {
    path: '/api/admin/touchpoints/no-such-touchpoint/try',
    body: {},
    row: [401, 401, 403, 403, 404, 401, 401],
  },
  'POST /api/admin/pause': { body: { reason: '核对价格' }, row: console },
  'POST /api/admin/resume': { body: { reason: '已核对' }, row: console },
  'GET /api/admin/manners': { row: console },
  'POST /api/admin/leaves': {
    body: { staff: world.admin, from: '2026-01-01', to: '2026-01-01' },
    row: console,
  },
  'POST /api/admin/leaves/end': { body: { staff: world.admin, from: '2026-01-01' }, row: console },
  'POST /api/admin/quota/confirm': { row: console },
  'GET /api/sidebar/me': { row: staff },
  'GET /api/sidebar/jssdk': {
    path: `/api/sidebar/jssdk?url=${encodeURIComponent(`${world.url}/sidebar/`)}`,
    row: staff,
  },
  'GET /api/sidebar/today': { row: staff },
  'GET /api/sidebar/customers/:external': { path: `/api/sidebar/customers/${task.subject}`, row: owner },
  'GET /api/sidebar/promises/:id/messages': { path: `/api/sidebar/promises/${task.id}/messages`, row: owner },
  // Nothing goes along with it, so there is no picture for anybody.
  'GET /api/sidebar/promises/:id/pictures/:name': {
    path: `/api/sidebar/promises/${task.id}/pictures/%E5%B0%81%E9%9D%A2`,
    row: [401, 401, 404, 404, 404, 401, 401],
  },
  'POST /api/sidebar/promises/:id/intent': {
    path: `/api/sidebar/promises/${task.id}/intent`,
    body: { text: '您好' },
    row: owner,
  },
  'POST /api/sidebar/promises/:id/settle': {
    path: `/api/sidebar/promises/${task.id}/settle`,
    body: { result: 'not-sent' },
    row: owner,
  },
  'POST /api/sidebar/promises/:id/call': {
    path: `/api/sidebar/promises/${task.id}/call`,
    // A message, not a call: its own advisor is told so, everybody else knows of no such task.
    body: { outcome: 'not-reached' },
    row: [401, 401, 409, 404, 404, 401, 401],
  },
  'POST /api/sidebar/promises/:id/skip': {
    path: `/api/sidebar/promises/${task.id}/skip`,
    body: { reason: '刚聊过' },
    row: owner,
  },
  'POST /api/sidebar/customers/:external/opt-out': {
    path: `/api/sidebar/customers/${task.subject}/opt-out`,
    body: {},
    row: owner,
  },
  'POST /api/sidebar/customers/:external/opt-in': {
    path: `/api/sidebar/customers/${task.subject}/opt-in`,
    body: {},
    row: owner,
  },
  // Any advisor may look up and redeem a code she is shown; this one is nobody's.
  'GET /api/sidebar/coupons/:code': {
    path: '/api/sidebar/coupons/ABCDEFGHJK',
    row: [401, 401, 404, 404, 404, 401, 401],
  },
  'POST /api/sidebar/coupons/:code/redeem': {
    path: '/api/sidebar/coupons/ABCDEFGHJK/redeem',
    body: { key: 'tap-00001' },
    row: [401, 401, 404, 404, 404, 401, 401],
  },
  'GET /api/sidebar/coupon-templates': { row: staff },
  'POST /api/sidebar/customers/:external/coupons': {
    path: `/api/sidebar/customers/${task.subject}/coupons`,
    body: { template: 'care-20', key: 'tap-00001' },
    row: owner,
  },
  'POST /api/v1/coupons/lock': { body: {}, row: row(401) },
  'POST /api/v1/coupons/release': { body: {}, row: row(401) },
  'GET /h5/r/:code': { path: '/h5/r/ABCDEFGH', row: row(302) },
  'GET /api/public/referral': { row: player },
  'POST /api/v1/events': { body: { events: [] }, row: row(401) },
  'POST /api/v1/group-messages': { body: {}, row: row(401) },
  'GET /h5/l/:token': { path: groupPath(), row: row(302) },
  'GET /api/public/me': { row: player },
  'POST /api/public/sign-in': { row: player },
  'POST /api/public/free-shipping': { body: { key: 'tap-00001' }, row: player },
  // She has no points yet: refused for that, after she was let in.
  'POST /api/public/donations': {
    body: { points: 10, key: 'tap-00001' },
    row: [401, 409, 401, 401, 401, 401, 401],
  },
  'GET /api/public/subscription': { row: player },
  'PUT /api/public/subscription': { body: { marketing: true }, row: player },
  'GET /api/public/games/:id': { path: '/api/public/games/poll-2026-W21', row: player },
  'POST /api/public/games/:id/play': {
    path: '/api/public/games/poll-2026-W21/play',
    body: { choices: ['gift'] },
    row: player,
  },
  // Last: it ends the sessions of everybody.
  'POST /api/auth/logout': { body: {}, row: row(200) },
})

function groupPath(): string {
  const link = world.simulator
    .ledger()
    .flatMap(({ links }) => links)
    .find((one) => one.includes('/l/b.'))
  return new URL(link ?? '', world.url).pathname
}

const pathOf = (key: string, path: string | undefined): string => path ?? key.slice(key.indexOf(' ') + 1)
const methodOf = (key: string): string => key.slice(0, key.indexOf(' '))

describe('who may call what', () => {
  it('names every route once, each with its access', () => {
    expect(routes.map(keyOf).sort()).toEqual(Object.keys(table()).sort())
    for (const route of routes) expect(['open', 'staff', 'player', 'key']).toContain(route.access.kind)
    const open = routes.filter(({ access }) => access.kind === 'open').map(keyOf)
    expect(open.sort()).toEqual([
      'GET /api/auth/callback',
      'GET /api/auth/login',
      'GET /api/public/callback',
      'GET /api/public/login',
      'GET /docs',
      'GET /h5/l/:token',
      'GET /h5/r/:code',
      'GET /openapi.json',
      'POST /api/auth/logout',
    ])
  })

  it('lets no single role do what belongs to another', async () => {
    const roles: readonly Role[] = ['admin', 'operator', 'approver', 'analyst', 'advisor']
    const mayCall = async (role: Role, route: Route): Promise<boolean> => {
      const call = admit(
        route.access,
        {
          method: route.method,
          path: route.path,
          session: 'hers',
          player: undefined,
          authorization: undefined,
          requestedWith: 'siyu',
        },
        { staff: () => Promise.resolve({ userid: 'one', name: '一', roles: [role] }), player: () => null },
        world.eventsKey,
        0,
      )
      return call.then(
        () => true,
        () => false,
      )
    }
    const restricted: Record<string, Role[]> = {}
    for (const route of routes) {
      if (route.access.kind !== 'staff') continue
      const allowed: Role[] = []
      for (const role of roles) if (await mayCall(role, route)) allowed.push(role)
      restricted[keyOf(route)] = allowed
    }
    const consoleRoles = ['admin', 'operator', 'approver', 'analyst']
    const writers: Record<string, string[]> = {
      'POST /api/admin/cadence/publish': ['admin', 'approver'],
      'POST /api/admin/experiments/:name/decide': ['admin', 'approver'],
      'POST /api/admin/cadence/versions/:version/rollback': ['admin', 'approver'],
      'POST /api/admin/cadence/drafts': ['admin', 'operator', 'approver'],
      'POST /api/admin/cadence/drafts/:id/submit': ['admin', 'operator', 'approver'],
      'POST /api/admin/cadence/drafts/:id/withdraw': ['admin', 'operator', 'approver'],
      'POST /api/admin/cadence/drafts/:id/rebase': ['admin', 'operator', 'approver'],
      'POST /api/admin/cadence/drafts/:id/publish': ['admin', 'approver'],
      'POST /api/admin/cadence/drafts/:id/approve': ['admin', 'approver'],
      'POST /api/admin/cadence/drafts/:id/reject': ['admin', 'approver'],
      'GET /api/admin/audit': ['admin', 'approver', 'analyst'],
      'GET /api/admin/audit/verify': ['admin', 'approver', 'analyst'],
      'GET /api/admin/staff': ['admin'],
      'PUT /api/admin/staff/:userid/roles': ['admin'],
      'POST /api/admin/deliveries/:id/resolve': ['admin', 'operator'],
      'POST /api/admin/restore/confirm': ['admin'],
      'POST /api/admin/wecom/compare': ['admin'],
      'POST /api/admin/customers/:id/merge': ['admin', 'operator'],
      'POST /api/admin/customers/:id/keep-apart': ['admin', 'operator'],
      'POST /api/admin/customers/:id/unmerge': ['admin', 'operator'],
      'PUT /api/admin/customers/:id/named-advisor': ['admin', 'operator'],
      'PUT /api/admin/audiences/:name': ['admin', 'operator'],
      'DELETE /api/admin/audiences/:name': ['admin', 'operator'],
      'POST /api/admin/touchpoints/:name/try': ['admin', 'operator', 'approver'],
      'POST /api/admin/media': ['admin', 'operator'],
      'DELETE /api/admin/media/:name': ['admin', 'operator'],
      'POST /api/admin/ways': ['admin', 'operator'],
      'POST /api/admin/ways/compare': ['admin', 'operator'],
      'POST /api/admin/ways/adopt': ['admin', 'operator'],
      'PUT /api/admin/ways/:id': ['admin', 'operator'],
      'POST /api/admin/ways/:id/end': ['admin', 'operator'],
      'POST /api/admin/ways/:id/again': ['admin', 'operator'],
      'POST /api/admin/pause': ['admin', 'operator'],
      'POST /api/admin/resume': ['admin', 'operator'],
      'POST /api/admin/leaves': ['admin', 'operator'],
      'POST /api/admin/leaves/end': ['admin', 'operator'],
      'POST /api/admin/quota/confirm': ['admin', 'operator'],
    }
    for (const [key, allowed] of Object.entries(restricted))
      expect([key, allowed]).toEqual([
        key,
        writers[key] ?? (key.includes('/api/admin/') ? consoleRoles : [...roles]),
      ])
  })

  it('refuses a write that a foreign page could have made, before anything else happens', async () => {
    for (const [key, { path, body }] of Object.entries(table())) {
      if (methodOf(key) === 'GET' || key.includes('/api/v1/')) continue
      const as = key.includes('/api/public/')
        ? heldBy.player
        : heldBy[key.includes('/admin/') ? 'administrator' : 'advisor']
      const forged = { ...as, ...(body === undefined ? {} : { body }), headers: { 'x-requested-with': '' } }
      const answer = await ask(world, methodOf(key), pathOf(key, path), forged)
      expect([key, answer.status, (answer.body as { code?: string }).code]).toEqual([key, 403, 'csrf'])
    }
  })

  it('takes the events key and no other', async () => {
    for (const path of ['/api/v1/events', '/api/v1/group-messages', '/api/v1/coupons/lock']) {
      const withKey = (key: string) =>
        ask(world, 'POST', path, { body: {}, headers: { authorization: `Bearer ${key}` } })
      expect((await withKey(world.eventsKey)).status).toBe(400)
      expect((await withKey(`${world.eventsKey}x`)).status).toBe(401)
      expect((await withKey('')).status).toBe(401)
    }
  })

  it('knows no customer, promise, game or page by an id that is not hers to see', async () => {
    const foreign = (await customersOf(world, 'mid', 40)).find(({ staff: hers }) => hers !== task.sender)
    const { advisor, player: member, administrator } = heldBy
    const gone: readonly (readonly [string, string, Asking])[] = [
      ['GET', `/api/sidebar/customers/${foreign?.external ?? ''}`, advisor],
      ['POST', `/api/sidebar/customers/${foreign?.external ?? ''}/opt-out`, { ...advisor, body: {} }],
      ['GET', '/api/sidebar/customers/wm-nobody', advisor],
      ['POST', '/api/sidebar/promises/nothing/intent', { ...advisor, body: { text: '好' } }],
      ['GET', '/api/admin/customers/c000000000000000000000000', administrator],
      ['GET', '/api/public/games/nothing', member],
      ['GET', '/api/admin/no-such-thing', administrator],
      ['DELETE', '/api/admin/customers', administrator],
    ]
    for (const [method, path, asking] of gone)
      expect([path, (await ask(world, method, path, asking)).status]).toEqual([path, 404])
  })

  // Bulk reading and injection need a living session: before the table ends them all.
  describe('words that want to be something else', () => {
    const injections = [
      `'; drop table customer; --`,
      `%' or '1'='1`,
      '$1',
      '\\',
      '%',
      '_',
      '\u0000',
      '__proto__',
      'constructor',
      '${7*7}{{7*7}}',
      'x'.repeat(64),
    ]
    const lists: readonly (readonly [string, readonly string[]])[] = [
      ['/api/admin/customers', ['query', 'tier', 'page', 'size', 'sort', 'order']],
      ['/api/admin/deliveries', ['query', 'state', 'touchpoint', 'decision', 'page', 'size', 'sort']],
      ['/api/admin/calendar', ['from', 'days']],
      [
        '/api/admin/calendar/entries?day=2026-05-20&touchpoint=weekly-note',
        ['touchpoint', 'reason', 'decision', 'page'],
      ],
    ]

    it('break no list and find nobody they do not name', async () => {
      for (const [path, fields] of lists)
        for (const field of fields)
          for (const value of injections) {
            const url = `${path}${path.includes('?') ? '&' : '?'}${field}=${encodeURIComponent(value)}`
            const { status } = await ask(world, 'GET', url, heldBy.administrator)
            expect([url, status < 500]).toEqual([url, true])
          }
      const [{ n }] = (await world.rows<{ n: number }>('select count(*) as n from customer')) as [
        { n: number },
      ]
      expect(n).toBeGreaterThan(100)
      for (const value of ['%', '_', `' or 1=1 --`]) {
        const { body } = await ask(
          world,
          'GET',
          `/api/admin/customers?query=${encodeURIComponent(value)}`,
          heldBy.administrator,
        )
        expect([value, (body as { total: number }).total]).toEqual([value, 0])
      }
    }, 60_000)

    it('are refused where no database can keep them', async () => {
      const { status } = await ask(world, 'GET', '/api/admin/customers?query=%00', heldBy.administrator)
      expect(status).toBe(400)
      const inBody = await ask(world, 'POST', `/api/sidebar/customers/${task.subject}/opt-out`, {
        ...heldBy.advisor,
        body: { said: 'a\u0000b' },
      })
      expect(inBody.status).toBe(400)
      expect((await ask(world, 'GET', '/api/admin/customers/a%00b', heldBy.administrator)).status).toBe(400)
    })

    it('in a nickname stay words on every page', async () => {
      for (const page of ['admin', 'sidebar', 'h5'] as const) ensureBuilt(page)
      const browser = await openBrowser()
      try {
        await visitAll(browser)
      } finally {
        await browser.close()
      }
    }, 90_000)
  })

  it.each(callers)('answers %s as the table says, in the shapes of the document', async (caller) => {
    const index = callers.indexOf(caller)
    const document = openApiOf(routes, world.url)
    const found: string[] = []
    const wanted: string[] = []
    for (const [key, { path, body, row: expected }] of Object.entries(table())) {
      const asking = { ...heldBy[caller], ...(body === undefined ? {} : { body }) }
      const { status, body: answer } = await ask(world, methodOf(key), pathOf(key, path), asking)
      found.push(`${key} ${String(status)}`, ...answerNot(document, key, status, answer))
      wanted.push(`${key} ${String(expected[index])}`)
    }
    expect(found).toEqual(wanted)
  })

  it('is signed out for good afterwards', async () => {
    for (const caller of ['advisor', 'administrator'] as const)
      expect((await ask(world, 'GET', '/api/sidebar/me', heldBy[caller])).status).toBe(401)
  })
})

/** What the document did not promise of this answer. */
function answerNot(document: OpenApi, key: string, status: number, answer: unknown): string[] {
  const method = methodOf(key).toLowerCase() as Method
  const { responses } = document.paths[templateOf(pathOf(key, undefined))]?.[method] ?? expect.fail(key)
  const given = responses[String(status)]
  if (!given) return [`${key} is not said to answer ${String(status)}`]
  const { content = {} } =
    '$ref' in given ? (document.components.responses[given.$ref.split('/').at(-1) ?? ''] ?? {}) : given
  const [media] = Object.values(content)
  return media
    ? fitsNot(answer, media.schema, document.components.schemas).map((one) => `${key}: ${one}`)
    : []
}

/** Each page where names of strangers stand. */
async function visitAll(browser: Browser): Promise<void> {
  const [bad] = await world.rows<{ external: string; customer: string; staff: string }>(
    `select i.value as external, i.customer, r.staff from profile p join identity i on i.kind = 'external' and i.value = p.external
       join relation r on r.external = p.external and r.state = 'active'
      where p.name = $1 order by i.value limit 1`,
    [hostile],
  )
  if (!bad) throw new Error('nobody bears the name')
  const desk = await openBrowserOf(browser, world, world.admin, {
    viewport: { width: 1440, height: 900 },
    hasTouch: false,
    isMobile: false,
  })
  const client = await openClient(browser, world, bad.staff)
  client.chat = bad.external
  const member = await openBrowserOf(browser, world, bad.external)
  const visits = [
    [desk, '/admin/customers'],
    [desk, `/admin/customers?customer=${bad.customer}`],
    [desk, '/admin/deliveries'],
    [desk, '/admin/calendar?cell=2026-05-19/wake-up customer-broadcast'],
    [client, '/sidebar/'],
    [member, '/h5/#/me'],
  ] as const
  for (const [phone, path] of visits) {
    await phone.page.goto(`${world.url}${path}`)
    if (!path.includes('calendar')) await phone.page.getByText('<img src=x').first().waitFor()
    expect([path, await phone.page.locator('img[src="x"]').count()]).toEqual([path, 0])
    expect([path, phone.faults]).toEqual([path, []])
  }
  await Promise.all([desk, client, member].map((one) => one.close()))
}

// ---------------------------------------------------------------- S2

describe('the doors', () => {
  it('send people nowhere but to our own pages', async () => {
    const outside = [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      '/%5c%5cevil.example',
      '\\\\evil.example',
      'javascript:alert(1)',
      '/a/..//evil.example',
      '/\tevil.example',
      'admin',
    ]
    for (const [area, home] of [
      ['auth', '/admin/'],
      ['public', '/h5/'],
    ] as const)
      for (const to of outside) {
        const login = await ask(world, 'GET', `/api/${area}/login?to=${encodeURIComponent(to)}`, {
          headers: { 'user-agent': 'wxwork' },
        })
        const browserMark = login.headers.getSetCookie().find((line) => line.startsWith('siyu_browser='))
        const door = new URL(login.headers.get('location') ?? '')
        expect(door.origin).toBe(world.simulator.url)
        door.searchParams.set('as', area === 'auth' ? world.admin : task.subject)
        const back = (await fetch(door, { redirect: 'manual' })).headers.get('location') ?? ''
        expect(new URL(back).origin).toBe(world.url)
        const inside = await fetch(back, {
          redirect: 'manual',
          headers: { cookie: browserMark?.split(';', 1)[0] ?? '' },
        })
        const target = new URL(inside.headers.get('location') ?? '', world.url)
        expect([to, target.origin]).toEqual([to, world.url])
        expect(target.pathname.startsWith('//')).toBe(false)
        expect([to, area, target.pathname.startsWith(home) || area === 'auth']).toEqual([to, area, true])
        const cookies = inside.headers.getSetCookie()
        expect(cookies).toHaveLength(1)
        expect(cookies[0]).toMatch(
          /^siyu_(session|player)=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
        )
        // The same way back is spent: neither in this browser nor in another does it work again.
        expect((await fetch(back, { redirect: 'manual' })).status).toBe(400)
      }
  }, 60_000)

  it('believe no Host header', async () => {
    const { headers } = await ask(world, 'GET', '/api/public/login?to=/h5/', {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    })
    const redirect = new URL(headers.get('location') ?? '').searchParams.get('redirect_uri')
    expect(redirect).toBe(`${world.url}/api/public/callback`)
  })

  it.each([
    '/admin/',
    '/sidebar/',
    '/h5/',
    '/docs',
    '/openapi.json',
    '/api/admin/me',
    '/api/public/me',
    '/nothing',
  ])('guard %s by the usual headers', async (path) => {
    const { headers } = await ask(world, 'GET', path)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    expect(policy).toContain(path === '/sidebar/' ? 'https://work.weixin.qq.com' : "frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('x-powered-by')).toBeNull()
    if (path.startsWith('/api/')) expect(headers.get('cache-control')).toBe('no-store')
  })
})
