/**
 * What the wechaty process hears in a group, and what it shall answer. The line is recorded once by the message's id;
 * a game command in it is played. The answer goes back on the request that brought the command: it is what the person
 * waits for, so it is not a promise of the outbox.
 */
import { z } from 'zod'
import type { Act } from '../../base/act.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { kindOf, listGames, play, stateOf } from '../../game/index.ts'
import type { Game, Move } from '../../game/index.ts'
import type { Recorder } from '../../interaction/index.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'

export const groupMessageBody = z.object({
  id: z.string().min(1).max(128),
  at: z.number().int().positive(),
  room: z.object({ id: z.string().min(1).max(128), topic: z.string().max(128).default('') }),
  sender: z.object({ id: z.string().min(1).max(128), name: z.string().max(128).default('') }),
  text: z.string().max(4_000),
})
type GroupMessage = z.infer<typeof groupMessageBody>

export interface GroupMessageAnswer {
  readonly fresh: boolean
  /** What to say in the group, if anything. */
  readonly reply?: string
}

export interface GroupMessageParts {
  readonly act: Act
  readonly reader: Reader
  readonly recorder: Recorder
  /** The WeCom group of this room, by id or by a name only one active group has. */
  groupOf(room: GroupMessage['room']): Promise<string | null>
  isMember(chat: string, external: string): Promise<boolean>
  playerKey(external: string): Promise<string>
  /** The address of a game's page for everybody, without a batch. */
  gameAddress(game: string): string
}

export const groupMessageRoutes = (parts: GroupMessageParts): Route[] => [
  {
    method: 'POST',
    path: '/api/v1/group-messages',
    access: { kind: 'key' },
    handle: (call) => heard(parts, call),
  },
]

async function heard(parts: GroupMessageParts, call: Call): Promise<Answer> {
  const message = parse(groupMessageBody, call.body)
  const chat = await parts.groupOf(message.room)
  const known = chat !== null && (await parts.isMember(chat, message.sender.id))
  const external = known ? message.sender.id : `wechaty:${message.sender.id}`
  const { fresh } = await parts.recorder.submit({
    kind: 'group-said',
    at: Math.min(message.at, call.now),
    source: 'wechaty',
    sourceKey: message.id,
    who: { external, chat: chat ?? `wechaty:${message.room.id}` },
    detail: { length: [...message.text].length },
    said: message.text,
  })
  // The same message again: it was played and answered before.
  if (!fresh) return { json: { fresh } satisfies GroupMessageAnswer }
  const command = await commandIn(parts.reader, message.text, call.now)
  if (!command) return { json: { fresh } satisfies GroupMessageAnswer }
  const reply =
    chat !== null && !known
      ? // One vote a person whatever the channel: whom we cannot tell apart plays on the page, where OAuth tells us.
        `@${message.sender.name} 请点这里参与：${parts.gameAddress(command.game.id)}`
      : await answerTo(parts, message, external, command.game, command.move)
  return { json: { fresh, reply } satisfies GroupMessageAnswer }
}

/** The newest open game that understands this line. */
async function commandIn(
  reader: Reader,
  text: string,
  now: number,
): Promise<{ game: Game; move: Move } | null> {
  for (const game of await listGames(reader, now)) {
    if (stateOf(game, now) !== 'open') continue
    const move = kindOf(game.kind).readText(game.settings, text)
    if (move) return { game, move }
  }
  return null
}

async function answerTo(
  parts: GroupMessageParts,
  message: GroupMessage,
  external: string,
  game: Game,
  move: Move,
): Promise<string> {
  const player = { key: await parts.playerKey(external), who: { external }, via: 'wechaty' }
  try {
    const played = await parts.act({ kind: 'player', external }, (ctx) => play(ctx, player, game.id, move))
    const points = played.points > 0 ? `，+${String(played.points)} 积分` : ''
    const coupon = played.coupon ? `，券码请在「我的」页查看` : ''
    return `@${message.sender.name} ${played.words}${points}${coupon}`
  } catch (error) {
    if (error instanceof Refusal) return `@${message.sender.name} ${error.message}`
    throw error
  }
}
