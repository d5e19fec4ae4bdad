/** Since when we know her: the earliest of her happenings and the first of her rows, by the identities of today. */
import type { Kind, Projection } from '../interaction/index.ts'
import { kinds } from '../interaction/index.ts'
import { saveSightings } from './customer.store.ts'
import type { Sighting } from './customer.store.ts'
import { aboutPeople } from './resolve.ts'

export const sightingProjection: Projection = {
  name: 'customers',
  kinds: (Object.keys(kinds) as Kind[]).filter((kind) => !aboutPeople.includes(kind)),
  keeps: [{ table: 'customer', of: 'id' }],
  async apply(tx, rows) {
    const first = new Map<string, Sighting>()
    for (const { customer, at, seq } of rows) {
      if (customer === null) continue
      const before = first.get(customer)
      first.set(customer, {
        customer,
        at: Math.min(at, before?.at ?? at),
        seq: Math.min(seq, before?.seq ?? seq),
      })
    }
    const sorted = [...first.values()].sort((a, b) => (a.customer < b.customer ? -1 : 1))
    await saveSightings(tx, sorted)
  },
}
