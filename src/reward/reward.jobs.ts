/** Jobs and followers as data: levels follow orders at once and time each night; what has ended is noted. */
import { setTimeout as pause } from 'node:timers/promises'
import { system } from '../base/act.ts'
import type { Act, Ctx } from '../base/act.ts'
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { days, hours } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import type { Job } from '../base/jobs.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, Kind, LogRow } from '../interaction/index.ts'
import { customersOfRefunds, refundKeyOf } from '../order/index.ts'
import { expireCoupons } from './coupons.ts'
import { overdue } from './coupon.store.ts'
import { comebackFollower } from './comeback.ts'
import { currentLevelRules, meaningOf } from './level-rules.ts'
import { levelCandidates, levelsDue } from './level.store.ts'
import { leastFen, relevel } from './levels.ts'
import { orderCouponFollower } from './order-coupons.ts'
import { creditReferral, referralFollower } from './referral.ts'
import { dueReferrals } from './referral.store.ts'
import type { LevelOccasion } from './levels.ts'
import { reviewFollower } from './reviews.ts'
import { expirePoints, leftoversOf, yearsEnded } from './points.ts'
import { lockAccount } from './points.store.ts'

export interface RewardParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
}

const perDeed = 200
/** Between two short transactions, so that another process finds the door open. */
const pauseMs = 20
/** An order may be told a little later than it was made: so long after its end a coupon is not yet written off. */
const graceMs = hours(1)

// ------------------------------------------------------------------ levels

const regroupKinds: readonly Kind[] = ['customers-merged', 'customers-unmerged', 'customer-erased']

const customersIn = ({ detail }: LogRow): string[] =>
  ['kept', 'from', 'to'].map((name) => detail[name]).filter((customer) => typeof customer === 'string')

function occasionOf(row: LogRow): LevelOccasion {
  if (regroupKinds.includes(row.kind)) return 'merged'
  if (row.source.startsWith('import:')) return 'import'
  return row.kind === 'order-refunded' ? 'refunded' : 'spent'
}

const levelFollower: Follower = {
  name: 'levels',
  kinds: ['order-placed', 'order-refunded', ...regroupKinds],
  async handle(ctx, rows) {
    const occasions = new Map<string, LevelOccasion>()
    const customers = await customersOfRows(ctx.tx, rows)
    for (const row of rows) {
      const customer = customers.get(row.id)
      if (customer !== undefined) occasions.set(customer, occasionOf(row))
    }
    const refunds = rows.filter(({ kind }) => kind === 'order-refunded')
    for (const customer of await customersOfRefunds(ctx.tx, refunds.map(refundKeyOf)))
      if (occasions.get(customer) !== 'import') occasions.set(customer, 'refunded')
    for (const row of rows.filter(({ kind }) => regroupKinds.includes(kind)))
      for (const customer of customersIn(row)) occasions.set(customer, 'merged')
    await relevel(ctx, occasions)
  },
}

/** In short transactions, in order of customers; each page is found after the one before was written. */
async function relevelPages(
  { act }: RewardParts,
  occasion: LevelOccasion,
  page: (after: string) => Promise<string[]>,
): Promise<number> {
  let moved = 0
  for (let after = ''; ;) {
    const customers = await page(after)
    const last = customers.at(-1)
    if (last === undefined) return moved
    if (after !== '') await pause(pauseMs)
    const occasions = new Map(customers.map((customer): [string, LevelOccasion] => [customer, occasion]))
    moved += await act(system('levels'), (ctx) => relevel(ctx, occasions), 'bulk')
    after = last
  }
}

const appliedName = 'level-rules-applied'

