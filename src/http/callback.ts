/**
 * The callback door, `/wecom/callback` and `/wecom/callback/{app}`. It stands before everything else in the server, Koa
 * among it, which costs as much as reading a callback: no headers, no router, the body read raw. "success" goes out only
 * after the commit; when the database is in trouble, or more wait than can be written in time, the answer is 503, so that
 * WeCom tries again. Every refusal looks the same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import { seconds } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { isDatabaseTrouble } from '../base/db.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Recorder } from '../interaction/index.ts'
import { isRecorded, receive, scanFields, thirdParty } from '../wecom/index.ts'
import type { Codec, Inbox } from '../wecom/index.ts'
import type { Metrics } from './metrics.ts'

export interface CallbackParts {
  readonly inbox: Inbox
  readonly codec: Codec
  readonly recorder: Pick<Recorder, 'submit' | 'full'>
  readonly reader: Reader
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'callback'>
}

export interface CallbackDoor {
  /** Is this request for the door? By its address alone. */
  takes(req: IncomingMessage): boolean
  /** Never rejects. `ip`: where it comes from, asked only for the log. */
  answer(req: IncomingMessage, res: ServerResponse, ip: () => string): Promise<void>
}

const bodyBytes = 65_536
const door = /^\/wecom\/callback(?:\/[A-Za-z0-9_-]{1,32})?\/?(?:\?|$)/

/** One request at the door. */
interface Visit {
  readonly req: IncomingMessage
  readonly query: ParsedUrlQuery
  readonly ip: () => string
  say(status: number, text: string, headers?: Readonly<Record<string, string>>): void
}

export function createCallbackDoor(parts: CallbackParts): CallbackDoor {
  const trouble = createTrouble(parts)
  return {
    takes: (req) => door.test(addressOf(req)),
    async answer(req, res, ip) {
      const visit: Visit = { req, query: queryOf(req), ip, say: sayTo(res) }
      try {
        if (req.method === 'GET') verify(parts, visit)
        else if (req.method === 'POST') await take(parts, visit)
        else visit.say(405, 'method not allowed')
      } catch (error) {
        trouble(visit, error)
      }
    },
  }
}

/** Path and query: a proxy may ask for the whole address (RFC 9112 §3.2.2). */
const addressOf = ({ url = '' }: IncomingMessage): string =>
  url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '')

function queryOf(req: IncomingMessage): ParsedUrlQuery {
  const address = addressOf(req)
  const from = address.indexOf('?')
  return from < 0 ? {} : parse(address.slice(from + 1))
}

const sayTo =
  (res: ServerResponse): Visit['say'] =>
  (status, text, headers = {}) => {
    // The caller has gone: nobody would hear it.
    if (res.destroyed || res.headersSent) return
    res.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(text),
      ...headers,
    })
    res.end(text)
  }

const refuse = (parts: CallbackParts, visit: Visit, why: string): void => {
  parts.metrics.callback('refused')
  parts.log.info({ ip: visit.ip(), why }, 'a callback was refused')
  visit.say(403, 'refused')
}

/** The console's test of the address: the decrypted text comes back as it is, within a second. */
function verify(parts: CallbackParts, visit: Visit): void {
  const { echostr } = visit.query
  // Base64 holds `+`, which a query that was not encoded again turns into a blank.
  const text =
    typeof echostr === 'string' ? parts.codec.open(visit.query, echostr.replaceAll(' ', '+')) : null
  if (text === null) return refuse(parts, visit, 'verification')
  visit.say(200, text)
}

async function take(parts: CallbackParts, visit: Visit): Promise<void> {
  const raw = await readBody(visit.req)
  if (raw === null) {
    parts.metrics.callback('refused')
    return visit.say(413, 'refused', { Connection: 'close' })
  }
  // What could not be written in time is not worth decrypting.
  if (parts.recorder.full()) throw new OutsideFailure('Too many callbacks are waiting to be recorded.')
  const encrypted = scanFields(raw.toString('utf8'))?.get('Encrypt')
  const body = encrypted === undefined ? null : parts.codec.open(visit.query, encrypted)
  if (body === null)
    return refuse(parts, visit, encrypted === undefined ? 'not authentic' : whyNot(parts, visit, encrypted))
  const received = receive(parts.inbox, body, parts.clock.now())
  if (received === null) return refuse(parts, visit, strangerIn(body) ?? 'not a callback for this app')
  const { happening } = received
  if (received.old && !(await isRecorded(parts.reader, happening))) return refuse(parts, visit, 'too old')
  const { fresh } = await parts.recorder.submit(happening)
  parts.metrics.callback(fresh ? 'recorded' : 'known')
  visit.say(200, 'success')
}

/** For the log only: every refusal is answered alike. */
function whyNot({ codec }: CallbackParts, { query }: Visit, encrypted: string): string {
  const body = codec.openForOthers(query, encrypted)
  if (body === null) return 'not authentic'
  return strangerIn(body) ?? 'sealed for another corp'
}

function strangerIn(body: string): string | null {
  const found = thirdParty(body)
  return found === null
    ? null
    : `${found.infoType} of the third-party app ${found.suiteId}: this address belongs to a self-built app; enter it there only`
}

/** A line for each refused callback would take longer than the refusals, just when there is no time. */
const tellEachMs = seconds(5)

function createTrouble({ metrics, log, clock }: CallbackParts): (visit: Visit, error: unknown) => void {
  let toldAt = -Infinity
  let more = 0
  return (visit, error) => {
    const outside = error instanceof OutsideFailure || isDatabaseTrouble(error)
    metrics.callback(outside ? 'busy' : 'failed')
    visit.say(outside ? 503 : 500, 'try again', { 'Retry-After': '2' })
    if (!outside) return log.error({ err: error }, 'a callback failed')
    const now = clock.steady()
    if (now - toldAt < tellEachMs) {
      more += 1
      return
    }
    // How many were refused since the last line without one of their own.
    log.warn({ err: error, more }, 'a callback could not be recorded; WeCom will send it again')
    toldAt = now
    more = 0
  }
}

/**
 * How much of a body that is too large is still read and thrown away, and for how long: a caller who is cut off while
 * writing sees a broken pipe instead of our 413.
 */
const drainBytes = 1_048_576
const drainMs = 1_000

/** Null when it is larger than any callback. */
function readBody(req: IncomingMessage): Promise<Buffer | null> {
  return new Promise((ok, fail) => {
    let parts: Buffer[] = []
    let size = 0
    let late: NodeJS.Timeout | undefined
    const tooLarge = (): void => {
      clearTimeout(late)
      req.pause()
      ok(null)
    }
    const isTooLarge = (): boolean => late !== undefined
    const drain = (): void => {
      parts = []
      late = setTimeout(tooLarge, drainMs)
    }
    if (Number(req.headers['content-length'] ?? 0) > bodyBytes) drain()
    req.on('data', (part: Buffer) => {
      size += part.length
      if (size > drainBytes) return tooLarge()
      if (!isTooLarge() && size > bodyBytes) drain()
      if (!isTooLarge()) parts.push(part)
    })
    req.once('end', () => {
      if (isTooLarge()) tooLarge()
      else ok(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))
    })
    const gone = (): void => {
      clearTimeout(late)
      fail(new OutsideFailure('The caller went away while sending.'))
    }
    req.once('error', gone)
    req.once('aborted', gone)
  })
}
