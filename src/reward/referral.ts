/**
 * 老带新: a player hands her link to friends; a friend who never bought and orders for the first time is worth a coupon to
 * both, some days after that order, unless it was taken back. Nobody brings herself: sides are compared as customers when
 * she comes, when she orders and when it is credited, so a second name that was merged meanwhile is found.
 */
import { randomInt } from 'node:crypto'
import type { Ctx, Who } from '../base/act.ts'
import { dayNumber, dayOf, instantOf } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, LogRow } from '../interaction/index.ts'
import { orderKeyOf } from '../order/index.ts'
import { codeLetters } from './coupon.ts'
import { issueCoupon } from './coupons.ts'
import { lockAccount } from './points.store.ts'
import { whoOfPlayers } from './player-who.ts'
import {
  codeOfPlayer,
  creditedSince,
  firstOrderAt,
  insertReferral,
  moveReferral,
  orderFacts,
  playerOfCode,
  playersNow,
  putCode,
  referralOfFriend,
  referralsOf,
} from './referral.store.ts'
import type { ReferralRow } from './referral.store.ts'
import { currentRewardSettings, termsOfSetting } from './settings.ts'
import type { RewardSettings } from './settings.ts'

const codeLength = 8
const newCode = (): string =>
  Array.from({ length: codeLength }, () => codeLetters[randomInt(codeLetters.length)]).join('')

/** The code in her link, made when she first asks. */
export async function referralCode(ctx: Ctx, player: string): Promise<string> {
  await putCode(ctx.tx, newCode(), player)
  const code = await codeOfPlayer(ctx.tx, player)
  if (code === null) throw new Error(`${player} has no referral code.`)
  return code
}

/** `again`: brought before. `known`: has bought already. `off`: the shop gives nothing for it now. */
export type Joined = 'joined' | 'self' | 'known' | 'again' | 'unknown' | 'off'

export async function joinReferral(
  ctx: Ctx,
  come: { readonly code: string; readonly friend: string; readonly who: Who; readonly via: 'h5' | 'contact' },
): Promise<Joined> {
  if (!(await currentRewardSettings(ctx.tx)).referral.on) return 'off'
  const inviter = await playerOfCode(ctx.tx, come.code)
  if (inviter === null) return 'unknown'
  const now = await playersNow(ctx.tx, [inviter, come.friend])
  const [host, friend] = [now.get(inviter) ?? inviter, now.get(come.friend) ?? come.friend]
  if (host === friend) return 'self'
  if ((await referralOfFriend(ctx.tx, friend)) !== null) return 'again'
  if ((await firstOrderAt(ctx.tx, friend)) !== null) return 'known'
  const fresh = await insertReferral(ctx.tx, {
    friend,
    inviter: host,
    friend_was: friend,
    inviter_was: host,
    via: come.via,
    state: 'joined',
    why: '',
    joined_at: ctx.now,
    order_key: null,
    due_no: null,
    settled_at: null,
  })
  if (!fresh) return 'again'
  ctx.record({
    kind: 'referral-joined',
    at: ctx.now,
    source: 'reward',
    sourceKey: `referral:${friend}`,
    who: come.who,
    detail: { via: come.via },
  })
  return 'joined'
}

// ------------------------------------------------------------------ the first order

async function noteOrder(ctx: Ctx, settings: RewardSettings, customer: string, row: LogRow): Promise<void> {
  const referral = await referralOfFriend(ctx.tx, customer)
  if (referral?.state !== 'joined') return
  const orderKey = orderKeyOf(row)
  const order = await orderFacts(ctx.tx, orderKey)
  if (!order) return
  const first = await firstOrderAt(ctx.tx, customer)
  // An order of before she came, told late: she was a customer all along.
  if (first !== null && first < referral.joined_at) return end(ctx, referral, '来之前已经下过单')
  const { afterDays } = settings.referral
  const ordered = {
    state: 'ordered' as const,
    why: '',
    order_key: orderKey,
    due_no: dayNumber(dayOf(order.at)) + afterDays,
    settled_at: null,
  }
  if (!(await moveReferral(ctx.tx, referral.friend, 'joined', ordered))) return
  if (afterDays === 0) await creditReferral(ctx, { ...referral, ...ordered })
}