/** Whom the day moves; everybody who may stand above the lowest level when the rules have changed. */
export async function relevelDue(parts: RewardParts, day: Day): Promise<number> {
  const { reader } = parts.db
  const moved = await relevelPages(parts, 'time', (after) =>
    levelsDue(reader, dayNumber(day), after, perDeed),
  )
  const rules = await currentLevelRules(reader)
  const meaning = meaningOf(rules)
  if ((await readMeta(reader, appliedName)) === meaning) return moved
  const byRules = await relevelPages(parts, 'rules', (after) =>
    levelCandidates(reader, leastFen(rules), after, perDeed),
  )
  await parts.act(system('levels'), (ctx) => writeMeta(ctx.tx, appliedName, meaning))
  return moved + byRules
}

// ------------------------------------------------------------------ what has ended

/** Notes every coupon whose time is over, and the grace with it. */
export async function expireDueCoupons({ db, act }: RewardParts, now: Instant): Promise<number> {
  let ended = 0
  for (;;) {
    const rows = await overdue(db.reader, now - graceMs, perDeed)
    if (rows.length === 0) return ended
    ended += await act(system('coupons'), (ctx) => expireCoupons(ctx, rows), 'bulk')
    await pause(pauseMs)
  }
}

const endedName = 'points-ended'

/** Once a year, and late if it must be: what is left of the year before last goes. */
export async function expireDuePoints({ db, act }: RewardParts, now: Instant): Promise<number> {
  const year = yearsEnded(now)
  if (Number((await readMeta(db.reader, endedName)) ?? 0) >= year) return 0
  const left = await leftoversOf({ tx: db.reader }, year)
  let ended = 0
  for (let from = 0; from < left.length; from += perDeed) {
    const players = left.slice(from, from + perDeed).map(({ player }) => player)
    ended += await act(system('points'), (ctx) => expireOf(ctx, year, players), 'bulk')
    await pause(pauseMs)
  }
  await act(system('points'), (ctx) => writeMeta(ctx.tx, endedName, String(year)))
  return ended
}

/** What nobody took back within its days; each credit is a deed of its own. */
export async function creditDueReferrals({ db, act }: RewardParts, day: Day): Promise<number> {
  let settled = 0
  for (;;) {
    const due = await dueReferrals(db.reader, dayNumber(day), perDeed)
    if (due.length === 0) return settled
    for (const referral of due) await act(system('referrals'), (ctx) => creditReferral(ctx, referral))
    settled += due.length
  }
}

export function createRewardJobs(parts: RewardParts): Job[] {
  return [
    {
      name: 'levels-nightly',
      schedule: { every: 'day', at: '00:15' },
      catchUpMs: days(1),
      async run({ day }) {
        await relevelDue(parts, day)
      },
    },
    {
      name: 'levels-rules',
      schedule: { every: 'minutes', minutes: 60 },
      catchUpMs: hours(1),
      async run() {
        await relevelDue(parts, dayOf(parts.clock.now()))
      },
    },
    {
      name: 'coupons-expire',
      schedule: { every: 'minutes', minutes: 30 },
      catchUpMs: hours(1),
      async run() {
        await expireDueCoupons(parts, parts.clock.now())
      },
    },
    {
      name: 'referral-credits',
      schedule: { every: 'day', at: '09:10' },
      catchUpMs: days(7),
      async run({ day }) {
        await creditDueReferrals(parts, day)
      },
    },
    {
      name: 'points-expire',
      schedule: { every: 'day', at: '00:05' },
      catchUpMs: days(30),
      async run() {
        await expireDuePoints(parts, parts.clock.now())
      },
    },
  ]
}

/** In the order of players, as whoever locks several does; looked at again under the lock. */
async function expireOf(ctx: Ctx, year: number, players: readonly string[]): Promise<number> {
  let ended = 0
  for (const player of players) {
    await lockAccount(ctx.tx, player)
    ended += await expirePoints(ctx, year, await leftoversOf(ctx, year, player))
  }
  return ended
}

export const createRewardFollowers = (): Follower[] => [
  levelFollower,
  comebackFollower,
  orderCouponFollower,
  referralFollower,
  reviewFollower,
]
