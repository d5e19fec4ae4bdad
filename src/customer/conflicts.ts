/** Pairs of customers whom one row named together and who contradict each other: what a person decides about. */
import { isoOf } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { rowsBySeq } from '../interaction/index.ts'
import { countOpenConflicts, identitiesOfCustomers, openConflicts } from './customer.store.ts'
import type { Identity } from './identity.ts'
import { namesOf } from './people.ts'

export interface ConflictSide {
  readonly id: string
  readonly name: string
  /** Empty for somebody who would be new: the identity that could not be tied. */
  readonly identities: readonly Identity[]
}

export interface IdentityConflict {
  readonly one: ConflictSide
  readonly two: ConflictSide
  /** The row that named both. */
  readonly row: { readonly seq: number; readonly at: string; readonly kind: string; readonly source: string }
}

export async function listConflicts(
  reader: Reader,
  limit: number,
): Promise<{ readonly total: number; readonly items: IdentityConflict[] }> {
  const conflicts = await openConflicts(reader, limit)
  const ids = [...new Set(conflicts.flatMap(({ one, two }) => [one, two]))].sort()
  const names = await namesOf(reader, ids)
  const identities = new Map<string, Identity[]>()
  for (const { customer, kind, value } of await identitiesOfCustomers(reader, ids))
    identities.set(customer, [...(identities.get(customer) ?? []), { kind, value }])
  const seqs = [...new Set(conflicts.map(({ first_seq: seq }) => seq))]
  const rows = new Map<number, IdentityConflict['row']>()
  for (let from = 0; from < seqs.length; from += 500)
    for (const { seq, at, kind, source } of await rowsBySeq(reader, seqs.slice(from, from + 500)))
      rows.set(seq, { seq, at: isoOf(at), kind, source })
  const side = (id: string): ConflictSide => ({
    id,
    name: names.get(id) ?? '尚无资料',
    identities: identities.get(id) ?? [],
  })
  return {
    total: await countOpenConflicts(reader),
    items: conflicts.map(({ one, two, first_seq: seq }) => ({
      one: side(one),
      two: side(two),
      row: rows.get(seq) ?? { seq, at: '', kind: '', source: '' },
    })),
  }
}
