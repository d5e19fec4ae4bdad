/**
 * What members reach from a message: the link itself, the games, their page, their subscription. A personal link (1v1)
 * says who opens it; a group's link does not, so the page learns it by OAuth.
 */
import type { Act, Actor } from '../../base/act.ts'
import type { Reader } from '../../base/db.ts'
import type { Instant } from '../../base/clock.ts'
import { dayOf, isoOf } from '../../base/calendar.ts'
import { Refusal } from '../../base/errors.ts'
import { readLink } from '../../content/index.ts'
import type { LinkRead } from '../../content/index.ts'
import type { Subscriptions } from '../../customer/index.ts'
import { findGame, listGames, play, stateOf, viewGame } from '../../game/index.ts'
import type { Game, PlayerNames, Player as GamePlayer } from '../../game/index.ts'
import type { Recorder } from '../../interaction/index.ts'
import {
  couponsOf,
  donationsOf,
  levelOf,
  pointsOf,
  presentCoupon,
  shippingQuotaOf,
  signInOf,
  termsWords,
} from '../../reward/index.ts'
import type { Coupon as RewardCoupon } from '../../reward/index.ts'
import { levelFace } from '../../report/index.ts'
import { playBody, subscriptionBody } from '../contract.ts'
import type { Coupon, GameView, PlayResult, Player, Subscription } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'

export interface PromiseOfLink {
  readonly external: string
  /** After this the link only leads to the page, it no longer says who opens it. */
  readonly until: Instant
}

export interface H5Parts {
  readonly act: Act
  readonly reader: Reader
  readonly recorder: Recorder
  readonly linkKey: Buffer
  readonly simulated: boolean
  shop(): Promise<string>
  /** The cookie that makes a browser this person's, sealed. */
  sealPlayer(
    external: string,
    now: Instant,
  ): { readonly name: string; readonly value: string; readonly maxAgeMs: number }
  promiseOfLink(promise: string): Promise<PromiseOfLink | null>
  /** The campaign whose words held the link. */
  campaignOf(link: LinkRead): Promise<string | null>
  nameOf(external: string): Promise<string | null>
  /** The one key of a person over all channels: the customer's id where known. */
  playerKey(external: string): Promise<string>
  readonly playerNames: PlayerNames
  /** What she wants to hear: purposes, and the topics she chose about. */
  subscriptionsOf(external: string): Promise<Subscriptions>
  /** The topics of the cadence in force. */
  topics(): Promise<readonly { readonly name: string; readonly title: string }[]>
  /** Records what she wishes otherwise than before; works at once. */
  setSubscriptions(actor: Actor, external: string, wish: Partial<Subscriptions>): Promise<void>
}

const playerOf = (call: Call): string => {
  if (call.player === null) throw new Error('A player route was called without a player.')
  return call.player
}

export const h5Routes = (parts: H5Parts): Route[] => [
  { method: 'GET', path: '/h5/l/:token', access: { kind: 'open' }, handle: (call) => openLink(parts, call) },
  { method: 'GET', path: '/api/public/me', access: { kind: 'player' }, handle: (call) => me(parts, call) },
  {
    method: 'GET',
    path: '/api/public/subscription',
    access: { kind: 'player' },
    handle: async (call) => ({ json: await subscription(parts, playerOf(call)) }),
  },
  {
    method: 'PUT',
    path: '/api/public/subscription',
    access: { kind: 'player' },
    handle: (call) => putSubscription(parts, call),
  },
  {
    method: 'GET',
    path: '/api/public/games/:id',
    access: { kind: 'player' },
    handle: (call) => showGame(parts, call),
  },
  {
    method: 'POST',
    path: '/api/public/games/:id/play',
    access: { kind: 'player' },
    handle: (call) => playGame(parts, call),
  },
]

// ------------------------------------------------------------------ links

async function openLink(parts: H5Parts, call: Call): Promise<Answer> {
  const token = call.params['token'] ?? ''
  const link = readLink(parts.linkKey, token)
  if (!link)
    throw new Refusal('bad-link', '链接不完整或已失效', 404, { fix: '请回到聊天里，重新点开最新的链接' })
  const promised = link.kind === 'personal' ? await parts.promiseOfLink(link.promise) : null
  const owner = promised && promised.until > call.now ? promised.external : null
  const player = owner ?? call.player
  if (player === null) return { redirect: `/api/public/login?to=${encodeURIComponent(`/h5/l/${token}`)}` }
  await recordClick(parts, call, link, player)
  const sealed = parts.sealPlayer(player, call.now)
  return { redirect: `/h5/#/${link.target}`, cookies: owner === null ? [] : [sealed] }
}

