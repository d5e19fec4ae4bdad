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
import { meaningOf, wantsOtherRequest } from './errors.ts'
import { createCircuit, createLanes, createSemaphore, limits } from './limits.ts'
import type { Circuit } from './limits.ts'
import { formOf } from './multipart.ts'
import type { FormFile } from './multipart.ts'
import { createQuotas } from './quota.ts'
import type { Budget } from './quota.ts'
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
  readonly body?: object | string
  /** A POST with this file as a form, in place of `body`. */
  readonly file?: FormFile
  /** What the answer must look like. */
  readonly answer: S
  /** Reads only, or sets what would be set again equally: repeated on `unknown` too. */
  readonly repeatable?: boolean
  /** Calls with the same key go one after the other, whichever API they call. */
  readonly oneAtATime?: string
  /** Whose limit it counts against, where each robot, msgid, ... has its own (limits.ts). */
  readonly countedFor?: string
  /** `none`: the query carries a key of its own in place of an access token. */
  readonly token?: 'none'
  /** Longest wait for this answer, where it is not the client's. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

export interface DownloadOptions extends Pick<CallOptions<z.ZodType>, 'query' | 'timeoutMs' | 'signal'> {
  /** First and last byte wanted; all of it when absent. */
  readonly range?: readonly [number, number]
}

export interface Downloaded {
  readonly bytes: Uint8Array
  /** As WeCom says it, for example `image/png`; may be empty. */
  readonly type: string
  /** The file's own name; empty when WeCom does not tell. */
  readonly name: string
}

export interface WecomClient {
  call<S extends z.ZodType>(api: string, options: CallOptions<S>): Promise<Result<z.output<S>>>
  /** For the few calls that answer a file; their errors come as documents with HTTP 200 (WECOM.md §8). */
  download(api: string, options: DownloadOptions): Promise<Result<Downloaded>>
  tokenState(): TokenState
  /** What is used of WeCom's ceilings, as far as this process called. */
  budgets(): Budget[]
  /** APIs that WeCom has blocked (45009), and for how long still. */
  blocked(): { readonly api: string; readonly ms: number }[]
  /** Makes sure there is a token, for start-up and `doctor`. */
  warmUp(): Promise<Result<string>>
  close(): Promise<void>
}

