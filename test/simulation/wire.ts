/** Requests without sockets: the servers' own request listeners, met in memory. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { Dispatcher } from 'undici'
import type { Machine, Chance } from './machine.ts'

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** A socket that leads nowhere; `reset` is what the other side hears when it is cut. */
function deadEnd(reset: () => void): Socket {
  const stream = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done()
    },
  })
  const cut = (): Duplex => {
    reset()
    return stream
  }
  return Object.assign(stream, {
    remoteAddress: '127.0.0.1',
    encrypted: false,
    resetAndDestroy: cut,
    setTimeout: () => stream,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
  }) as unknown as Socket
}

/** Null when the connection was cut before an answer came. */
export function ask(
  listener: Listener,
  { method, path, headers = {}, body = '' }: Request,
): Promise<Answer | null> {
  return new Promise((ok) => {
    const socket = deadEnd(() => ok(null))
    const request = new IncomingMessage(socket)
    const bytes = Buffer.from(body)
    request.method = method
    request.url = path
    request.httpVersion = '1.1'
    request.headers = { host: '127.0.0.1:3000', 'content-length': String(bytes.length), ...headers }
    const response = new ServerResponse(request)
    const parts: Buffer[] = []
    const keep = (chunk: unknown): void => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) parts.push(Buffer.from(chunk))
    }
    response.write = (chunk: unknown): boolean => {
      keep(chunk)
      return true
    }
    response.end = (chunk?: unknown): ServerResponse => {
      keep(chunk)
      Object.defineProperty(response, 'headersSent', { value: true })
      response.emit('finish')
      response.emit('close')
      ok({
        status: response.statusCode,
        headers: response.getHeaders() as Answer['headers'],
        body: Buffer.concat(parts).toString('utf8'),
      })
      return response
    }
    listener(request, response)
    if (bytes.length > 0) request.push(bytes)
    request.push(null)
    request.complete = true
  })
}

// ------------------------------------------------------------------ to WeCom

export type WireFault = 'refused' | 'reset-before' | 'reset-after' | 'timeout-after' | 'bad-json'

export interface Wire {
  readonly dispatcher: Dispatcher
  /** How often each fault struck. */
  readonly struck: Readonly<Record<WireFault, number>>
  /** Access tokens that were handed out: secrets. */
  readonly tokens: ReadonlySet<string>
}

export interface WireParts {
  readonly machine: Machine
  readonly chance: Chance
  /** Whoever takes the requests: the simulator. */
  readonly listener: Listener
  /** The chance that a call meets a fault; 0 when all is well. */
  faults(): number
  onCall(api: string): void
}

const timeoutMs = 8_000
const faultKinds: readonly WireFault[] = [
  'refused',
  'reset-before',
  'reset-after',
  'timeout-after',
  'bad-json',
]

/** A call is two pieces of work, its arrival and its answer; between them anything may happen. */
export function createWire(parts: WireParts): Wire {
  const struck = { refused: 0, 'reset-before': 0, 'reset-after': 0, 'timeout-after': 0, 'bad-json': 0 }
  const tokens = new Set<string>()
  const { machine, chance } = parts
  let count = 0

  function begin(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const lane = `call ${String((count += 1))}`
    const fault = chance.hit(parts.faults()) ? chance.pick(faultKinds) : null
    if (fault) struck[fault] += 1
    let over = false
    handler.onConnect?.((reason) => {
      if (over) return
      over = true
      handler.onError?.(reason ?? failure('UND_ERR_ABORTED'))
    })
    const fail = (code: string): void => {
      if (!over) handler.onError?.(failure(code))
      over = true
    }
    machine.ask(lane, async () => {
      if (over) return
      if (fault === 'refused') return fail('ECONNREFUSED')
      if (fault === 'reset-before') return fail('ECONNRESET')
      parts.onCall(options.path.replace(/\?.*/, ''))
      const answer = await ask(parts.listener, requestOf(options))
      const token = /"access_token":"([^"]+)"/.exec(answer?.body ?? '')?.[1]
      if (token !== undefined) tokens.add(token)
      machine.ask(lane, () => {
        if (fault === 'timeout-after') return machine.after(timeoutMs, () => fail('UND_ERR_HEADERS_TIMEOUT'))
        if (fault === 'reset-after' || answer === null) return fail('ECONNRESET')
        if (over) return
        over = true
        const text = fault === 'bad-json' ? `${answer.body.slice(0, -1)},"oops":` : answer.body
        handler.onHeaders?.(answer.status, headersOf(answer), () => {}, '')
        handler.onData?.(Buffer.from(text))
        handler.onComplete?.([])
      })
    })
  }

  return {
    struck,
    tokens,
    dispatcher: new (class extends Dispatcher {
      override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
        begin(options, handler)
        return true
      }
      override close(): Promise<void>
      override close(callback: () => void): void
      override close(callback?: () => void): Promise<void> | void {
        callback?.()
        return Promise.resolve()
      }
    })(),
  }
}

const failure = (code: string): Error => Object.assign(new Error(code), { code })

const requestOf = ({ method, path, body }: Dispatcher.DispatchOptions): Request => ({
  method,
  path,
  headers: { 'content-type': 'application/json' },
  ...(typeof body === 'string' ? { body } : {}),
})

const headersOf = ({ headers }: Answer): Buffer[] =>
  Object.entries(headers).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(String(value))])