/** A web view may load one tap twice: a click counts once a minute. */
async function recordClick(parts: H5Parts, call: Call, link: LinkRead, player: string): Promise<void> {
  const origin = link.kind === 'personal' ? { promise: link.promise } : { batch: link.batchToken }
  const campaign = await parts.campaignOf(link)
  await parts.recorder.submit({
    kind: 'link-clicked',
    at: call.now,
    source: 'h5',
    sourceKey: `click:${Object.values(origin).join('')}:${link.target}:${player}:${String(Math.floor(call.now / 60_000))}`,
    who: { external: player },
    detail: { ...origin, target: link.target, ...(campaign === null ? {} : { campaign }) },
  })
}

// ------------------------------------------------------------------ my page

export const couponFace = (coupon: RewardCoupon): Coupon => ({
  code: coupon.code,
  title: coupon.title,
  state: coupon.state,
  expiresAt: isoOf(coupon.expiresAt),
  terms: termsWords(coupon.terms),
})

async function subscription(parts: H5Parts, player: string): Promise<Subscription> {
  const { marketing, service, topics: chosen } = await parts.subscriptionsOf(player)
  const topics = (await parts.topics()).map((topic) => ({ ...topic, on: chosen[topic.name] ?? true }))
  return { marketing, service, topics }
}

const daysShown = 30 * 86_400_000

async function me(parts: H5Parts, call: Call): Promise<Answer> {
  const player = playerOf(call)
  const key = await parts.playerKey(player)
  const games = await listGames(parts.reader, call.now - daysShown, 20)
  const day = dayOf(call.now)
  const signIn = await signInOf(parts.reader, key, day)
  const shipping = await shippingQuotaOf(parts.reader, key, day)
  const donation = await donationsOf(parts.reader, key)
  const face: Player = {
    name: (await parts.nameOf(player)) ?? '家长',
    points: await pointsOf(parts.reader, key),
    level: levelFace(await levelOf(parts.reader, key, day)),
    coupons: (await couponsOf(parts.reader, key)).map((row) => couponFace(presentCoupon(row, call.now))),
    games: games.map((game) => ({
      id: game.id,
      title: game.title,
      kind: game.kind,
      state: stateOf(game, call.now),
    })),
    subscription: await subscription(parts, player),
    ...(signIn === null ? {} : { signIn }),
    ...(shipping === null ? {} : { shipping }),
    ...(donation === null ? {} : { donation }),
    simulated: parts.simulated,
    shop: await parts.shop(),
  }
  return { json: face }
}

async function putSubscription(parts: H5Parts, call: Call): Promise<Answer> {
  const player = playerOf(call)
  const wish = parse(subscriptionBody, call.body)
  const known = new Set((await parts.topics()).map(({ name }) => name))
  const unknown = wish.topics.find(({ name }) => !known.has(name))
  if (unknown)
    throw new Refusal('no-such-topic', `没有「${unknown.name}」这个话题`, 422, {
      fix: '话题可能刚刚改过，刷新页面再选',
    })
  await parts.setSubscriptions({ kind: 'player', external: player }, player, {
    marketing: wish.marketing,
    ...(wish.service === undefined ? {} : { service: wish.service }),
    topics: Object.fromEntries(wish.topics.map(({ name, on }) => [name, on])),
  })
  return { json: await subscription(parts, player) }
}

// ------------------------------------------------------------------ games

async function gameOf(parts: H5Parts, call: Call): Promise<Game> {
  const game = await findGame(parts.reader, call.params['id'] ?? '')
  if (!game) throw new Refusal('not-found', '没有这个活动', 404, { fix: '请从最新的群消息里重新打开链接' })
  return game
}

async function viewOf(parts: H5Parts, game: Game, key: string, now: Instant): Promise<GameView> {
  // The kind's file and the contract describe the same shape; a test compares them field by field.
  return (await viewGame(parts.reader, game, key, now, parts.playerNames)) as unknown as GameView
}

async function showGame(parts: H5Parts, call: Call): Promise<Answer> {
  const game = await gameOf(parts, call)
  return { json: await viewOf(parts, game, await parts.playerKey(playerOf(call)), call.now) }
}

async function playGame(parts: H5Parts, call: Call): Promise<Answer> {
  const external = playerOf(call)
  const game = await gameOf(parts, call)
  const { choices, clue, answer } = parse(playBody, call.body)
  const move = {
    ...(choices === undefined ? {} : { choices }),
    ...(clue === undefined ? {} : { clue }),
    ...(answer === undefined ? {} : { answer }),
  }
  const player: GamePlayer = { key: await parts.playerKey(external), who: { external }, via: 'h5' }
  const played = await parts.act({ kind: 'player', external }, (ctx) => play(ctx, player, game.id, move))
  const result: PlayResult = {
    game: await viewOf(parts, game, player.key, call.now),
    words: played.words,
    accepted: played.accepted,
    points: played.points,
    ...(played.coupon === null ? {} : { coupon: couponFace(played.coupon) }),
  }
  return { json: result }
}
