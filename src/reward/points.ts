/**
 * Points: each gift and each payment has a key in words (`poll-2026-W47:c42`), so doing it twice is not an error, it is
 * impossible. Points of a year end with the next year; the oldest are spent first.
 */
import type { Ctx, Who } from '../base/act.ts'
import { dayOf, instantOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { whoOfPlayers } from './player-who.ts'
import { insertPoints, leftovers, lockAccount, pointsOf, pointsOfKey } from './points.store.ts'
import type { Leftover } from './points.store.ts'

export interface PointsMove {
  readonly player: string
  readonly who: Who
  /** Above 0. */
  readonly amount: number
  readonly words: string
  readonly key: string
}

/** Answers the points really given now: 0 when this key was given before. */
export async function givePoints(ctx: Ctx, gift: PointsMove): Promise<number> {
  if (gift.amount === 0) return 0
  return (await put(ctx, gift, gift.amount, ctx.now)) ? gift.amount : 0
}

const kindsOf = { given: 'points-given', spent: 'points-spent', expired: 'points-expired' } as const

async function put(
  ctx: Ctx,
  { player, who, words, key }: Omit<PointsMove, 'amount'>,
  amount: number,
  at: Instant,
  what: keyof typeof kindsOf = 'given',
): Promise<boolean> {
  const fresh = await insertPoints(ctx.tx, { id: ctx.newId(), player, amount, words, unique_key: key, at })
  if (!fresh) return false
  ctx.record({
    kind: kindsOf[what],
    at,
    source: 'reward',
    sourceKey: `points:${key}`,
    who,
    detail: { amount: Math.abs(amount), words },
  })
  return true
}

/** Spends them or throws; the same key again spends nothing more. Answers the balance afterwards. */
export async function spendPoints(
  ctx: Ctx,
  payment: PointsMove,
): Promise<{ balance: number; fresh: boolean }> {
  const { player, amount, key } = payment
  if (!Number.isSafeInteger(amount) || amount < 1)
    throw new RangeError(`${String(amount)} points cannot be spent.`)
  await lockAccount(ctx.tx, player)
  // What ended a moment ago, before the night's work, is not there to be spent.
  await expirePoints(ctx, yearsEnded(ctx.now), await leftoversOf(ctx, yearsEnded(ctx.now), player))
  const balance = await pointsOf(ctx.tx, player)
  if ((await pointsOfKey(ctx.tx, key)) !== undefined) return { balance, fresh: false }
  if (balance < amount)
    throw new Refusal('too-few-points', `积分不足：现有 ${String(balance)}，需要 ${String(amount)}`, 409, {
      fix: '参加打卡、投票等活动可以获得积分',
    })
  await put(ctx, payment, -amount, ctx.now, 'spent')
  return { balance: balance - amount, fresh: true }
}

// ------------------------------------------------------------------ the end of a year

/** Points of this year and before have ended: it is the year before last. */
export const yearsEnded = (now: Instant): number => Number(dayOf(now).slice(0, 4)) - 2

const startOf = (year: number): Instant => instantOf(`${String(year)}-01-01`)

export const leftoversOf = (
  { tx }: { readonly tx: Reader },
  year: number,
  player: string | null = null,
): Promise<Leftover[]> =>
  leftovers(tx, { earnedBefore: startOf(year + 1), spentBefore: startOf(year + 2), player })

/** Takes what is left of `year` and before off each of these; answers how many had some left. */
export async function expirePoints(ctx: Ctx, year: number, left: readonly Leftover[]): Promise<number> {
  if (left.length === 0) return 0
  const whos = await whoOfPlayers(
    ctx.tx,
    left.map(({ player }) => player),
  )
  let ended = 0
  for (const { player, amount } of left) {
    const gone = {
      player,
      who: whos.get(player) ?? {},
      words: `${String(year)} 年的积分到期`,
      key: `points-expired:${String(year)}:${player}`,
    }
    // The last moment of the year in which they could be spent.
    if (await put(ctx, gone, -amount, startOf(year + 2) - 1, 'expired')) ended += 1
  }
  return ended
}
