/**
 * A stand-in server for looking at the pages and for browser tests: serves dist/web and answers the admin routes of
 * `src/http/contract.ts` from a made-up shop. Other pages add their routes by the `routes` option.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type {
  CadenceDocument,
  CadenceVersion,
  Me,
  MannersView,
  Overview,
  Paged,
  Problem,
  WecomStanding,
} from '../../src/http/contract.ts'
import { cardOf, games } from './mock-cards.ts'
import { firstBuyers, namedAdvisors } from './mock-figures.ts'
import { diffOf, firstYaml, problemsOf, versionDay } from './mock-cadence.ts'
import { draftRoutes, startDrafts, type MockDrafts } from './mock-drafts.ts'
import { calendarOf, customers, deliveries, now, subjectsOf, tiers, today, touchpoints } from './mock-shop.ts'

const web = fileURLToPath(new URL('../../dist/web/', import.meta.url))

export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}
export interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
export interface MockRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/api/admin/customers/:id` */
  readonly path: string
  readonly answer: (asked: Asked) => Answer
}

export const problem = (
  status: number,
  code: string,
  message: string,
  fix?: string,
  more: Partial<Problem> = {},
): Answer => ({
  status,
  body: {
    type: 'about:blank',
    title: code,
    status,
    code,
    message,
    ...(fix ? { fix } : {}),
    requestId: 'req-7f3a1c',
    ...more,
  },
})

export const paged = <T>(all: readonly T[], query: URLSearchParams, size: number): Paged<T> => {
  const length = Number(query.get('size') ?? size)
  const start = (Number(query.get('page') ?? 1) - 1) * length
  return { total: all.length, items: all.slice(start, start + length) }
}

/** What a test may turn and read. */
export interface MockState extends MockDrafts {
  me: Me
  signedIn: boolean
  paused: boolean
  document: CadenceDocument
  versions: CadenceVersion[]
  /** The next answers, by path, instead of the real one. */
  readonly faults: Map<string, Answer>
  /** What people said about named advisors. */
  readonly named: { readonly customer: string; readonly body: unknown }[]
  /** Bodies of the test sends. */
  readonly tried: unknown[]
  wecom: WecomStanding
  /** Bodies of what was asked of the comparison. */
  readonly compared: unknown[]
}

const startState = (): MockState => ({
  ...startDrafts(),
  me: {
    userid: 'linjia',
    name: '林佳',
    roles: ['admin', 'operator'],
    simulated: true,
    shop: '小树苗母婴',
    now,
  },
  signedIn: true,
  paused: false,
  document: {
    version: 4,
    yaml: firstYaml,
    publishedAt: `${versionDay(4)}T16:40:00+08:00`,
    publishedBy: '林佳',
    note: '唤醒券改为 48 小时有效',
    readOnly: false,
    approval: { required: false, because: 'people', approvers: 1 },
  },
  versions: [
    {
      version: 4,
      publishedAt: `${versionDay(4)}T16:40:00+08:00`,
      publishedBy: '林佳',
      note: '唤醒券改为 48 小时有效',
    },
    {
      version: 3,
      publishedAt: `${versionDay(3)}T11:05:00+08:00`,
      publishedBy: '沈一鸣',
      note: '加上周五晒娃抽奖',
    },
    {
      version: 2,
      publishedAt: `${versionDay(2)}T09:58:00+08:00`,
      publishedBy: '林佳',
      note: '每周上限从 3 条降到 2 条，退订偏高',
    },
    {
      version: 1,
      publishedAt: `${versionDay(1)}T18:21:00+08:00`,
      publishedBy: '系统',
      note: '来自 config/cadence.yaml',
    },
  ],
  faults: new Map(),
  named: [],
  tried: [],
  wecom: {
    comparison: {
      state: 'done',
      startedAt: '2026-05-20T10:00:00+08:00',
      endedAt: '2026-05-20T10:02:00+08:00',
      contacts: 2_143,
      groups: 12,
    },
  },
  compared: [],
})

const mannersView: MannersView = {
  pauses: [],
  handles: [
    { scope: 'channel', name: 'broadcast', title: '客户群发' },
    { scope: 'touchpoint', name: 'wake-up', title: '沉睡唤醒' },
  ],
  reasons: [
    {
      code: 'gap',
      words: '与另一次触达相隔太近',
      meaning: '两次营销之间要留出间隔。',
      effects: ['delays', 'declines'],
    },
  ],
  leaves: [{ staff: 'lin', name: '林小满', from: '2026-05-19', to: '2026-05-21' }],
  staff: [{ userid: 'lin', name: '林小满' }],
  quota: { written: 'month-days', inForce: 'month-days' },
}

