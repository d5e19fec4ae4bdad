/**
 * The long connection of the smart bot, by WeCom's own SDK (WECOM.md §4.4), loaded when a bot is configured. The SDK
 * connects again by itself, at longer and longer pauses up to 30 s; it does not after it was kicked or refused.
 */
import type { WsFrame } from '@wecom/aibot-node-sdk'
import { z } from 'zod'
import type { BotSettings } from '../../base/env.ts'
import { messageOf } from '../../base/errors.ts'

export interface Asked {
  readonly msgid: string
  readonly userid: string
  /** Null alone with the bot. */
  readonly chat: string | null
  /** Null for whatever is no text. */
  readonly text: string | null
  /** Said once; rejects when WeCom refused it or its answer was lost. */
  answer(markdown: string): Promise<void>
}

export interface Entered {
  readonly userid: string
  /** Within five seconds. */
  welcome(text: string): Promise<void>
}

export interface Handlers {
  onReady(): void
  onDown(why: string): void
  /** Another connection took the bot: this one is over. */
  onKicked(): void
  /** WeCom does not know these keys: this one is over. */
  onRefused(why: string): void
  onAsked(asked: Asked): void
  onEntered(entered: Entered): void
}

export interface BotConnection {
  close(): void
}

export type OpenConnection = (settings: BotSettings, handlers: Handlers) => Promise<BotConnection>

const shape = z.object({
  msgid: z.string().min(1).max(256),
  aibotid: z.string().optional(),
  chattype: z.string().optional(),
  chatid: z.string().max(256).optional(),
  from: z.object({ userid: z.string().min(1).max(64) }),
  msgtype: z.string(),
  text: z.object({ content: z.string() }).optional(),
  /** WeCom writes down what was spoken. */
  voice: z.object({ content: z.string() }).optional(),
})

/** The SDK's own log would hold what people write. */
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export const openBotConnection: OpenConnection = async (settings, handlers) => {
  const { WSClient, generateReqId } = await import('@wecom/aibot-node-sdk')
  const client = new WSClient({
    botId: settings.id,
    secret: settings.secret,
    wsUrl: settings.url,
    maxReconnectAttempts: -1,
    // Refused keys do not become right by trying: the next try is ours, later.
    maxAuthFailureAttempts: 0,
    logger: silent,
  })
  let over = false
  const end = (tell: () => void): void => {
    if (over) return
    over = true
    client.disconnect()
    tell()
  }
  let why = 'the connection was closed'
  client.on('authenticated', handlers.onReady)
  client.on('disconnected', (reason) => {
    if (!over) handlers.onDown(`${why} (${reason})`)
  })
  client.on('error', (error) => {
    why = messageOf(error)
    if (isRefusal(error)) end(() => handlers.onRefused(why))
    else if (!over) handlers.onDown(why)
  })
  client.on('event.disconnected_event', () => end(() => handlers.onKicked()))
  client.on('message', (frame) => {
    const read = shape.safeParse(frame.body)
    // Its own words never reach it, as far as is told; should they, they are no question.
    if (!read.success || read.data.from.userid === settings.id) return
    const { msgid, from, chattype, chatid, text, voice } = read.data
    handlers.onAsked({
      msgid,
      userid: from.userid,
      chat: chattype === 'group' ? (chatid ?? '') : null,
      text: (text ?? voice)?.content ?? null,
      answer: (markdown) => settled(client.replyStream(frame, generateReqId('stream'), markdown, true)),
    })
  })
  client.on('event.enter_chat', (frame) => {
    const userid = frame.body?.from.userid
    if (userid === undefined) return
    const welcome = (content: string): Promise<void> =>
      settled(client.replyWelcome(frame, { msgtype: 'text', text: { content } }))
    handlers.onEntered({ userid, welcome })
  })
  client.connect()
  return { close: () => end(() => {}) }
}

/** The SDK rejects with the frame that refused, which is no Error. */
async function settled(sent: Promise<WsFrame>): Promise<void> {
  try {
    await sent
  } catch (error) {
    if (error instanceof Error) throw error
    const { errcode, errmsg } = error as WsFrame
    throw new Error(`WeCom refused the bot's words: ${String(errcode)} ${errmsg ?? ''}`, { cause: error })
  }
}

const isRefusal = (error: Error): boolean =>
  'code' in error
    ? error.code === 'WS_AUTH_FAILURE_EXHAUSTED'
    : error.message.startsWith('Authentication failed')