async function end(ctx: Ctx, referral: ReferralRow, why: string): Promise<void> {
  const ended = { ...referral, state: 'ended' as const, why, settled_at: ctx.now }
  if (!(await moveReferral(ctx.tx, referral.friend, referral.state, ended))) return
  ctx.record({
    kind: 'referral-ended',
    at: ctx.now,
    source: 'reward',
    sourceKey: `referral-ended:${referral.friend_was}`,
    who: (await whoOfPlayers(ctx.tx, [referral.friend])).get(referral.friend) ?? {},
    detail: { why },
  })
}

// ------------------------------------------------------------------ the credit

const startOfMonth = (now: Instant): Instant => instantOf(`${dayOf(now).slice(0, 7)}-01`)

/** Both coupons, or the reason why there are none. The inviter's month may be full: then the friend alone has hers. */
export async function creditReferral(ctx: Ctx, referral: ReferralRow): Promise<void> {
  const { referral: settings } = await currentRewardSettings(ctx.tx)
  const order = referral.order_key === null ? null : await orderFacts(ctx.tx, referral.order_key)
  if (!order) return end(ctx, referral, '首单已不在记录里')
  if (order.isReturned) return end(ctx, referral, '首单已退款')
  const now = await playersNow(ctx.tx, [referral.inviter, referral.friend])
  const inviter = now.get(referral.inviter) ?? referral.inviter
  const friend = order.customer
  if (inviter === friend) return end(ctx, referral, '邀请人与朋友是同一人')
  // Two credits of one inviter at once would both find the last place of her month.
  await lockAccount(ctx.tx, inviter)
  const isFull = (await creditedSince(ctx.tx, inviter, startOfMonth(ctx.now))) >= settings.capPerMonth
  const credited = {
    ...referral,
    state: 'credited' as const,
    why: isFull ? '邀请人本月奖励已满' : '',
    settled_at: ctx.now,
  }
  if (!(await moveReferral(ctx.tx, referral.friend, 'ordered', credited))) return
  const whos = await whoOfPlayers(ctx.tx, [inviter, friend])
  const sides = [
    ...(isFull ? [] : [{ side: 'inviter', player: inviter, gift: settings.inviter }]),
    { side: 'friend', player: friend, gift: settings.friend },
  ]
  for (const { side, player, gift } of sides) {
    const who = whos.get(player) ?? {}
    const { coupon } = await issueCoupon(ctx, {
      player,
      who,
      title: gift.title,
      validDays: gift.validDays,
      terms: termsOfSetting(gift.terms),
      family: 'referral',
      // Told apart by its player, so that it finds back after a merge.
      key: `referral:${referral.friend_was}:${side}:${player}`,
    })
    ctx.record({
      kind: 'referral-credited',
      at: ctx.now,
      source: 'reward',
      sourceKey: `referral-credited:${referral.friend_was}:${side}`,
      who,
      detail: { side, code: coupon.code, title: coupon.title },
    })
  }
}

// ------------------------------------------------------------------ followers, and her own page

const stateCode = /^ref-([A-Z0-9]{8})$/

/** A contact way with the state `ref-…`, and every order. */
export const referralFollower: Follower = {
  name: 'referrals',
  kinds: ['contact-added', 'order-placed'],
  async handle(ctx, rows) {
    const settings = await currentRewardSettings(ctx.tx)
    const customers = await customersOfRows(ctx.tx, rows)
    for (const row of rows) {
      const customer = customers.get(row.id)
      if (customer === undefined) continue
      if (row.kind === 'order-placed') {
        await noteOrder(ctx, settings, customer, row)
        continue
      }
      const state = row.detail['State']
      const code = typeof state === 'string' ? stateCode.exec(state)?.[1] : undefined
      if (code !== undefined)
        await joinReferral(ctx, { code, friend: customer, who: row.who, via: 'contact' })
    }
  },
}

export interface ReferralFigures {
  readonly joined: number
  readonly waiting: number
  readonly credited: number
}

export async function referralFigures(reader: Reader, player: string): Promise<ReferralFigures> {
  const rows = await referralsOf(reader, player)
  const count = (...states: ReferralRow['state'][]): number =>
    rows.filter(({ state }) => states.includes(state)).length
  return { joined: rows.length, waiting: count('joined', 'ordered'), credited: count('credited') }
}
