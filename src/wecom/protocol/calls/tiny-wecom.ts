/** For tests: a stand-in of a few lines that answers what it is told and remembers what came. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../base/clock.ts'
import { createApi } from '../api.ts'
import type { WecomApi } from '../api.ts'
import { createClient } from '../client.ts'
import type { WecomClient } from '../client.ts'

export interface Came {
  readonly method: string
  readonly path: string
  /** Without the access token. */
  readonly query: Readonly<Record<string, string>>
  readonly token: string | null
  readonly type: string
  readonly range: string | undefined
  readonly body: Buffer
}

export interface Told {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Objects become JSON. */
  readonly body: string | Buffer | object
  readonly afterMs?: number
}

export interface TinyWecom {
  readonly url: string
  readonly client: WecomClient
  readonly api: WecomApi
  readonly came: Came[]
  /** In this order; the last one again and again. */
  tell(path: string, ...told: readonly Told[]): void
  /** The most calls that were under way together. */
  most(): number
  close(): Promise<void>
}

/** What is answered where nothing was told. */
const ok: Told = { body: { errcode: 0, errmsg: 'ok' } }
const tokenPath = '/cgi-bin/gettoken'

export async function startTinyWecom(clock: Clock, more: object = {}): Promise<TinyWecom> {
  const came: Came[] = []
  const answers = new Map<string, Told[]>()
  let now = 0
  let most = 0
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://tiny')
    if (pathname === tokenPath) return void res.end('{"access_token":"t1","expires_in":7200}')
    const path = pathname.replace('/cgi-bin/', '')
    const parts: Buffer[] = []
    most = Math.max(most, (now += 1))
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      const { access_token: token = null, ...query } = Object.fromEntries(searchParams)
      came.push({
        method: req.method ?? '',
        path,
        query,
        token,
        type: req.headers['content-type'] ?? '',
        range: req.headers.range,
        body: Buffer.concat(parts),
      })
      const told = answers.get(path) ?? answers.get('*') ?? [ok]
      const answer = (told.length > 1 ? told.shift() : told[0]) ?? ok
      setTimeout(() => {
        now -= 1
        const { status = 200, headers = {}, body } = answer
        res.writeHead(status, headers)
        res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
      }, answer.afterMs ?? 0)
    })
    return undefined
  })
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const settings = { apiUrl: url, corpId: 'ww1', agentSecret: 'secret', retryBaseMs: 0, timeoutMs: 10_000 }
  const client = createClient({ ...settings, ...more }, { clock })
  return {
    url,
    client,
    api: createApi(client),
    came,
    tell: (path, ...told) => void answers.set(path, [...told]),
    most: () => most,
    async close() {
      await client.close()
      await new Promise((go) => server.close(go))
    },
  }
}
