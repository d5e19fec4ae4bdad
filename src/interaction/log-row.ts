import type { Ctx, Happening } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
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

export interface Ties {
  /** Numbers of log rows that concern them without naming them. */
  readonly seqs: readonly number[]
  /** Others whose facts hang together with theirs. */
  readonly customers: readonly string[]
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
  /**
   * For facts that a row of somebody else (or of nobody) touches, as a refund touches the order of another: what must be
   * told again together with these customers. Asked before their rows are wiped.
   */
  ties?(facts: Reader, log: Reader, customers: readonly string[], people: People): Promise<Ties>
}

/** Identities that passed from one customer to another: by a merge (then `from` is no more) or by an un-merge. */
export interface Regrouping {
  readonly from: string
  readonly to: string
  readonly how: 'merged' | 'unmerged' | 'erased'
}

export interface Resolved {
  /** In order of seq: the rows given, without those refused, with those that resolution itself stated. */
  readonly rows: readonly FreshRow[]
  readonly regroupings: readonly Regrouping[]
}

export interface ResolveMoment {
  /** The newest seq until now; rows are numbered from the next. */
  readonly base: number
  /** Is anybody erased? Then old news of them must not come in again. */
  readonly erasures: boolean
  newId(): string
}

/** A row on its way in, not numbered yet: resolution may put a row of its own between two. */
export type ComingRow = Omit<LogRow, 'seq'>

/** A kind of identity and its value, as a log row names it. */
export interface Named {
  readonly kind: 'external' | 'union' | 'shop' | 'phone'
  readonly value: string
}

/** Who is who; declared here, implemented in customer/. */
export interface People {
  /** Finds or makes the customer of each row that names a person. */
  resolve(tx: Tx, rows: readonly ComingRow[], moment: ResolveMoment): Promise<Resolved>
  /** The customers of rows that are in the log, by the identities as they are now; by the row's id. */
  customersOfRows(reader: Reader, rows: readonly LogRow[]): Promise<ReadonlyMap<string, string>>
  identitiesOf(reader: Reader, customers: readonly string[]): Promise<readonly Named[]>
}

/** For logs in which nobody is a customer. */
export const nobody: People = {
  resolve: (_tx, rows, { base }) =>
    Promise.resolve({
      rows: rows.map((row, i) => ({ ...row, seq: base + i + 1, customer: null })),
      regroupings: [],
    }),
  customersOfRows: () => Promise.resolve(new Map()),
  identitiesOf: () => Promise.resolve([]),
}

/** What is kept beside the projections and must go along when identities pass from one customer to another. */
export interface Regroup {
  readonly name: string
  apply(ctx: Ctx, regrouping: Regrouping): Promise<void>
}
