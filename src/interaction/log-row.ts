import type { Happening } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Tx } from '../base/db.ts'
import type { Kind } from './kinds.ts'

/** A row of the log. `at` is when it happened, `recordedAt` when we wrote it; only `seq` orders. */
export interface LogRow extends Omit<Happening, 'kind' | 'said'> {
  readonly seq: number
  readonly id: string
  readonly recordedAt: Instant
  readonly kind: Kind
}

/** A fresh row on its way into the log, with the customer its `who` means today. */
export interface FreshRow extends LogRow {
  readonly customer: string | null
}

/** A table that is a pure function of the log. `of` names the column of the customer a row belongs to, if it has one. */
export interface Kept {
  readonly table: string
  readonly of: string | null
}

/**
 * Facts kept in the recording transaction: no network, rows aggregated per key and keys sorted (PostgreSQL deadlocks
 * otherwise). A table that a projection writes is written by projections only.
 */
export interface Projection {
  readonly name: string
  readonly kinds: readonly Kind[]
  /** Every table it writes: what a rebuild empties, fills again from the log and compares. */
  readonly keeps: readonly Kept[]
  apply(tx: Tx, rows: readonly FreshRow[]): Promise<void>
}

/** Finds or makes the customer of each row that names a person; declared here, implemented in customer/. */
export type ResolveCustomers = (tx: Tx, rows: readonly LogRow[]) => Promise<ReadonlyMap<string, string>>
