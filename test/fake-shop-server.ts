/**
 * For tests of the crowd only: the handful of routes a person or an advisor meets, with a plain memory. It is its
 * own OAuth page, too. Everything asked of it is written down in order.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeTask {
  readonly promiseId: string
  readonly externalUserId: string
  readonly advisor: string
  readonly text: string
  state: 'waiting' | 'intent' | 'sent' | 'skipped'
}

export interface FakeOrder {
  readonly id: string
  readonly at: string
  readonly customer: { readonly external: string; readonly shopId: string }
  readonly amountFen: number
  readonly items: readonly { readonly amountFen: number }[]
}

export interface FakeShopServer {
  readonly url: string
  /** `who METHOD path body`, in order of arrival. */
  readonly journal: string[]
  readonly votes: Map<string, string[]>
  readonly finds: Set<string>
  readonly optedOut: Set<string>
  readonly orders: Map<string, FakeOrder>
  readonly tasks: FakeTask[]
  /** Answers this status instead, for the given number of matching requests. */
  breakNext(path: string, status: number, times: number): void
  close(): Promise<void>
}

type Answer = { status: number; body?: unknown; location?: string; cookie?: string }

const ok = (body: unknown): Answer => ({ status: 200, body })
const to = (location: string, cookie?: string): Answer => ({
  status: 302,
  location,
  ...(cookie ? { cookie } : {}),
})
const problem = (status: number, code: string): Answer => ({ status, body: { code } })

export const riddle = '一闪一闪亮晶晶，满天都是什么？'
export const secret = '小星星'