/** Calls of one API under way together, until 45033 says otherwise (WECOM.md §1.1). Welcomes have seconds only. */
const atOnce = 8
const welcomesAtOnce = 16
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
  const send = createTransport(settings, parts, agent)
  const semaphores = new Map<string, ReturnType<typeof createSemaphore>>()
  const circuits = new Map<string, Circuit>()
  const quotas = createQuotas(parts.clock, limits)
  const lanes = createLanes()
  const issue = async (): Promise<Result<Issued>> => {
    const query = { corpid: settings.corpId, corpsecret: settings.agentSecret }
    const ask = () => send('gettoken', { query, understand: documentOf(tokenAnswer) })
    const first = await ask()
    // Asking for a token changes nothing, so one lost answer need not fail the calls that wait for it.
    const issued = first.kind === 'unknown' ? await ask() : first
    if (issued.kind !== 'ok') return issued
    const { access_token, expires_in } = issued.value
    return { kind: 'ok', value: { token: access_token, expiresInMs: expires_in * 1000 } }
  }
  const token = createTokenSource(parts.clock, issue, parts.sharedToken)
  const semaphoreOf = (api: string) =>
    kept(semaphores, api, () =>
      createSemaphore(api === 'externalcontact/send_welcome_msg' ? welcomesAtOnce : atOnce, parts.clock),
    )
  /** A robot that is over its limit silences no other. */
  const circuitOf = (api: string, { token: kind, countedFor }: Attempt<unknown>): Circuit =>
    kept(circuits, kind === 'none' ? `${api} ${countedFor ?? ''}` : api, () => createCircuit(parts.clock))

  /** One attempt with a token; a token that WeCom refuses is replaced once. */
  async function withToken<T>(api: string, attempt: Attempt<T>): Promise<Result<T>> {
    if (attempt.token === 'none') return send(api, attempt)
    for (let renewed = false; ; renewed = true) {
      const access = await token.get()
      if (access.kind === 'error')
        return { ...access, reaction: access.reaction === 'refresh' ? 'retry' : access.reaction }
      if (access.kind !== 'ok') {
        // Without a token nothing of this call has left, whatever became of the request for one.
        return { kind: 'notSent', why: `no access token: ${access.why}`, retryAfterMs: unreachableRetryMs }
      }
      const result = await send(api, { ...attempt, query: { ...attempt.query, access_token: access.value } })
      if (result.kind !== 'error' || result.reaction !== 'refresh' || renewed) return result
      token.drop(access.value)
    }
  }

  async function guarded<T>(api: string, attempt: Attempt<T>): Promise<Result<T>> {
    const place = quotas.take(api, attempt.countedFor)
    if (place.kind === 'full') return limited(place.waitMs, place.code)
    const circuit = circuitOf(api, attempt)
    const waitMs = circuit.wait()
    if (waitMs > 0) {
      place.settle('stayed')
      return limited(waitMs)
    }
    const round = circuit.round()
    const result = await withToken(api, attempt)
    place.settle(result.kind === 'error' ? 'refused' : result.kind === 'notSent' ? 'stayed' : 'left')
    if (result.kind === 'error' && result.code === 45009) return limited(circuit.blocked())
    if (result.kind === 'ok' || result.kind === 'error') circuit.passed(round)
    else circuit.undecided(round)
    return result
  }

  async function repeated<T>(api: string, attempt: Attempt<T>): Promise<Result<T>> {
    for (let repeats = 0; ; repeats += 1) {
      if (closed) return { kind: 'notSent', why: 'the server is stopping', retryAfterMs: 0 }
      const semaphore = semaphoreOf(api)
      const result = await semaphore(() => guarded(api, attempt))
      const isCrowded = result.kind === 'error' && result.code === 45033
      if (isCrowded) semaphore.crowded()
      const again =
        (result.kind === 'error' && result.reaction === 'retry' && !wantsOtherRequest(result.code)) ||
        (attempt.repeatable === true && (result.kind === 'unknown' || result.kind === 'notSent'))
      if (!again || repeats >= maxRepeats || attempt.signal?.aborted === true) return result
      const base = settings.retryBaseMs ?? defaultRetryBaseMs
      // Jitter, so that calls that failed together do not come back together. 45033: one to three seconds.
      await pause(
        isCrowded ? base * (2 + 4 * Math.random()) : base * 2 ** repeats * (0.75 + Math.random() / 2),
      )
    }
  }

  return {
    call(api, { answer, ...rest }) {
      const attempt = { ...rest, understand: documentOf(answer) }
      return rest.oneAtATime === undefined
        ? repeated(api, attempt)
        : lanes(rest.oneAtATime, () => repeated(api, attempt))
    },
    download: (api, options) => repeated(api, { ...options, repeatable: true, understand: fileOf }),
    tokenState: () => token.state(),
    budgets: () => quotas.budgets(),
    blocked: () =>
      [...circuits].flatMap(([key, circuit]) => {
        const ms = circuit.blockedMs()
        // A robot's key is a secret; its circuit is called after both.
        return ms > 0 ? [{ api: key.split(' ')[0] ?? key, ms }] : []
      }),
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

function limited(retryAfterMs: number, code = 45009): Result<never> {
  return { kind: 'error', code, ...meaningOf(code), retryAfterMs }
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

/** What came back, whole. */
interface Heard {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
}

/** One call, and how its answer is read. */
interface Attempt<T> extends Omit<CallOptions<z.ZodType>, 'answer'> {
  readonly range?: readonly [number, number]
  readonly understand: (heard: Heard) => Result<T>
}

type Send = <T>(api: string, attempt: Attempt<T>) => Promise<Result<T>>

function createTransport(settings: ClientSettings, parts: ClientParts, agent: Dispatcher): Send {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs
  return async (api, attempt) => {
    const startedAt = parts.clock.steady()
    const result = await transmit(settings.apiUrl, attempt.timeoutMs ?? timeoutMs, agent, api, attempt)
    const name = result.kind === 'error' ? result.name : result.kind
    parts.onCall?.(api, name, parts.clock.steady() - startedAt)
    return result
  }
}

async function transmit<T>(
  apiUrl: string,
  timeoutMs: number,
  dispatcher: Dispatcher,
  api: string,
  attempt: Attempt<T>,
): Promise<Result<T>> {
  if (attempt.signal?.aborted === true)
    return { kind: 'notSent', why: 'given up before the call', retryAfterMs: unreachableRetryMs }
  const url = `${apiUrl}/cgi-bin/${api}?${new URLSearchParams(attempt.query).toString()}`
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await request(url, {
      dispatcher,
      signal: attempt.signal === undefined ? limit : AbortSignal.any([limit, attempt.signal]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...contentOf(attempt),
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    return attempt.understand({ status: answer.statusCode, headers: answer.headers, bytes })
  } catch (error) {
    const why = messageOf(error)
    return beforeSending.has(codeOf(error))
      ? { kind: 'notSent', why: `WeCom cannot be reached: ${why}`, retryAfterMs: unreachableRetryMs }
      : { kind: 'unknown', why: `the call ended without an answer: ${why}` }
  }
}

function contentOf({ body, file, range }: Attempt<unknown>) {
  if (file !== undefined) {
    const form = formOf(file)
    return { method: 'POST' as const, body: form.body, headers: { 'content-type': form.contentType } }
  }
  if (body !== undefined) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { method: 'POST' as const, body: text, headers: { 'content-type': 'application/json' } }
  }
  if (range === undefined) return { method: 'GET' as const }
  return { method: 'GET' as const, headers: { range: `bytes=${String(range[0])}-${String(range[1])}` } }
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
const documentOf =
  <S extends z.ZodType>(answer: S) =>
  ({ status, bytes }: Heard): Result<z.output<S>> => {
    let document: unknown
    try {
      document = JSON.parse(new TextDecoder().decode(bytes))
    } catch (error) {
      return { kind: 'unknown', why: `the answer (HTTP ${String(status)}) is no JSON: ${messageOf(error)}` }
    }
    const coded = outline.safeParse(document)
    if (!coded.success) return { kind: 'unknown', why: 'the answer carries no errcode that can be read' }
    const code = coded.data.errcode
    if (code !== 0) return { kind: 'error', code, ...meaningOf(code) }
    const parsed = answer.safeParse(document)
    if (parsed.success) return { kind: 'ok', value: parsed.data }
    const [issue] = parsed.error.issues
    return {
      kind: 'unknown',
      why: `the answer has another shape than documented: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    }
  }

/** 206: a part of it, as asked. */
const fileStatuses = [200, 206]

/** A file that is itself JSON or text comes with a name; WeCom's own documents do not, and begin like one. */
function fileOf(heard: Heard): Result<Downloaded> {
  const type = headerOf(heard, 'content-type')
  const disposition = headerOf(heard, 'content-disposition')
  const isDocument =
    /^(application\/json|text\/)/i.test(type) || (type === '' && heard.bytes[0] === openingBrace)
  const isFile = disposition !== '' || !isDocument
  if (isFile && fileStatuses.includes(heard.status))
    return { kind: 'ok', value: { bytes: heard.bytes, type, name: nameIn(disposition) } }
  const read = documentOf(z.object({}))(heard)
  if (read.kind !== 'ok') return read
  return { kind: 'unknown', why: `a document (HTTP ${String(heard.status)}) came in place of a file` }
}

const openingBrace = 0x7b

function headerOf({ headers }: Heard, name: string): string {
  const value = headers[name]
  // Headers are read byte by byte; names in them are UTF-8.
  return Buffer.from(typeof value === 'string' ? value : '', 'latin1').toString('utf8')
}

const nameIn = (disposition: string): string =>
  /filename="([^"]*)"/i.exec(disposition)?.[1] ?? /filename=([^;]*)/i.exec(disposition)?.[1]?.trim() ?? ''
