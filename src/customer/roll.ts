/**
 * Who is who while a batch is read: the identities it names and everything about the customers they belong to, changed
 * in memory row by row and written once at the end. Customers named together with nobody else (nearly all rows) cost
 * one query.
 */
import type { Tx } from '../base/db.ts'
import type { ComingRow, LogRow } from '../interaction/index.ts'
import {
  conflictsOf,
  deleteConflicts,
  identitiesOfCustomers,
  insertMerges,
  knownIdentities,
  markUndone,
  saveConflicts,
  saveIdentities,
} from './customer.store.ts'
import type { ConflictRow } from './customer.store.ts'
import { identitiesIn, keyOf } from './identity.ts'
import type { Identity } from './identity.ts'
import { mergeIn, unmergeIn } from './merge-row.ts'
import type { Unmerge } from './merge-row.ts'

export interface Roll {
  /** The customer an identity belongs to now. */
  holder(identity: Identity): string | null
  /** All identities of a customer. */
  of(customer: string): Identity[]
  /** The customer as she is called now: another one after a merge. */
  now(customer: string): string
  /** A person has one shop id and one unionid; a second one is a question. */
  mayJoin(identity: Identity, customer: string): boolean
  tie(identity: Identity, customer: string, seq: number): void
  areApart(a: string, b: string): boolean
  conflict(a: string, b: string, seq: number): void
  keepApart(a: string, b: string, seq: number): void
  /** False when there is nothing to merge. */
  merge(kept: string, other: string, seq: number): boolean
  unmerge(said: Unmerge, seq: number): boolean
  customerOf(row: LogRow): string | null
  save(): Promise<void>
}

interface Held {
  readonly identity: Identity
  readonly customer: string
  readonly seq: number
}

