/**
 * Names for people who are forgotten: keyed hashes, so that only who has the key can say whether an identity is among
 * them. The same person may come back by her own act and be forgotten again, under other names each time.
 */
import { createHmac } from 'node:crypto'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { keyedDigest } from '../base/ids.ts'
import { anyErasure, erasuresOf } from './customer.store.ts'
import { customerIdOf, keyOf } from './identity.ts'
import type { Identity } from './identity.ts'

export interface Erasures {
  hashOf(identity: Identity): string
  /** What she is called after being forgotten for the nth time. */
  tombstoneOf(identity: Identity, nth: number): Identity
  /** When each of these identities was last erased, by its key; the others are absent. */
  erasedAmong(reader: Reader, identities: readonly Identity[]): Promise<Map<string, Instant>>
}

export function createErasures(masterKey: Buffer): Erasures {
  const key = createHmac('sha256', masterKey).update('siyu erasures v1').digest()
  const hashOf = (identity: Identity): string => keyedDigest(key, keyOf(identity), 32)
  return {
    hashOf,
    tombstoneOf(identity, nth) {
      const stranger = /^(openid|wechaty):/.exec(identity.value)?.[0] ?? ''
      const name = keyedDigest(key, `${keyOf(identity)}\n${String(nth)}`, 24)
      return { kind: identity.kind, value: `${stranger}erased:${name}` }
    },
    async erasedAmong(reader, identities) {
      // Most shops have forgotten nobody, and a keyed hash for every contact of every comparison is not free.
      if (!(await anyErasure(reader))) return new Map()
      const byHash = new Map(identities.map((identity) => [hashOf(identity), keyOf(identity)]))
      const erased = new Map<string, Instant>()
      for (const { hash, erased_at: at } of await erasuresOf(reader, [...byHash.keys()])) {
        const identity = byHash.get(hash) ?? ''
        erased.set(identity, Math.max(at, erased.get(identity) ?? 0))
      }
      return erased
    },
  }
}

/** Ids are made of identities, so an id is renamed by renaming the identity it was made of. */
export function renamedIds(
  customers: readonly string[],
  identities: readonly (Identity & { readonly tombstone: Identity })[],
): Map<string, string> {
  const renamed = new Map(identities.map((one) => [customerIdOf(one), customerIdOf(one.tombstone)]))
  return new Map(
    customers.flatMap((id): [string, string][] => {
      const to = renamed.get(id)
      return to === undefined ? [] : [[id, to]]
    }),
  )
}
