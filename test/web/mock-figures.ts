/** Figures over the whole made-up shop. */
import type { FirstBuyers, NamedAdvisors } from '../../src/http/contract.ts'
import { addDays, customers, today } from './mock-shop.ts'

const from = addDays(today, -37)
const perDay = Array.from({ length: 30 }, (_, n) => ({
  day: addDays(from, n),
  buyers: (n * 7) % 5,
  reached: Math.max(0, ((n * 7) % 5) - (n % 3 === 0 ? 1 : 0)),
}))
const sum = (key: 'buyers' | 'reached', days = perDay): number => days.reduce((all, one) => all + one[key], 0)

export const firstBuyers: FirstBuyers = {
  ...{ from, until: addDays(from, 29), withinDays: 7, goalPercent: 90 },
  ...{ buyers: sum('buyers'), reached: sum('reached') },
  days: perDay,
  weeks: Array.from({ length: 5 }, (_, n) => {
    const days = perDay.slice(n * 7, n * 7 + 7)
    return { monday: addDays(from, n * 7), buyers: sum('buyers', days), reached: sum('reached', days) }
  }),
  missed: [
    { code: 'never-added', words: '没有顾问添加她', count: sum('buyers') - sum('reached') - 3 },
    { code: 'late', words: '已过时限', count: 2 },
    { code: 'opted-out', words: '客户已退订', count: 1 },
  ],
}

export const namedAdvisors: NamedAdvisors = {
  ...{ percent: 5, of: 246, places: 12, named: 10, byPerson: 1 },
  nobody: {
    total: 2,
    items: customers.slice(3, 5).map(({ id, name }, i) => ({
      ...{ id, name, rank: 7 + i },
      why: i === 0 ? ('no-contact' as const) : ('next-run' as const),
    })),
  },
}
