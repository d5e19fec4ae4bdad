/** 积分捐赠: a member gives points to the shop's good cause, and the brand puts as much beside them. */
import type { Ctx, Who } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { donatedBy, donatedInAll, donationOfKey, insertDonation } from './donation.store.ts'
import { spendPoints } from './points.ts'
import { currentRewardSettings } from './settings.ts'

export interface Donated {
  readonly points: number
  /** What the brand added, in points. */
  readonly matched: number
}

export interface Donations {
  readonly cause: string
  /** The brand adds so many points to each. */
  readonly match: number
  readonly least: number
  readonly mine: Donated
  readonly all: Donated & { readonly people: number }
}

/** Null in a shop that collects for nothing. */
export async function donationsOf(reader: Reader, player: string): Promise<Donations | null> {
  const { donation } = (await currentRewardSettings(reader)).points
  if (donation === undefined) return null
  return {
    ...donation,
    mine: await donatedBy(reader, player, donation.cause),
    all: await donatedInAll(reader, donation.cause),
  }
}

export interface Donating {
  readonly player: string
  readonly who: Who
  readonly points: number
  /** The same key again is the same donation. */
  readonly key: string
}

/** Takes the points and notes the match; throws a Refusal when there are too few or the shop collects for nothing. */
export async function donate(ctx: Ctx, { player, who, points, key }: Donating): Promise<Donated> {
  const { donation } = (await currentRewardSettings(ctx.tx)).points
  const known = await donationOfKey(ctx.tx, key)
  if (known) return known
  if (donation === undefined)
    throw new Refusal('off', '积分捐赠暂时没有开放', 409, { fix: '积分会一直为您保留到次年年底' })
  if (points < donation.least)
    throw new Refusal('too-few-points', `每次至少捐 ${String(donation.least)} 积分`, 400, {
      fix: `请填 ${String(donation.least)} 或以上`,
    })
  const paid = await spendPoints(ctx, { player, who, amount: points, words: `捐给${donation.cause}`, key })
  // Two taps at once: the second waited for the account and finds the first.
  if (!paid.fresh) return (await donationOfKey(ctx.tx, key)) ?? { points: 0, matched: 0 }
  const matched = Math.round(points * donation.match)
  await insertDonation(ctx.tx, {
    unique_key: key,
    player,
    points,
    matched,
    cause: donation.cause,
    at: ctx.now,
  })
  ctx.record({
    kind: 'points-donated',
    at: ctx.now,
    source: 'reward',
    sourceKey: key,
    who,
    detail: { amount: points, matched, words: donation.cause },
  })
  return { points, matched }
}
