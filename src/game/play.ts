/** One move of one player: lock the game, read, let the reducer decide, write what it says. */
import type { Ctx, Who } from '../base/act.ts'
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import {
  countCoupons,
  couponOfSource,
  givePoints,
  issueCoupon,
  pointsFactor,
  presentCoupon,
  timesPoints,
} from '../reward/index.ts'
import type { Coupon } from '../reward/index.ts'
import { gameKinds } from './games/index.ts'
import type { AnyGame, Effect, GameDefinition, Move, Played } from './game.ts'
import { countMiss, findGame, lockGame, missesOf, movesOf, putGame, putMove } from './game.store.ts'
import type { Game } from './game.store.ts'

/** RELIABILITY.md S7: guessing ends after ten wrong answers a minute. */
const missesPerMinute = 10

export function kindOf(name: string): AnyGame {
  const kind = gameKinds.find((one) => one.kind === name)
  if (!kind) throw new Error(`There is no game kind "${name}" in game/games/index.ts.`)
  return kind
}

export interface Player {
  /** The one key of this person over all channels: the customer's id where known, else the identity as seen. */
  readonly key: string
  readonly who: Who
  /** Where the move was made: `h5`, `wechaty`. */
  readonly via: string
}

export interface PlayAnswer {
  readonly accepted: boolean
  readonly words: string
  readonly points: number
  readonly coupon: Coupon | null
}

export const prizePrefix = (game: string): string => `prize:${game}:`

export async function play(ctx: Ctx, player: Player, gameId: string, move: Move): Promise<PlayAnswer> {
  if ((await lockGame(ctx.tx, gameId)) === 0)
    throw new Refusal('not-found', '没有这个活动', 404, { fix: '请从最新的群消息里重新打开链接' })
  const game = await findGame(ctx.tx, gameId)
  if (!game) throw new Error(`Game ${gameId} vanished under its lock.`)
  const minute = Math.floor(ctx.now / 60_000)
  if ((await missesOf(ctx.tx, gameId, player.key, minute)) >= missesPerMinute) {
    throw new Refusal('too-many-tries', '答错次数太多，请一分钟后再试', 429)
  }
  const played = kindOf(game.kind).play(
    game.settings,
    {
      now: ctx.now,
      opensAt: game.opensAt,
      closesAt: game.closesAt,
      mine: await movesOf(ctx.tx, gameId, player.key),
      prizesGiven: await countCoupons(ctx.tx, prizePrefix(gameId)),
    },
    move,
  )
  return carryOut(ctx, player, game, played, minute)
}

async function carryOut(
  ctx: Ctx,
  player: Player,
  game: Game,
  played: Played,
  minute: number,
): Promise<PlayAnswer> {
  let points = 0
  let coupon: Coupon | null = null
  for (const effect of played.effects) {
    const given = await apply(ctx, player, game, effect, minute)
    points += given.points
    coupon = given.coupon ?? coupon
  }
  return { accepted: played.accepted, words: played.words, points, coupon }
}

async function apply(
  ctx: Ctx,
  player: Player,
  game: Game,
  effect: Effect,
  minute: number,
): Promise<{ points: number; coupon: Coupon | null }> {
  const nothing = { points: 0, coupon: null }
  switch (effect.do) {
    case 'put':
      await putMove(ctx.tx, game.id, player.key, effect.slot, effect.choice, ctx.now)
      return nothing
    case 'miss':
      await countMiss(ctx.tx, game.id, player.key, minute)
      return nothing
    case 'record':
      ctx.record({
        kind: effect.kind,
        at: ctx.now,
        source: `game:${game.id}`,
        // A miss or a changed vote may come twice in one millisecond: the id keeps them apart.
        sourceKey: `${player.key}:${effect.key}${/^(vote|miss):/.test(effect.key) ? `:${ctx.newId()}` : ''}`,
        who: player.who,
        detail: { ...effect.detail, game: game.id, via: player.via },
      })
      return nothing
    case 'points': {
      const key = `${game.id}:${player.key}:${effect.key}`
      const factor = effect.amount === 0 ? 1 : await pointsFactor(ctx.tx, player.key, dayOf(ctx.now))
      const amount = await givePoints(ctx, {
        player: player.key,
        who: player.who,
        amount: timesPoints(effect.amount, factor),
        words: `${game.title}：${effect.words}${factor === 1 ? '' : `（${String(factor)} 倍积分）`}`,
        key,
      })
      return { points: amount, coupon: null }
    }
    case 'prize': {
      const key = `${prizePrefix(game.id)}${player.key}`
      const { coupon } = await issueCoupon(ctx, {
        player: player.key,
        who: player.who,
        title: effect.title,
        validDays: effect.validDays,
        key,
      })
      return { points: 0, coupon }
    }
  }
}

/** The prize this player won in this game, if any. */
export async function prizeOf(
  ctx: Pick<Ctx, 'tx'>,
  game: string,
  player: string,
  now: Instant,
): Promise<Coupon | null> {
  const row = await couponOfSource(ctx.tx, `${prizePrefix(game)}${player}`)
  return row ? presentCoupon(row, now) : null
}

/** Makes the games the cadence asks for exist; settings that do not fit their kind are a mistake of the cadence. */
export async function ensureGames(ctx: Ctx, definitions: readonly GameDefinition[]): Promise<void> {
  for (const definition of definitions) {
    const settings = kindOf(definition.kind).settings.parse(definition.settings)
    const fresh = await putGame(ctx.tx, { ...definition, settings }, ctx.now)
    if (!fresh) continue
    ctx.record({
      kind: 'game-opened',
      at: ctx.now,
      source: `game:${definition.id}`,
      sourceKey: 'opened',
      who: {},
      detail: {
        kind: definition.kind,
        title: definition.title,
        opensAt: definition.opensAt,
        closesAt: definition.closesAt,
      },
    })
  }
}
