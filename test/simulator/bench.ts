import http from 'node:http'
import { getSignature, decrypt } from '@wecom/crypto'
import type { SeededShop, Simulator } from '../../src/simulator/types.ts'

/** A small shop with round numbers: two advisors, three customers, one group. Nobody confirms by itself. */
export const smallShop: SeededShop = {
  name: '小店',
  staff: [
    { userid: 'LiMei', name: '李梅', confirm: { mode: 'never' } },
    { userid: 'zhangwei', name: '张伟', confirm: { mode: 'never' } },
  ],
  customers: [
    {
      external_userid: 'wmA',
      name: '王静',
      gender: 2,
      openid: 'oAAAAAA',
      unionid: 'uA',
      follow: [{ userid: 'LiMei', createtime: 1_780_000_000 }],
    },
    {
      external_userid: 'wmB',
      name: '陈晨',
      gender: 1,
      openid: 'oBBBBBB',
      follow: [
        { userid: 'LiMei', createtime: 1_780_000_100, remark: '二宝妈' },
        { userid: 'zhangwei', createtime: 1_780_000_200 },
      ],
    },
    { external_userid: 'wmC', name: '刘洋', gender: 0, openid: 'oCCCCCC', follow: [] },
  ],
  groups: [
    {
      chat_id: 'wrG',
      name: '辅食群',
      owner: 'LiMei',
      members: [
        { userid: 'LiMei', type: 1, join_time: 1_780_000_000 },
        { userid: 'wmA', type: 2, join_time: 1_780_000_010 },
      ],
    },
  ],
  products: [],
  orders: [],
  tags: [{ group: '阶段', names: ['孕期', '0-6月'] }],
}

export type Json = Record<string, unknown>

/** Speaks to a simulator the way a client does: fetches a token once, sends JSON, gives back JSON. */
export interface Client {
  get(path: string, query?: Record<string, string>): Promise<Json>
  post(path: string, body: unknown): Promise<Json>
  sim(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Json>
}

export function createClient(sim: Simulator): Client {
  let token: string | null = null
  const { corpId, agentSecret } = sim.credentials
  const login = async (): Promise<string> => {
    const answer = await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
    return String(((await answer.json()) as Json)['access_token'])
  }
  const once = async (path: string, query: Record<string, string>, init: RequestInit): Promise<Json> => {
    token ??= await login()
    const all = new URLSearchParams({ access_token: token, ...query })
    return (await (await fetch(`${sim.url}/cgi-bin/${path}?${all.toString()}`, init)).json()) as Json
  }
  const call = async (path: string, query: Record<string, string>, init: RequestInit): Promise<Json> => {
    const answer = await once(path, query, init)
    if (answer['errcode'] !== 42001) return answer
    token = null
    return once(path, query, init)
  }
  return {
    get: (path, query = {}) => call(path, query, {}),
    post: (path, body) => call(path, {}, { method: 'POST', body: JSON.stringify(body) }),
    async sim(method, path, body) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
      return (await (await fetch(`${sim.url}/sim/${path}`, init)).json()) as Json
    },
  }
}

export interface Seen {
  readonly xml: string
  readonly receiveId: string
  readonly nonce: string
  readonly encrypted: string
  readonly agentId: string
}

/** A receiving server that checks and decrypts with Tencent's own library, as an independent judge. */
export interface Receiver {
  readonly url: string
  readonly seen: Seen[]
  /** What the next POSTs do; afterwards they answer 200. */
  readonly script: ('ok' | 'fail-500' | 'hang' | 'reset')[]
  close(): Promise<void>
}

export async function startReceiver(
  credentials: () => { callbackToken: string; callbackAesKey: string },
): Promise<Receiver> {
  const seen: Seen[] = []
  const script: Receiver['script'] = []
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const query = new URL(request.url ?? '/', 'http://receiver').searchParams
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const body = Buffer.concat(parts).toString('utf8')
    const { callbackToken, callbackAesKey } = credentials()
    const nonce = query.get('nonce') ?? ''
    const cipher = query.get('echostr') ?? /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(body)?.[1] ?? ''
    const signature = getSignature(callbackToken, query.get('timestamp') ?? '', nonce, cipher)
    if (signature !== query.get('msg_signature')) return void response.writeHead(403).end()
    const plain = decrypt(callbackAesKey, cipher)
    if (request.method === 'GET') return void response.end(plain.message)
    const agentId = /<AgentID><!\[CDATA\[(.*?)\]\]><\/AgentID>/.exec(body)?.[1] ?? ''
    seen.push({ xml: plain.message, receiveId: plain.id, nonce, encrypted: cipher, agentId })
    const act = script.shift() ?? 'ok'
    if (act === 'reset') request.socket.resetAndDestroy()
    else if (act === 'fail-500') response.writeHead(500).end()
    else if (act === 'ok') response.end('success')
  }
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/wecom/callback`,
    seen,
    script,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The text of an element of a callback body, CDATA or bare. */
export const field = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`).exec(xml)?.[1]
