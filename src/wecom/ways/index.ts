/** Ways as a part of the server: what follows the log, what runs by the clock, what of it is due now. */
import type { Actor } from '../../base/act.ts'
import { days, hours } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import type { Job } from '../../base/jobs.ts'
import { dueWays, findWay, nextWay, waysOf } from '../../customer/index.ts'
import type { Way } from '../../customer/index.ts'
import type { Follower } from '../../interaction/index.ts'
import { acquisitionFollower, knownQuota, readAcquired, readQuotaDue } from './acquired.ts'
import { adoptWay, compareWays } from './compare.ts'
import type { WayAdoption, WayComparison } from './compare.ts'
import { addWay, changeWay, endWay, makeAgain, noSuchWay } from './deeds.ts'
import type { NewWay, WayWish } from './deeds.ts'
import { settleWay } from './settle.ts'
import type { WayParts } from './settle.ts'

export { knownQuota } from './acquired.ts'
export type { Quota } from './acquired.ts'
export type { WayComparison, WayUnknown } from './compare.ts'
export { noSuchWay } from './deeds.ts'
export type { NewWay, WayWish } from './deeds.ts'
export type { WayParts } from './settle.ts'

export interface Ways {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** Each is written, then told to WeCom at once; what WeCom did not answer goes on by itself. */
  add(actor: Actor, wish: NewWay): Promise<Way>
  change(actor: Actor, id: string, wish: WayWish): Promise<Way>
  end(actor: Actor, id: string): Promise<Way>
  again(actor: Actor, id: string): Promise<Way>
  adopt(actor: Actor, wish: WayAdoption): Promise<Way>
  compare(): Promise<WayComparison>
  /** Answers how many things were done. */
  settleDue(now: Instant): Promise<number>
  nextDueAt(): Promise<Instant | null>
}

export interface WaysParts extends WayParts {
  /** A database from a backup: what it wants may be yesterday's wish. */
  readonly restored: () => Promise<boolean>
}

const atOnce = 10

export function createWays(parts: WaysParts): Ways {
  const { db, act, restored } = parts
  const settled = async (id: string): Promise<Way> => {
    if (!(await restored())) await settleWay(parts, id)
    const way = await findWay(db.reader, id)
    if (!way) throw noSuchWay()
    return way
  }
  return {
    followers: [acquisitionFollower],
    jobs: [
      {
        name: 'ways-acquired',
        schedule: { every: 'minutes', minutes: 60 },
        catchUpMs: hours(1),
        run: () => readAcquired(parts),
      },
      {
        name: 'ways-compare',
        schedule: { every: 'day', at: '04:40' },
        catchUpMs: days(1),
        async run() {
          if ((await waysOf(db.reader)).some(({ state }) => state === 'live')) await compareWays(parts)
        },
      },
    ],
    add: async (actor, wish) => settled((await act(actor, (ctx) => addWay(ctx, wish))).id),
    change: async (actor, id, wish) => settled((await act(actor, (ctx) => changeWay(ctx, id, wish))).id),
    end: async (actor, id) => settled((await act(actor, (ctx) => endWay(ctx, id))).id),
    again: async (actor, id) => settled((await act(actor, (ctx) => makeAgain(ctx, id))).id),
    adopt: async (actor, wish) => settled(await adoptWay(parts, actor, wish)),
    compare: () => compareWays(parts),
    async settleDue(now) {
      const due = await dueWays(db.reader, now, atOnce)
      for (const id of due) await settleWay(parts, id)
      return due.length + (await readQuotaDue(parts, now))
    },
    nextDueAt: () => nextWay(db.reader),
  }
}

export interface WayWarning {
  readonly words: string
  readonly english: string
  readonly fix: string
}

/** WeCom tells of fewer than this (WECOM.md §2.8). */
const lowQuota = 20

/** What an operator should know, for the console and `doctor`. */
export async function wayWarnings(reader: Reader): Promise<WayWarning[]> {
  const ways = (await waysOf(reader)).filter(({ wanted }) => wanted === 'live')
  const quota = await knownQuota(reader)
  const warnings: WayWarning[] = []
  if (quota !== null && quota.balance < lowQuota && ways.some(({ kind }) => kind === 'link'))
    warnings.push({
      words:
        quota.balance === 0
          ? '获客助手的额度已用完：新客户点开链接也加不上顾问'
          : `获客助手的额度只剩 ${String(quota.balance)} 次`,
      english: `acquisition links: ${String(quota.balance)} of ${String(quota.total)} uses are left`,
      fix: 'buy more in the WeCom console under 客户联系 → 获客助手',
    })
  for (const { name, state, why } of ways)
    if (state === 'lost' || state === 'refused' || state === 'unsure' || (state === 'live' && why !== ''))
      warnings.push({
        words: `渠道“${name}”：${why === '' ? '需要处理' : why}`,
        english: `the way "${name}" is ${state}: ${why}`,
        fix: 'look at it in the console under 渠道: change it, make it again, or end it',
      })
  return warnings
}
