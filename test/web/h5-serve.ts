/**
 * A page as it is built, with a made-up server behind it: what the phone sees, without database or WeCom. Answers
 * unlike the contract's types do not compile, so this server cannot drift away from the real one unseen.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Problem } from '../../src/http/contract.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** As strict as the real server's: what a page needs beyond this would break in production too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'"

const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )

/** Builds the page unless what is built is newer than its sources. */
export const ensureBuilt = (page: 'admin' | 'sidebar' | 'h5'): void => {
  const built = join(root, 'dist/web', page, 'index.html')
  const sources = Math.max(newest(join(root, 'src/web', page)), newest(join(root, 'src/web/shared')))
  if (existsSync(built) && statSync(built).mtimeMs > sources) return
  execFileSync(process.execPath, [join(root, '.config/build-web.mjs'), page], {
    cwd: root,
    stdio: 'pipe',
    // Under vitest NODE_ENV is `test`, with which Vite would bundle the development build of Vue.
    env: { ...process.env, NODE_ENV: 'production' },
  })
}

/** Style rules that the oldest web view (chrome64) drops without a word, in what was built. */
export const unknownToOldViews = (page: 'sidebar' | 'h5'): string[] => {
  const folder = join(root, 'dist/web', page, 'assets')
  const styles = readdirSync(folder).filter((name) => name.endsWith('.css'))
  const newer =
    /(?<=[;{])(?:gap|row-gap|column-gap|inset|aspect-ratio|place-[a-z]+):[^;}]*|(?:min|max|clamp)\([^)]*\)|:(?:is|where|has)\(/g
  return styles.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(newer) ?? [])
}

export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
}

export interface Answer {
  readonly status?: number
  readonly body: unknown
}

export const problem = (status: number, code: string, message: string, fix?: string): Answer => ({
  status,
  body: {
    type: `https://siyu.invalid/problems/${code}`,
    title: code,
    status,
    code,
    message,
    ...(fix ? { fix } : {}),
    requestId: 'r-1',
  } satisfies Problem,
})

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

const sendFile = (response: ServerResponse, page: string, path: string): void => {
  const wanted = normalize(path.slice(page.length + 2)) || 'index.html'
  const file = join(root, 'dist/web', page, wanted === '.' ? 'index.html' : wanted)
  if (wanted.startsWith('..') || !existsSync(file)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': policy,
  })
  response.end(readFileSync(file))
}

export interface PageServer {
  readonly url: string
  /** Every call of the API that was answered, in order. */
  readonly calls: Call[]
  close(): Promise<void>
}

/** `answer` returns undefined for what does not exist. Calls that change something must carry the CSRF header. */
export const servePage = async (
  page: 'sidebar' | 'h5',
  answer: (call: Call) => Answer | undefined | Promise<Answer | undefined>,
): Promise<PageServer> => {
  const calls: Call[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page.test')
    if (pathname.startsWith(`/${page}/`)) {
      sendFile(response, page, pathname)
      return
    }
    const method = request.method ?? 'GET'
    const call: Call = { method, path: pathname, query: searchParams, body: await bodyOf(request) }
    calls.push(call)
    const guarded = method === 'GET' || request.headers['x-requested-with'] === 'siyu'
    const made = guarded ? await answer(call) : problem(403, 'forbidden', '缺少 X-Requested-With')
    const { status = 200, body } = made ?? problem(404, 'not-found', '没有这个地址')
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      response.writeHead(500).end(String(thrown))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections()
        server.close((thrown) => (thrown ? reject(thrown) : resolve()))
      }),
  }
}
