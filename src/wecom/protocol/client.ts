/**
 * The one way to the WeCom API. Tokens, limits, retries and the question "may it have left?" are answered here; callers
 * see a `Result` and never an exception. Retries happen only where they cannot do a thing twice: a code that says "not
 * done", or a call that only reads.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { meaningOf } from './errors.ts'
import { createCircuit, createLanes, createSemaphore } from './limits.ts'
import type { Circuit } from './limits.ts'
import type { Result } from './result.ts'
import { createTokenSource } from './token.ts'
import type { Issued, SharedToken, TokenState } from './token.ts'

export interface ClientSettings {
  readonly apiUrl: string
  readonly corpId: string
  readonly agentSecret: string
  /** Longest wait for an answer. */
  readonly timeoutMs?: number
  /** First pause before a repetition; doubles. */
  readonly retryBaseMs?: number
}

export interface ClientParts {
  readonly clock: Clock
  /** Null: the token is this process's own. */
  readonly sharedToken?: SharedToken | null
  /** For the metrics: path, `ok` or the name of the failure, milliseconds. */
  readonly onCall?: (api: string, result: string, ms: number) => void
  /** How requests travel; sockets unless a simulation says otherwise. */
  readonly dispatcher?: Dispatcher | undefined
}

export interface CallOptions<S extends z.ZodType> {
  readonly query?: Readonly<Record<string, string>>
  /** A POST when present. Text goes out byte for byte. */
  readonly body?: Readonly<Record<string, unknown>> | string
  /** What the answer must look like. */
  readonly answer: S
  /** Reads only, or sets what would be set again equally: repeated on `unknown` too. */
  readonly repeatable?: boolean
  /** Calls with the same key go one after the other. */
  readonly oneAtATime?: string
  readonly signal?: AbortSignal | undefined
}

export interface WecomClient {
  call<S extends z.ZodType>(api: string, options: CallOptions<S>): Promise<Result<z.output<S>>>
  tokenState(): TokenState
  /** Makes sure there is a token, for start-up and `doctor`. */
  warmUp(): Promise<Result<string>>
  close(): Promise<void>
}

const atOnce = 6
const maxRepeats = 3
const defaultTimeoutMs = 8_000
const defaultRetryBaseMs = 500
/** When WeCom could not be reached at all. */
const unreachableRetryMs = 5_000

const tokenAnswer = z.object({
  access_token: z.string().min(1).max(2_048),
  expires_in: z.coerce.number().positive(),
})