const single: readonly Identity['kind'][] = ['shop', 'union']
const pairOf = (a: string, b: string): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`)

export async function openRoll(tx: Tx, rows: readonly ComingRow[]): Promise<Roll> {
  const held = new Map<string, Held>()
  const conflicts = new Map<string, ConflictRow>()
  await load(tx, rows, held, conflicts)
  const members = new Map<string, Map<string, Identity>>()
  const put = ({ identity, customer, seq }: Held): void => {
    const key = keyOf(identity)
    const before = held.get(key)
    if (before) members.get(before.customer)?.delete(key)
    held.set(key, { identity, customer, seq })
    const hers = members.get(customer) ?? new Map<string, Identity>()
    members.set(customer, hers.set(key, identity))
  }
  for (const one of held.values()) put(one)

  const changed = new Set<string>()
  const renamed = new Map<string, string>()
  const touched = new Set<string>()
  const merges: { seq: number; kept: string; other: string; undone_seq: null }[] = []
  const undone: { merge: number; seq: number }[] = []
  const move = (one: Held): void => {
    put(one)
    changed.add(keyOf(one.identity))
  }
  const note = (row: ConflictRow): void => {
    const key = pairOf(row.one, row.two)
    conflicts.set(key, row)
    touched.add(key)
  }
  const drop = (key: string): void => {
    conflicts.delete(key)
    touched.add(key)
  }

  const roll: Roll = {
    holder: (identity) => held.get(keyOf(identity))?.customer ?? null,
    of: (customer) =>
      [...(members.get(customer)?.entries() ?? [])]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { kind, value }]) => ({ kind, value })),
    now(customer) {
      let name = customer
      for (let next = renamed.get(name); next !== undefined; next = renamed.get(name)) name = next
      return name
    },
    mayJoin: (identity, customer) =>
      !single.includes(identity.kind) ||
      roll.of(customer).every(({ kind, value }) => kind !== identity.kind || value === identity.value),
    tie: (identity, customer, seq) => move({ identity, customer, seq }),
    areApart: (a, b) => conflicts.get(pairOf(a, b))?.state === 'apart',
    conflict(a, b, seq) {
      if (a === b || conflicts.has(pairOf(a, b))) return
      note(newConflict(a, b, seq))
    },
    keepApart(a, b, seq) {
      if (a === b) return
      const before = conflicts.get(pairOf(a, b)) ?? newConflict(a, b, seq)
      note({ ...before, state: 'apart', decided_seq: seq })
    },
    merge(kept, other, seq) {
      const hers = roll.of(other)
      if (kept === other || hers.length === 0) return false
      for (const identity of hers)
        move({ identity, customer: kept, seq: held.get(keyOf(identity))?.seq ?? seq })
      renamed.set(other, kept)
      renamed.delete(kept)
      drop(pairOf(kept, other))
      for (const [key, row] of [...conflicts]) {
        if (row.one !== other && row.two !== other) continue
        drop(key)
        const third = row.one === other ? row.two : row.one
        note(sooner({ ...row, ...ordered(kept, third) }, conflicts.get(pairOf(kept, third))))
      }
      merges.push({ seq, kept, other, undone_seq: null })
      return true
    },
    unmerge({ from, to, merge, identities }, seq) {
      const back = identities.filter((identity) => roll.holder(identity) === from)
      for (const identity of back)
        move({ identity, customer: to, seq: held.get(keyOf(identity))?.seq ?? seq })
      renamed.delete(to)
      undone.push({ merge, seq })
      roll.keepApart(from, to, seq)
      return back.length > 0
    },
    customerOf(row) {
      const first = identitiesIn(row.who).find((one) => (held.get(keyOf(one))?.seq ?? Infinity) <= row.seq)
      return first ? roll.holder(first) : null
    },
    async save() {
      const rows = [...changed].sort().flatMap((key) => held.get(key) ?? [])
      await saveIdentities(
        tx,
        rows.map(({ identity, customer, seq }) => ({ ...identity, customer, seq })),
      )
      const gone = [...touched].filter((key) => !conflicts.has(key))
      await deleteConflicts(
        tx,
        gone.map((key) => key.split('\n')),
      )
      await saveConflicts(
        tx,
        [...touched].sort().flatMap((key) => conflicts.get(key) ?? []),
      )
      await insertMerges(tx, merges)
      for (const { merge, seq } of undone) await markUndone(tx, merge, seq)
    },
  }
  return roll
}

const ordered = (a: string, b: string): { one: string; two: string } =>
  a < b ? { one: a, two: b } : { one: b, two: a }

const newConflict = (a: string, b: string, seq: number): ConflictRow => ({
  ...ordered(a, b),
  first_seq: seq,
  state: 'open',
  decided_seq: null,
})

/** Two notes of one pair: the earlier sighting, and a decision where there is one. */
function sooner(a: ConflictRow, b: ConflictRow | undefined): ConflictRow {
  if (!b) return a
  const decided = a.state === 'apart' ? a : b
  return { ...decided, first_seq: Math.min(a.first_seq, b.first_seq) }
}

async function load(
  tx: Tx,
  rows: readonly ComingRow[],
  held: Map<string, Held>,
  conflicts: Map<string, ConflictRow>,
): Promise<void> {
  const named = rows.map(({ who }) => identitiesIn(who))
  const unmerges = rows.filter(({ kind }) => kind === 'customers-unmerged').map(unmergeIn)
  const asked = [...named.flat(), ...unmerges.flatMap(({ identities }) => identities)]
  for (const [key, { kind, value, customer, seq }] of await knownIdentities(tx, asked))
    held.set(key, { identity: { kind, value }, customer, seq })
  const customers = new Set(
    named
      .filter((identities) => identities.length > 1)
      .flatMap((identities) => identities.flatMap((one) => held.get(keyOf(one))?.customer ?? [])),
  )
  for (const { from, to } of unmerges) customers.add(from).add(to)
  for (const row of rows) {
    if (row.kind !== 'customers-merged' && row.kind !== 'customers-kept-apart') continue
    const { kept, other } = mergeIn(row)
    customers.add(kept).add(other)
  }
  if (customers.size === 0) return
  const sorted = [...customers].sort()
  for (const { kind, value, customer, seq } of await identitiesOfCustomers(tx, sorted))
    held.set(keyOf({ kind, value }), { identity: { kind, value }, customer, seq })
  for (const row of await conflictsOf(tx, sorted)) conflicts.set(pairOf(row.one, row.two), row)
}
