/** 签到: a member comes to her page and says so, once a day of the shop. */
import type { Ctx, Who } from '../base/act.ts'
import { dayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { pointsFactor, timesPoints } from './points-factor.ts'
import { givePoints } from './points.ts'
import { pointsOfKey } from './points.store.ts'
import { currentRewardSettings } from './settings.ts'

const keyOf = (player: string, day: Day): string => `sign-in:${player}:${day}`

export interface SignIn {
  /** What a sign-in of today gives her. */
  readonly points: number
  readonly done: boolean
}

/** Null in a shop that gives nothing for it. */
export async function signInOf(reader: Reader, player: string, day: Day): Promise<SignIn | null> {
  const { signIn } = (await currentRewardSettings(reader)).points
  if (signIn === 0) return null
  const given = await pointsOfKey(reader, keyOf(player, day))
  const points = given?.amount ?? timesPoints(signIn, await pointsFactor(reader, player, day))
  return { points, done: given !== undefined }
}

/** Answers the points given now: 0 when she has signed in today. Throws a Refusal where the shop has no sign-in. */
export async function signIn(ctx: Ctx, player: string, who: Who): Promise<number> {
  const day = dayOf(ctx.now)
  const today = await signInOf(ctx.tx, player, day)
  if (today === null) throw new Refusal('off', '签到暂时没有开放', 409, { fix: '可以去投票、寻宝获得积分' })
  return givePoints(ctx, { player, who, amount: today.points, words: '每日签到', key: keyOf(player, day) })
}