const overview = (state: MockState): Overview => {
  const settled = deliveries.filter((one) => one.at < now)
  return {
    customers: customers.length,
    tiers: tiers.map(({ tier, title }) => ({
      tier,
      title,
      count: customers.filter((one) => one.tier === tier).length,
    })),
    last7Days: {
      sent: settled.filter((one) => one.state === 'sent').length,
      waiting: settled.filter((one) => one.state === 'waiting').length,
      declined: settled.filter((one) => one.decision === 'declined').length,
      votes: 164,
      finds: 189,
      orders: 73,
      orderFen: 2_864_300,
      tierMoves: 26,
      optOuts: 3,
    },
    paused: state.paused,
    pauses: [],
    quotaDoubted: false,
    cadenceVersion: state.document.version,
  }
}

const cadenceRoutes = (state: MockState): MockRoute[] => [
  { method: 'GET', path: '/api/admin/cadence', answer: () => ({ body: state.document }) },
  {
    method: 'GET',
    path: '/api/admin/cadence/versions',
    answer: ({ query }) => ({ body: paged(state.versions, query, 50) }),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/validate',
    answer: ({ body }) => {
      const problems = problemsOf(String(body['yaml']))
      const warnings = String(body['yaml']).includes('# 太长')
        ? [
            {
              line: 1,
              column: 1,
              path: 'touchpoints.daily-tip',
              message: '社群消息可能太长',
              fix: '缩短干货',
            },
          ]
        : []
      return { body: { ok: problems.length === 0, problems, warnings } }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/diff',
    answer: ({ body }) => {
      const problems = problemsOf(String(body['yaml']))
      if (problems.length > 0)
        return problem(422, 'invalid', '草稿还有问题。', '改好标出的行再看差异。', { problems })
      return { body: diffOf(state.document.version, state.document.yaml, String(body['yaml'])) }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/publish',
    answer: ({ body }) => {
      if (body['baseVersion'] !== state.document.version) {
        return problem(
          409,
          'stale-version',
          `第 ${state.document.version} 版已经由${state.document.publishedBy}发布。`,
          '比较之后再发布。',
        )
      }
      const version = state.document.version + 1
      const made = { version, publishedAt: now, publishedBy: state.me.name, note: String(body['note']) }
      state.document = { ...state.document, ...made, yaml: String(body['yaml']) }
      state.versions = [made, ...state.versions]
      return { body: state.document }
    },
  },
]

const adminRoutes = (state: MockState): MockRoute[] => [
  ...draftRoutes(state),
  { method: 'GET', path: '/api/admin/me', answer: () => ({ body: state.me }) },
  { method: 'GET', path: '/api/admin/overview', answer: () => ({ body: overview(state) }) },
  {
    method: 'GET',
    path: '/api/admin/calendar',
    answer: ({ query }) => ({
      body: calendarOf(query.get('from') ?? today, Number(query.get('days') ?? 7), state.document.version),
    }),
  },
  {
    method: 'GET',
    path: '/api/admin/calendar/entries',
    answer: ({ query }) => {
      const touchpoint = touchpoints.find((one) => one.name === query.get('touchpoint'))
      const all = touchpoint ? subjectsOf(touchpoint, query.get('day') ?? today) : []
      const [decision, reason] = [query.get('decision'), query.get('reason')]
      const rows = all.filter(
        (one) => (!decision || one.decision === decision) && (!reason || one.reason.code === reason),
      )
      return { body: paged(rows, query, 50) }
    },
  },
  ...cadenceRoutes(state),
  {
    method: 'GET',
    path: '/api/admin/customers',
    answer: ({ query }) => {
      const [words, tier] = [query.get('query') ?? '', query.get('tier')]
      const rows = customers.filter(
        (one) => (!tier || one.tier === tier) && `${one.name} ${one.id}`.includes(words),
      )
      return { body: paged(rows, query, 30) }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers/:id',
    answer: ({ params }) => {
      const row = customers.find((one) => one.id === params['id'])
      return row
        ? { body: cardOf(row) }
        : problem(404, 'not-found', '没有这位客户。', '她可能已被合并或删除。')
    },
  },
  { method: 'GET', path: '/api/admin/wecom', answer: () => ({ body: state.wecom }) },
  {
    method: 'POST',
    path: '/api/admin/wecom/compare',
    answer: ({ body }) => {
      state.compared.push(body)
      state.wecom = {
        comparison: { state: 'underway', startedAt: now, contacts: 200, groups: 0 },
      }
      return { status: 202, body: state.wecom }
    },
  },
  { method: 'GET', path: '/api/admin/first-buyers', answer: () => ({ body: firstBuyers }) },
  { method: 'GET', path: '/api/admin/named-advisors', answer: () => ({ body: namedAdvisors }) },
  {
    method: 'PUT',
    path: '/api/admin/customers/:id/named-advisor',
    answer: ({ params, body }) => {
      state.named.push({ customer: params['id'] ?? '', body })
      return { body: { staff: body['staff'] } }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers/:id/touchpoints',
    answer: ({ params, query }) => {
      const row = customers.find((one) => one.id === params['id'])
      return { body: paged(row ? cardOf(row).touchpoints : [], query, 200) }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/deliveries',
    answer: ({ query }) => {
      const is = (name: string, value: string | undefined): boolean =>
        !query.get(name) || query.get(name) === value
      const rows = deliveries
        .filter(
          (one) => is('state', one.state) && is('touchpoint', one.touchpoint) && is('decision', one.decision),
        )
        .filter((one) => `${one.name} ${one.sender ?? ''}`.includes(query.get('query') ?? ''))
        .sort((a, b) => b.at.localeCompare(a.at))
      return { body: paged(rows, query, 30) }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/games',
    answer: () => ({ body: { total: games.length, items: games } }),
  },
  {
    method: 'GET',
    path: '/api/admin/manners',
    answer: () => ({ body: mannersView }),
  },
  {
    method: 'POST',
    path: '/api/admin/touchpoints/member-day/try',
    answer: ({ body }) => {
      state.tried.push(body)
      const title = '会员日邀请'
      return {
        body: { touchpoint: 'member-day', title, to: 'zhang', toName: '', messages: ['【测试】'], notes: [] },
      }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/pause',
    answer: () => ((state.paused = true), { body: { paused: true } }),
  },
  {
    method: 'POST',
    path: '/api/admin/resume',
    answer: () => ((state.paused = false), { body: { paused: false } }),
  },
  {
    method: 'GET',
    path: '/api/auth/login',
    answer: ({ query }) => (
      (state.signedIn = true),
      { status: 302, headers: { Location: query.get('to') ?? '/admin/' } }
    ),
  },
]

const match = (route: MockRoute, method: string, path: string): Record<string, string> | undefined => {
  if (route.method !== method) return undefined
  const [wanted, given] = [route.path.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given[index] ?? '')
    else if (part !== given[index]) return undefined
  }
  return params
}

const readJson = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(Buffer.from(piece as Uint8Array))
  const text = Buffer.concat(pieces).toString('utf8')
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

const kinds: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** The built file, or the page's index for its own addresses, as the real server does. */
const sendFile = async (path: string, response: ServerResponse): Promise<void> => {
  const page = path.split('/')[1] ?? ''
  const wanted = extname(path) ? path : `/${page}/index.html`
  const file = join(web, normalize(wanted))
  try {
    const body = await readFile(file)
    response.writeHead(200, { 'Content-Type': kinds[extname(file)] ?? 'application/octet-stream' }).end(body)
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`no such file: ${wanted}`)
  }
}

const sendAnswer = (answer: Answer, response: ServerResponse): void => {
  response.writeHead(answer.status ?? 200, {
    'Content-Type': 'application/json; charset=utf-8',
    ...answer.headers,
  })
  response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
}

export interface MockApi {
  readonly url: string
  readonly state: MockState
  close(): Promise<void>
}

export interface MockOptions {
  readonly port?: number
  /** Looked at before the console's own. */
  readonly routes?: readonly MockRoute[]
}

export const startMock = async (options: MockOptions = {}): Promise<MockApi> => {
  const state = startState()
  const routes = [...(options.routes ?? []), ...adminRoutes(state)]
  const answerTo = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    const fault = state.faults.get(url.pathname)
    if (fault) return fault
    if (!state.signedIn && url.pathname.startsWith('/api/admin/'))
      return problem(401, 'sign-in', '请先登录。', '/api/auth/login')
    for (const route of routes) {
      const params = match(route, request.method ?? 'GET', url.pathname)
      if (!params) continue
      if (route.method !== 'GET' && request.headers['x-requested-with'] !== 'siyu')
        return problem(403, 'forbidden', '缺少 X-Requested-With。')
      return route.answer({ params, query: url.searchParams, body: await readJson(request) })
    }
    return problem(404, 'not-found', '没有这个接口。')
  }
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (!url.pathname.startsWith('/api/')) void sendFile(url.pathname, response)
    else {
      answerTo(request, url).then(
        (answer) => sendAnswer(answer, response),
        (thrown: unknown) => sendAnswer(problem(500, 'mock', String(thrown)), response),
      )
    }
  })
  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    close: () =>
      new Promise((done, failed) => {
        server.closeAllConnections()
        server.close((error) => (error ? failed(error) : done()))
      }),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const mock = await startMock({ port: Number(process.argv[2] ?? 5199) })
  process.stdout.write(`${mock.url}/admin/\n`)
}
