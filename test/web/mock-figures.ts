/** Figures over the whole made-up shop. */
import type { NamedAdvisors } from '../../src/http/contract.ts'
import { customers } from './mock-shop.ts'

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
