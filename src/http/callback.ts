/**
 * The callback door, `/wecom/callback` and `/wecom/callback/{app}`. It stands before everything else in the server: no
 * headers, no router, the body read raw. "success" goes out only after the commit; when the database is in trouble the
 * answer is 503, so that WeCom tries again. Every refusal looks the same.
 */
import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
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
  readonly recorder: Pick<Recorder, 'submit'>
  readonly reader: Reader
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'callback'>
}

/** Takes its requests before anything else looks at them. */
export interface CallbackDoor {
  readonly middleware: Middleware
}

const bodyBytes = 65_536
const door = /^\/wecom\/callback(?:\/[A-Za-z0-9_-]{1,32})?\/?$/

export function createCallbackDoor(parts: CallbackParts): CallbackDoor {
  return {
    async middleware(ctx, next) {
      if (!ctx.path.startsWith('/wecom/callback') || !door.test(ctx.path)) return next()
      ctx.type = 'text/plain; charset=utf-8'
      ctx.set('Cache-Control', 'no-store')
      try {
        if (ctx.method === 'GET') verify(parts, ctx)
        else if (ctx.method === 'POST') await take(parts, ctx)
        else answer(ctx, 405, 'method not allowed')
      } catch (error) {
        trouble(parts, ctx, error)
      }
      return undefined
    },
  }
}

function answer(ctx: Context, status: number, text: string): void {
  ctx.status = status
  ctx.body = text
}

const refuse = (parts: CallbackParts, ctx: Context, why: string): void => {
  parts.metrics.callback('refused')
  parts.log.info({ ip: ctx.ip, why }, 'a callback was refused')
  answer(ctx, 403, 'refused')
}

/** The console's test of the address: the decrypted text comes back as it is, within a second. */
function verify(parts: CallbackParts, ctx: Context): void {
  const { echostr } = ctx.query
  // Base64 holds `+`, which a query that was not encoded again turns into a blank.
  const text = typeof echostr === 'string' ? parts.codec.open(ctx.query, echostr.replaceAll(' ', '+')) : null
  if (text === null) return refuse(parts, ctx, 'verification')
  answer(ctx, 200, text)
}

async function take(parts: CallbackParts, ctx: Context): Promise<void> {
  const raw = await readBody(ctx.req)
  if (raw === null) {
    parts.metrics.callback('refused')
    ctx.set('Connection', 'close')
    return answer(ctx, 413, 'refused')
  }
  const encrypted = scanFields(raw.toString('utf8'))?.get('Encrypt')
  const body = encrypted === undefined ? null : parts.codec.open(ctx.query, encrypted)
  if (body === null)
    return refuse(parts, ctx, encrypted === undefined ? 'not authentic' : whyNot(parts, ctx, encrypted))
  const received = receive(parts.inbox, body, parts.clock.now())
  if (received === null) return refuse(parts, ctx, strangerIn(body) ?? 'not a callback for this app')
  const { happening } = received
  if (received.old && !(await isRecorded(parts.reader, happening))) return refuse(parts, ctx, 'too old')
  const { fresh } = await parts.recorder.submit(happening)
  parts.metrics.callback(fresh ? 'recorded' : 'known')
  answer(ctx, 200, 'success')
}

/** For the log only: every refusal is answered alike. */
function whyNot({ codec }: CallbackParts, ctx: Context, encrypted: string): string {
  const body = codec.openForOthers(ctx.query, encrypted)
  if (body === null) return 'not authentic'
  return strangerIn(body) ?? 'sealed for another corp'
}

function strangerIn(body: string): string | null {
  const found = thirdParty(body)
  return found === null
    ? null
    : `${found.infoType} of the third-party app ${found.suiteId}: this address belongs to a self-built app; enter it there only`
}

function trouble(parts: CallbackParts, ctx: Context, error: unknown): void {
  const outside = error instanceof OutsideFailure || isDatabaseTrouble(error)
  parts.metrics.callback(outside ? 'busy' : 'failed')
  if (outside) parts.log.warn({ err: error }, 'a callback could not be recorded; WeCom will send it again')
  else parts.log.error({ err: error }, 'a callback failed')
  ctx.set('Retry-After', '2')
  answer(ctx, outside ? 503 : 500, 'try again')
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
