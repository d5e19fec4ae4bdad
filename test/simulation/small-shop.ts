/** The seeded shop, shrunk so that a month of it takes seconds: three advisors, two groups, some fifty customers. */
import { seedShop } from '../../src/simulator/shop/index.ts'
import type { Shop } from '../../src/simulator/shop/index.ts'
import type { SeededFollow } from '../../src/simulator/types.ts'

const advisors = 3
const groups = 2
const groupSize = 12

export function smallShop(seed: number, now: number, most: number): Shop {
  const whole = seedShop({ seed, now })
  const step = Math.max(1, Math.floor(whole.customers.length / most))
  // People press only when the seed says so.
  const staff = whole.staff.slice(0, advisors).map((one) => ({ ...one, confirm: { mode: 'never' as const } }))
  const advisorOf = new Map(
    whole.staff.map(({ userid }, i) => [userid, staff[i % advisors]?.userid ?? userid]),
  )
  const speaks = (userid: string): string => advisorOf.get(userid) ?? userid
  const customers = whole.customers
    .filter((_, i) => i % step === 0)
    .slice(0, most)
    .map((one) => ({
      ...one,
      follow: oncePerAdvisor(one.follow.map((follow) => ({ ...follow, userid: speaks(follow.userid) }))),
    }))
  const kept = new Set(customers.map((one) => one.external_userid))
  const shopIds = new Set(customers.map((one) => one.shopId))
  return {
    ...whole,
    staff,
    customers,
    groups: whole.groups.slice(0, groups).map((group) => ({
      ...group,
      owner: speaks(group.owner),
      members: [
        ...group.members
          .filter(({ type }) => type === 1)
          .map((one) => ({ ...one, userid: speaks(one.userid) })),
        ...group.members.filter(({ userid }) => kept.has(userid)).slice(0, groupSize),
      ],
    })),
    orders: whole.orders.filter(({ shopId }) => shopIds.has(shopId)),
  }
}

const oncePerAdvisor = (follows: readonly SeededFollow[]): SeededFollow[] => [
  ...new Map(follows.map((follow) => [follow.userid, follow])).values(),
]
