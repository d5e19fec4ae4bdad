/** A person as she is known, and what of her identities is written down when she is forgotten. */
import type { Ctx, Who } from '../base/act.ts'
import type { Reader, Tx } from '../base/db.ts'
import { countErasure } from '../interaction/index.ts'
import type { Person } from '../interaction/index.ts'
import {
  conflictsOf,
  deleteConflicts,
  erasuresOf,
  formerIds,
  identitiesOfCustomers,
  insertErasures,
  saveConflicts,
} from './customer.store.ts'
import type { Erasures } from './erasure.ts'
import { renamedIds } from './erasure.ts'
import type { Identity } from './identity.ts'

export interface KnownPerson extends Person {
  readonly known: readonly Identity[]
}

export async function personOf(reader: Reader, customer: string): Promise<KnownPerson> {
  const known = await identitiesOfCustomers(reader, [customer])
  return {
    customers: await formerIds(reader, customer),
    identities: known.map(({ value }) => value),
    known: known.map(({ kind, value }) => ({ kind, value })),
  }
}

export interface Forgotten {
  /** Old name to new: identities and ids. */
  readonly names: ReadonlyMap<string, string>
  readonly hashes: readonly string[]
}

/** Writes down that these identities are forgotten; answers under which names her facts go on. */
export async function forgetIdentities(
  ctx: Ctx,
  { customers, known }: KnownPerson,
  erasures: Erasures,
): Promise<Forgotten> {
  const before = await erasuresOf(
    ctx.tx,
    known.map((one) => erasures.hashOf(one)),
  )
  const renamed = known.map((identity) => ({
    ...identity,
    tombstone: erasures.tombstoneOf(
      identity,
      before.filter(({ hash }) => hash === erasures.hashOf(identity)).length + 1,
    ),
  }))
  const hashes = known.map((one) => erasures.hashOf(one))
  await insertErasures(ctx.tx, hashes, ctx.now)
  await countErasure(ctx.tx)
  return {
    names: new Map([
      ...renamed.map(({ value, tombstone }): [string, string] => [value, tombstone.value]),
      ...renamedIds(customers, renamed),
    ]),
    hashes,
  }
}

/** Under new names the two of a pair may stand the wrong way round. */
export async function settleConflicts(tx: Tx, customers: readonly string[]): Promise<void> {
  const turned = [
    ...new Map(
      (await conflictsOf(tx, customers))
        .filter(({ one, two }) => one > two)
        .map((row) => [`${row.one} ${row.two}`, row]),
    ).values(),
  ]
  await deleteConflicts(
    tx,
    turned.map(({ one, two }) => [one, two]),
  )
  await saveConflicts(
    tx,
    turned.map((row) => ({ ...row, one: row.two, two: row.one })),
  )
}

export const whoOfIdentity = ({ kind, value }: Identity): Who => {
  switch (kind) {
    case 'external':
      return { external: value }
    case 'union':
      return { unionid: value }
    case 'shop':
      return { shopId: value }
    case 'phone':
      return { phoneHash: value }
  }
}