export function createClient(settings: ClientSettings, parts: ClientParts): WecomClient {
  let closed = false
  const agent =
    parts.dispatcher ?? new Agent({ connections: 64, connect: { timeout: 3_000 }, keepAliveTimeout: 30_000 })
  const post = createTransport(settings, parts, agent)
  const semaphores = new Map<string, ReturnType<typeof createSemaphore>>()
  const circuits = new Map<string, Circuit>()
  const lanes = createLanes()
  const issue = async (): Promise<Result<Issued>> => {
    const query = { corpid: settings.corpId, corpsecret: settings.agentSecret }
    const ask = () => post('gettoken', { query, answer: tokenAnswer })
    const first = await ask()
    // Asking for a token changes nothing, so one lost answer need not fail the calls that wait for it.
    const issued = first.kind === 'unknown' ? await ask() : first
    if (issued.kind !== 'ok') return issued
    const { access_token, expires_in } = issued.value
    return { kind: 'ok', value: { token: access_token, expiresInMs: expires_in * 1000 } }
  }
  const token = createTokenSource(parts.clock, issue, parts.sharedToken)
  const circuitOf = (api: string): Circuit => kept(circuits, api, () => createCircuit(parts.clock))
  const semaphoreOf = (api: string) => kept(semaphores, api, () => createSemaphore(atOnce))

  /** One attempt with a token; a token that WeCom refuses is replaced once. */
  async function withToken<S extends z.ZodType>(
    api: string,
    options: CallOptions<S>,
  ): Promise<Result<z.output<S>>> {
    for (let renewed = false; ; renewed = true) {
      const access = await token.get()
      if (access.kind === 'error')
        return { ...access, reaction: access.reaction === 'refresh' ? 'retry' : access.reaction }
      if (access.kind !== 'ok') {
        // Without a token nothing of this call has left, whatever became of the request for one.
        return { kind: 'notSent', why: `no access token: ${access.why}`, retryAfterMs: unreachableRetryMs }
      }
      const result = await post(api, { ...options, query: { ...options.query, access_token: access.value } })
      if (result.kind !== 'error' || result.reaction !== 'refresh' || renewed) return result
      token.drop(access.value)
    }
  }

  async function guarded<S extends z.ZodType>(
    api: string,
    options: CallOptions<S>,
  ): Promise<Result<z.output<S>>> {
    const circuit = circuitOf(api)
    const waitMs = circuit.wait()
    if (waitMs > 0) return limited(waitMs)
    const result = await withToken(api, options)
    if (result.kind === 'error' && result.code === 45009) return limited(circuit.blocked())
    if (result.kind === 'ok' || result.kind === 'error') circuit.passed()
    else circuit.undecided()
    return result
  }

  async function repeated<S extends z.ZodType>(
    api: string,
    options: CallOptions<S>,
  ): Promise<Result<z.output<S>>> {
    for (let repeats = 0; ; repeats += 1) {
      if (closed) return { kind: 'notSent', why: 'the server is stopping', retryAfterMs: 0 }
      const result = await semaphoreOf(api)(() => guarded(api, options))
      const again =
        (result.kind === 'error' && result.reaction === 'retry') ||
        (options.repeatable === true && (result.kind === 'unknown' || result.kind === 'notSent'))
      if (!again || repeats >= maxRepeats || options.signal?.aborted === true) return result
      const base = settings.retryBaseMs ?? defaultRetryBaseMs
      // Jitter, so that calls that failed together do not come back together.
      await pause(base * 2 ** repeats * (0.75 + Math.random() / 2))
    }
  }

  return {
    call: (api, options) =>
      options.oneAtATime === undefined
        ? repeated(api, options)
        : lanes(`${api} ${options.oneAtATime}`, () => repeated(api, options)),
    tokenState: () => token.state(),
    warmUp: () => token.get(),
    async close() {
      closed = true
      await agent.close()
    },
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}

function limited(retryAfterMs: number): Result<never> {
  const { name, reaction, words } = meaningOf(45009)
  return { kind: 'error', code: 45009, name, reaction, words, retryAfterMs }
}

// ------------------------------------------------------------------ transport

/** Errors that come before a connection stands: the request cannot have left. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

type Post = <S extends z.ZodType>(
  api: string,
  options: Pick<CallOptions<S>, 'query' | 'body' | 'answer' | 'signal'>,
) => Promise<Result<z.output<S>>>

function createTransport(settings: ClientSettings, parts: ClientParts, agent: Dispatcher): Post {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs
  return async (api, options) => {
    const startedAt = parts.clock.steady()
    const result = await transmit(settings.apiUrl, timeoutMs, agent, api, options)
    const name = result.kind === 'error' ? result.name : result.kind
    parts.onCall?.(api, name, parts.clock.steady() - startedAt)
    return result
  }
}

async function transmit<S extends z.ZodType>(
  apiUrl: string,
  timeoutMs: number,
  dispatcher: Dispatcher,
  api: string,
  options: Pick<CallOptions<S>, 'query' | 'body' | 'answer' | 'signal'>,
): Promise<Result<z.output<S>>> {
  if (options.signal?.aborted === true)
    return { kind: 'notSent', why: 'given up before the call', retryAfterMs: unreachableRetryMs }
  const body = typeof options.body === 'object' ? JSON.stringify(options.body) : options.body
  const url = `${apiUrl}/cgi-bin/${api}?${new URLSearchParams(options.query).toString()}`
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await request(url, {
      dispatcher,
      signal: options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(body === undefined
        ? { method: 'GET' as const }
        : { method: 'POST' as const, body, headers: { 'content-type': 'application/json' } }),
    })
    return understand(await answer.body.text(), answer.statusCode, options.answer)
  } catch (error) {
    const why = messageOf(error)
    return beforeSending.has(codeOf(error))
      ? { kind: 'notSent', why: `WeCom cannot be reached: ${why}`, retryAfterMs: unreachableRetryMs }
      : { kind: 'unknown', why: `the call ended without an answer: ${why}` }
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses were tried: all of them must have failed before sending.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return 'cause' in error ? codeOf(error.cause) : ''
}

const outline = z.object({ errcode: z.coerce.number().int().default(0) })

/** Success is `errcode` absent or 0 (WECOM.md §0.1); anything that is not such a document may hide a success. */
function understand<S extends z.ZodType>(text: string, status: number, answer: S): Result<z.output<S>> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return { kind: 'unknown', why: `the answer (HTTP ${String(status)}) is no JSON: ${messageOf(error)}` }
  }
  const coded = outline.safeParse(document)
  if (!coded.success) return { kind: 'unknown', why: 'the answer carries no errcode that can be read' }
  const code = coded.data.errcode
  if (code !== 0) {
    const { name, reaction, words } = meaningOf(code)
    return { kind: 'error', code, name, reaction, words }
  }
  const parsed = answer.safeParse(document)
  if (parsed.success) return { kind: 'ok', value: parsed.data }
  const [issue] = parsed.error.issues
  return {
    kind: 'unknown',
    why: `the answer has another shape than documented: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  }
}