export async function startFakeShopServer(): Promise<FakeShopServer> {
  const state = {
    journal: [] as string[],
    votes: new Map<string, string[]>(),
    finds: new Set<string>(),
    optedOut: new Set<string>(),
    orders: new Map<string, FakeOrder>(),
    tasks: [] as FakeTask[],
  }
  const faults: { path: string; status: number; left: number }[] = []

  async function handle(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const cookies = new Map(
      (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=') as [string, string]),
    )
    const raw = await bodyOf(request)
    const method = request.method ?? 'GET'
    const who = cookies.get('siyu_session') ?? cookies.get('siyu_player') ?? ''
    state.journal.push(`${who} ${method} ${url.pathname}${url.search} ${raw}`)
    const fault = faults.find((one) => one.left > 0 && url.pathname.startsWith(one.path))
    if (fault) {
      fault.left--
      return problem(fault.status, 'planned-fault')
    }
    const byCookie = method !== 'GET' && url.pathname !== '/api/v1/events'
    if (byCookie && request.headers['x-requested-with'] !== 'siyu') return problem(403, 'csrf')
    const body = (raw === '' ? {} : JSON.parse(raw)) as Record<string, unknown>
    return (
      signIn(url, cookies) ??
      play(url, method, cookies.get('siyu_player'), body) ??
      sidebar(url, method, cookies.get('siyu_session'), body) ??
      events(url, request.headers.authorization, body) ??
      problem(404, 'not-found')
    )
  }

  function signIn(url: URL, cookies: ReadonlyMap<string, string>): Answer | null {
    const query = url.searchParams
    const authorize = (door: string, target: string) =>
      to(
        `/connect/oauth2/authorize?redirect_uri=${encodeURIComponent(`/api/${door}/callback?to=${encodeURIComponent(target)}`)}`,
      )
    if (url.pathname === '/connect/oauth2/authorize') {
      const as = query.get('as')
      return as ? to(`${query.get('redirect_uri') ?? ''}&code=${as}`) : problem(400, 'nobody')
    }
    if (url.pathname === '/api/public/callback')
      return to(query.get('to') ?? '', `siyu_player=${query.get('code') ?? ''}; Path=/; HttpOnly`)
    if (url.pathname === '/api/auth/callback')
      return to(query.get('to') ?? '', `siyu_session=${query.get('code') ?? ''}; Path=/; HttpOnly`)
    if (url.pathname === '/api/public/login') return authorize('public', query.get('to') ?? '')
    if (url.pathname === '/api/auth/login') return authorize('auth', query.get('to') ?? '')
    if (url.pathname === '/h5/' || url.pathname === '/sidebar/') return ok('page')
    const [, kind, game] = /^\/h5\/l\/([pb])\.(.+)$/.exec(url.pathname) ?? []
    if (!kind || !game) return null
    if (kind === 'p') {
      const [id, target] = game.split('.')
      return to(`/h5/#/${target ?? ''}`, `siyu_player=${id ?? ''}; Path=/`)
    }
    return cookies.has('siyu_player') ? to(`/h5/#/game/${game}`) : authorize('public', url.pathname)
  }

  function play(
    url: URL,
    method: string,
    who: string | undefined,
    body: Record<string, unknown>,
  ): Answer | null {
    if (!url.pathname.startsWith('/api/public/')) return null
    if (!who) return problem(401, 'sign-in')
    if (url.pathname === '/api/public/me') return ok({ name: who, points: 0 })
    if (url.pathname === '/api/public/subscription') {
      if (method === 'PUT' && body['marketing'] === false) state.optedOut.add(who)
      return ok({ marketing: !state.optedOut.has(who), topics: [] })
    }
    const [, game, move] = /^\/api\/public\/games\/(\w+)(\/play)?$/.exec(url.pathname) ?? []
    if (game === 'poll1') {
      if (move) state.votes.set(who, body['choices'] as string[])
      const view = {
        kind: 'poll',
        id: game,
        state: 'open',
        most: 2,
        mine: state.votes.get(who) ?? [],
        options: ['a', 'b', 'c'].map((id) => ({ id })),
      }
      return ok(move ? { game: view, accepted: true } : view)
    }
    if (game === 'hunt1') {
      const accepted = body['answer'] === secret && !state.finds.has(who)
      if (move && accepted) state.finds.add(who)
      const clues = [
        { id: 'c1', number: 1, riddle, found: state.finds.has(who) },
        { id: 'c2', number: 2, found: false },
      ]
      const view = { kind: 'hunt', id: game, state: 'open', clues }
      return ok(move ? { game: view, accepted, ...(accepted ? { coupon: { code: 'X' } } : {}) } : view)
    }
    return null
  }

  function sidebar(
    url: URL,
    method: string,
    who: string | undefined,
    body: Record<string, unknown>,
  ): Answer | null {
    if (!url.pathname.startsWith('/api/sidebar/')) return null
    if (!who) return problem(401, 'sign-in')
    const own = state.tasks.filter((task) => task.advisor === who)
    if (url.pathname === '/api/sidebar/me') return ok({ userid: who })
    if (url.pathname === '/api/sidebar/today') return ok({ total: own.length, items: own })
    const [, id, deed] = /^\/api\/sidebar\/promises\/([^/]+)\/(intent|settle|skip)$/.exec(url.pathname) ?? []
    const task = own.find((one) => one.promiseId === id)
    if (!task || method !== 'POST') return problem(404, 'not-found')
    if (deed === 'intent') task.state = 'intent'
    else if (deed === 'skip') task.state = 'skipped'
    else task.state = body['result'] === 'sent' ? 'sent' : 'waiting'
    return ok(task)
  }

  function events(url: URL, key: string | undefined, body: Record<string, unknown>): Answer | null {
    if (url.pathname !== '/api/v1/events') return null
    if (key !== 'Bearer test-key') return problem(401, 'sign-in')
    let known = 0
    const given = body['events'] as FakeOrder[]
    for (const event of given) {
      if (state.orders.has(event.id)) known++
      else state.orders.set(event.id, event)
    }
    return ok({ recorded: given.length - known, known })
  }

  const server = createServer((request, response) => {
    handle(request).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, problem(500, String(error))),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...state,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    breakNext: (path, status, times) => void faults.push({ path, status, left: times }),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections()
        server.close((error) => (error ? reject(error) : resolve()))
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.cookie) response.setHeader('set-cookie', answer.cookie)
  if (answer.location) response.setHeader('location', answer.location)
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer.body ?? null))
}
