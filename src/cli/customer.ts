/** `siyu customer …`: who is who. Every WHO is a customer's id, an id from before a merge, or any identity of hers. */
import { Refusal } from '../base/errors.ts'
import {
  findCustomer,
  identitiesOf,
  keepApart,
  listConflicts,
  mergeCustomers,
  namesOf,
  unmergeCustomer,
} from '../customer/index.ts'
import type { IdentityConflict, Merged, Unmerged } from '../customer/index.ts'
import type { Reader } from '../base/db.ts'
import { withCore } from './data.ts'

const actor = { kind: 'cli', verb: 'customer' } as const

async function must(reader: Reader, who: string): Promise<string> {
  const found = await findCustomer(reader, who)
  if (found !== null) return found
  throw new Refusal('not-found', `No customer is known as ${who}.`, 404, {
    fix: 'Give her id, or an external_userid, unionid, shop id or phone hash of hers.',
  })
}

export interface FoundCustomer {
  readonly id: string
  readonly name: string
  readonly externals: readonly string[]
  readonly unionids: readonly string[]
  readonly shopIds: readonly string[]
  readonly phoneHashes: readonly string[]
}

export const findVerb = (who: string): Promise<FoundCustomer> =>
  withCore(async ({ db: { reader } }) => {
    const id = await must(reader, who)
    const identities = (await identitiesOf(reader, [id])).get(id)
    return {
      id,
      name: (await namesOf(reader, [id])).get(id) ?? id,
      externals: identities?.externals ?? [],
      unionids: identities?.unionids ?? [],
      shopIds: identities?.shopIds ?? [],
      phoneHashes: identities?.phoneHashes ?? [],
    }
  })

export const conflictsVerb = (limit: number): Promise<{ total: number; items: IdentityConflict[] }> =>
  withCore(({ db }) => listConflicts(db.reader, limit))

export const mergeVerb = (a: string, b: string, reason: string): Promise<Merged> =>
  withCore(async ({ db, act }) => {
    const [one, two] = [await must(db.reader, a), await must(db.reader, b)]
    return act(actor, (ctx) => mergeCustomers(ctx, one, two, reason))
  })

const isCustomerId = (text: string): boolean => /^c[0-9a-f]{24}$/.test(text)

/** An id from before the merge says which merge is meant; by an identity the person as she is now is found. */
export const unmergeVerb = (who: string, reason: string): Promise<Unmerged> =>
  withCore(async ({ db, act }) => {
    const id = isCustomerId(who) ? who : await must(db.reader, who)
    return act(actor, (ctx) => unmergeCustomer(ctx, id, reason))
  })

export const apartVerb = (a: string, b: string, reason: string): Promise<{ apart: string[] }> =>
  withCore(async ({ act }) => {
    await act(actor, (ctx) => keepApart(ctx, a, b, reason))
    return { apart: [a, b] }
  })
