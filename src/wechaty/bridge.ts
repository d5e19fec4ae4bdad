/**
 * Groups by wechaty: optional, off by default, in a process of its own, never on the critical path. It carries what
 * members say to the server over loopback HTTP and says the answer. It knows no game and no customer.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import type { Message, Wechaty } from 'wechaty'
import { z } from 'zod'
import type { Log } from '../base/log.ts'
import type { Throttle } from './throttle.ts'

export interface BridgeParts {
  readonly bot: Wechaty
  /** Address of the server, without a trailing slash. */
  readonly serverUrl: string
  readonly key: string
  readonly throttle: Throttle
  readonly log: Log
}

const answerShape = z.object({ fresh: z.boolean(), reply: z.string().max(2_000).optional() })
type HeardAnswer = z.infer<typeof answerShape>

const attempts = 3

/** Listens until the bot stops. Call before `bot.start()`; a login, not the start, means it is up. */
export function bridge(parts: BridgeParts): void {
  parts.bot.on('message', (message) => {
    void onMessage(parts, message)
  })
  parts.bot.on('login', (user) => parts.log.info({ user: user.id }, 'wechaty is logged in'))
  parts.bot.on('logout', (user, reason) =>
    parts.log.warn({ user: user.id, reason }, 'wechaty was logged out'),
  )
  parts.bot.on('error', (error: unknown) => parts.log.warn({ err: error }, 'wechaty reported an error'))
}

async function onMessage(parts: BridgeParts, message: Message): Promise<void> {
  try {
    // The bot never reacts to its own words, nor to one-on-one chats.
    if (message.self() || message.type() !== parts.bot.Message.Type.Text) return
    const room = message.room()
    if (!room) return
    const sender = message.talker()
    const answer = await tell(parts, {
      id: message.id,
      at: message.date().getTime(),
      room: { id: room.id, topic: await room.topic() },
      sender: { id: sender.id, name: sender.name() },
      text: message.text(),
    })
    if (answer.reply === undefined) return
    await parts.throttle.turn(room.id)
    await room.say(answer.reply)
  } catch (error) {
    parts.log.warn({ err: error, message: message.id }, 'a group message could not be handled')
  }
}

/** The server records a message once by its id, so telling it again after a lost answer is safe. */
async function tell(parts: BridgeParts, body: object): Promise<HeardAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { statusCode, body: answer } = await request(`${parts.serverUrl}/api/v1/group-messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${parts.key}` },
        body: JSON.stringify(body),
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      })
      const text = await answer.text()
      if (statusCode === 200) return answerShape.parse(JSON.parse(text))
      if (statusCode < 500)
        throw new Error(`The server refused a group message: ${String(statusCode)} ${text.slice(0, 200)}`)
      if (attempt >= attempts) throw new Error(`The server answers ${String(statusCode)}.`)
    } catch (error) {
      if (attempt >= attempts || !(error instanceof Error && 'code' in error)) throw error
    }
    await wait(500 * 2 ** attempt)
  }
}
