import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { apis } from './api/index.ts'
import type { Api, Call, Reply } from './api/call.ts'
import { appOfToken, killTokens } from './api/token.ts'
import type { Context } from './context.ts'
import { answerControl } from './control.ts'
import { ApiError, errorBody } from './errors.ts'
import { answerOauth } from './oauth.ts'
import { isBody, type Body } from './params.ts'
import { readBody, reset, wait } from './wire.ts'
import type { Fault, FaultKind } from './types.ts'

interface Door {
  readonly ctx: Context
  /** Keys of the calls under way, for 45033. */
  readonly locks: Set<string>
}

const striking: readonly FaultKind[] = [
  'refuse',
  'reset-before',
  'reset-after',
  'timeout-after',
  'errcode',
  'http-502-html',
  'truncate',
  'bad-json',
  'missing-errcode',
  'invalidate-token',
  'expire-token',
]

export function createSimulatorServer(ctx: Context): http.Server {
  const door: Door = { ctx, locks: new Set() }
  const server = http.createServer((request, response) => {
    answer(door, request, response).catch((error: unknown) => {
      // A caller that went away is its own business; anything else is a defect of ours and must be seen.
      if (request.destroyed || response.destroyed) return
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
  })
  server.keepAliveTimeout = 60_000
  return server
}

async function answer(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', door.ctx.url)
  if (url.pathname.startsWith('/cgi-bin/')) return answerApi(door, url, request, response)
  if (url.pathname === '/sim' || url.pathname.startsWith('/sim/'))
    return answerControl(door.ctx, url, request, response)
  return answerOauth(door.ctx, url, request, response)
}

/** The life of one API call: faults, latency, the deed, the answer. */
async function answerApi(
  door: Door,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { ctx } = door
  const path = url.pathname.slice('/cgi-bin/'.length)
  const arrivedAt = ctx.clock.now()
  const slow = ctx.faults.strike(path, arrivedAt, ['slow'])
  const fault = ctx.faults.strike(path, arrivedAt, striking)
  const note = (errcode: number | null, agentId: number | null): void => {
    ctx.calls.push({
      seq: ctx.calls.length + 1,
      api: path,
      at: arrivedAt,
      errcode,
      fault: fault?.kind ?? slow?.kind ?? null,
      agentId,
    })
  }
  if (fault?.kind === 'refuse') {
    note(null, null)
    return reset(request)
  }
  const raw = await readBody(request)
  if (fault?.kind === 'reset-before') {
    note(null, null)
    return reset(request)
  }
  if (fault?.kind === 'http-502-html') {
    note(null, null)
    return sendHtml502(response)
  }
  if (fault?.kind === 'invalidate-token') killTokens(ctx, 'invalid')
  if (fault?.kind === 'expire-token') killTokens(ctx, 'expired')

  // Half of the latency passes before the deed and half after, so that a caller can die on either side of it.
  if (ctx.settings.latencyMs > 0) await wait(ctx.settings.latencyMs / 2)
  const outcome = perform(door, path, url, request, raw, fault)
  try {
    if (ctx.settings.latencyMs > 0) await wait(ctx.settings.latencyMs / 2)
    if (slow) await wait(slow.ms ?? 1000)
  } finally {
    outcome.release()
  }
  note(outcome.errcode, outcome.agentId)
  if (fault?.kind === 'reset-after') return reset(request)
  if (fault?.kind === 'timeout-after') {
    await wait(fault.ms ?? 60_000)
    return reset(request)
  }
  respond(response, request, outcome, fault)
}

interface Outcome {
  readonly errcode: number
  readonly agentId: number | null
  readonly status: number
  readonly reply: Reply
  release(): void
}

function perform(
  door: Door,
  path: string,
  url: URL,
  request: IncomingMessage,
  raw: Buffer,
  fault: Fault | null,
): Outcome {
  const { ctx } = door
  const ip = (request.socket.remoteAddress ?? '127.0.0.1').replace('::ffff:', '')
  const hint = `${Math.floor(ctx.clock.now() / 1000)}_${ctx.rng.text(20, '0123456789abcdef')}`
  let agentId: number | null = null
  let release = (): void => {}
  try {
    if (fault?.kind === 'errcode') throw new ApiError(fault.errcode ?? -1)
    const api = apis.get(path)
    if (!api) throw new ApiError(40066)
    if (api.method !== 'any' && api.method !== request.method) throw new ApiError(40035, `use ${api.method}`)
    agentId = api.open ? null : appOfToken(ctx, url.searchParams)
    if (ctx.settings.rateLimits) ctx.limiter.take(path, ctx.settings.rateLimits, ctx.clock.now())
    const call: Call = {
      ctx,
      agentId: agentId ?? ctx.credentials.agentId,
      query: url.searchParams,
      body: readJson(request, raw),
      raw,
      headers: request.headers,
      ip,
    }
    release = lock(door, api, call)
    return { errcode: 0, agentId, status: 200, reply: api.run(call), release }
  } catch (error) {
    if (!(error instanceof ApiError)) {
      release()
      throw error
    }
    const reply = errorBody(error.code, error.message, hint, ip)
    return { errcode: error.code, agentId, status: error.code === 40066 ? 404 : 200, reply, release }
  }
}

function lock(door: Door, api: Api, call: Call): () => void {
  if (!api.lock) return () => {}
  const key = api.lock(call)
  if (door.locks.has(key)) throw new ApiError(45033)
  door.locks.add(key)
  return () => {
    door.locks.delete(key)
  }
}

function readJson(request: IncomingMessage, raw: Buffer): Body {
  const isForm = (request.headers['content-type'] ?? '').startsWith('multipart/')
  if (request.method !== 'POST' || isForm || raw.length === 0) return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(raw.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(40058, 'Warning: wrong json format.')
    throw error
  }
  if (!isBody(parsed)) throw new ApiError(40058, 'Warning: wrong json format.')
  return parsed
}

function respond(
  response: ServerResponse,
  request: IncomingMessage,
  outcome: Outcome,
  fault: Fault | null,
): void {
  const { reply } = outcome
  if ('file' in reply && Buffer.isBuffer(reply.file)) {
    const headers = {
      'content-type': String(reply['contentType']),
      'content-disposition': `attachment; filename="${encodeURIComponent(String(reply['filename']))}"`,
    }
    sendFile(response, request.headers.range, reply.file, headers)
    return
  }
  const bare = fault?.kind === 'missing-errcode' || 'errcode' in reply
  const text = JSON.stringify(bare ? reply : { errcode: 0, errmsg: 'ok', ...reply })
  const headers = { 'content-type': 'application/json; charset=UTF-8' }
  if (fault?.kind === 'bad-json') {
    response.writeHead(200, headers)
    response.end(`${text.slice(0, -1)},"oops":`)
  } else if (fault?.kind === 'truncate') {
    // The length promises everything, the line breaks after half of it.
    const bytes = Buffer.from(text)
    response.writeHead(200, { ...headers, 'content-length': bytes.length })
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => reset(request))
  } else {
    response.writeHead(outcome.status, headers)
    response.end(text)
  }
}

/** Big files are read in parts (WECOM.md §8). */
function sendFile(
  response: ServerResponse,
  range: string | undefined,
  file: Buffer,
  headers: http.OutgoingHttpHeaders,
): void {
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  if (!wanted) {
    response.writeHead(200, headers)
    response.end(file)
    return
  }
  const from = Number(wanted[1])
  const to = Math.min(wanted[2] ? Number(wanted[2]) : file.length - 1, file.length - 1)
  if (from > to) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` })
    response.end()
    return
  }
  response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${to}/${file.length}` })
  response.end(file.subarray(from, to + 1))
}

function sendHtml502(response: ServerResponse): void {
  const page =
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>'
  response.writeHead(502, { 'content-type': 'text/html' })
  response.end(page)
}
