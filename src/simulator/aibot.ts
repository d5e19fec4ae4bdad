import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import { commands } from './aibot-commands.ts'
import type { Context } from './context.ts'
import { ApiError } from './errors.ts'
import { isBody, optionalPart, optionalText, text, type Body } from './params.ts'
import type { Fault, FaultKind } from './types.ts'
import { wait } from './wire.ts'

export const botPath = '/aibot'

/** A chunk of 512 KB is some 700,000 characters of Base64. */
const mostFrameBytes = 1024 * 1024

/** Who holds the bot's connection. */
export interface BotLine {
  push(cmd: 'aibot_msg_callback' | 'aibot_event_callback', body: Body): string
  /** The platform's own way: it says so, then closes. */
  kick(): void
  /** The network's way: nothing is said. */
  cut(): void
}

const striking: readonly FaultKind[] = [
  'refuse',
  'reset-before',
  'reset-after',
  'timeout-after',
  'errcode',
  'bad-json',
]

/**
 * The long connection of the smart bot (WECOM.md §4.4): frames of JSON, an acknowledgement with the same req_id for
 * each. Frames are not encrypted. A second connection of the same bot ends the first.
 */
export function openBotDoor(ctx: Context, server: Server): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: mostFrameBytes })
  server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://simulator').pathname !== botPath) return void socket.destroy()
    sockets.handleUpgrade(request, socket, head, (ws) => serve(ctx, ws))
  })
}

function serve(ctx: Context, ws: WebSocket): void {
  const line = lineOf(ctx, ws)
  ws.on('message', (data: Buffer) => {
    answer(ctx, ws, line, data.toString('utf8')).catch((error: unknown) => {
      // A defect of ours must be seen by whoever tests against it.
      ws.close(1011, error instanceof Error ? error.message.slice(0, 120) : 'failed')
    })
  })
  // A frame that is too large or no UTF-8 ends the connection; there is nobody else to tell.
  ws.on('error', () => ws.terminate())
  ws.on('close', () => {
    if (ctx.bot.line === line) ctx.bot.line = null
  })
}

function lineOf(ctx: Context, ws: WebSocket): BotLine {
  const push: BotLine['push'] = (cmd, body) => {
    const reqId = ctx.rng.text(32)
    ws.send(JSON.stringify({ cmd, headers: { req_id: reqId }, body }))
    return reqId
  }
  return {
    push,
    kick() {
      push('aibot_event_callback', {
        msgid: ctx.rng.text(32),
        create_time: Math.floor(ctx.clock.now() / 1000),
        aibotid: ctx.bot.botId,
        msgtype: 'event',
        event: { eventtype: 'disconnected_event' },
      })
      ws.close()
    },
    cut: () => ws.terminate(),
  }
}

/** The life of one frame: faults, the deed, the acknowledgement. */
async function answer(ctx: Context, ws: WebSocket, line: BotLine, raw: string): Promise<void> {
  const frame = readFrame(raw)
  if (!frame) return ws.close(1007, 'a frame is {cmd, headers: {req_id}, body}')
  const { cmd, reqId } = frame
  const at = ctx.clock.now()
  const slow = ctx.faults.strike(cmd, at, ['slow'])
  const fault = ctx.faults.strike(cmd, at, striking)
  const note = (errcode: number | null): void => {
    const kind = fault?.kind ?? slow?.kind ?? null
    ctx.calls.push({ seq: ctx.calls.length + 1, api: cmd, at, errcode, fault: kind, agentId: null })
  }
  if (fault?.kind === 'refuse' || fault?.kind === 'reset-before') {
    note(null)
    return ws.terminate()
  }
  const ack = perform(ctx, line, frame, fault)
  if (slow) await wait(slow.ms ?? 1000)
  const silent = fault?.kind === 'timeout-after' || fault?.kind === 'reset-after'
  note(silent ? null : ack.errcode)
  if (fault?.kind === 'timeout-after') return
  if (fault?.kind === 'reset-after') return ws.terminate()
  ws.send(fault?.kind === 'bad-json' ? '{"headers":' : JSON.stringify({ headers: { req_id: reqId }, ...ack }))
  if (cmd === 'aibot_subscribe' && ack.errcode !== 0) ws.close()
}

interface Frame {
  readonly cmd: string
  readonly reqId: string
  readonly body: Body
}

function readFrame(raw: string): Frame | null {
  try {
    const parsed: unknown = JSON.parse(raw)
    if (!isBody(parsed)) return null
    const headers = optionalPart(parsed, 'headers') ?? {}
    return {
      cmd: text(parsed, 'cmd'),
      reqId: optionalText(headers, 'req_id') ?? '',
      body: optionalPart(parsed, 'body') ?? {},
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ApiError) return null
    throw error
  }
}

interface Ack {
  readonly errcode: number
  readonly errmsg: string
  readonly body?: Body
}

function perform(ctx: Context, line: BotLine, frame: Frame, fault: Fault | null): Ack {
  try {
    if (fault?.kind === 'errcode') throw new ApiError(fault.errcode ?? -1)
    if (frame.cmd === 'aibot_subscribe') subscribe(ctx, line, frame.body)
    else if (ctx.bot.line !== line) throw new ApiError(846609)
    const command = commands.get(frame.cmd)
    if (!command) throw new ApiError(40066, frame.cmd)
    const body = command(ctx, frame.reqId, frame.body)
    return { errcode: 0, errmsg: 'ok', ...(body ? { body } : {}) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { errcode: error.code, errmsg: error.message }
  }
}

function subscribe(ctx: Context, line: BotLine, body: Body): void {
  if (text(body, 'bot_id') !== ctx.bot.botId || text(body, 'secret') !== ctx.bot.botSecret)
    throw new ApiError(40001)
  const before = ctx.bot.line
  ctx.bot.line = line
  if (before && before !== line) before.kick()
}
