/**
 * Compares what the running shop keeps with what its log tells, row by row and in bounded memory, and mends it: in
 * transactions of at most 500 rows under the log's lock, each brought up to the rows that came meanwhile, so that the
 * shop goes on and a run that dies has either mended a row or left it. Another run finds the rest.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Db, Row, Tx } from '../base/db.ts'
import type { TableDefinition } from '../base/table.ts'
import { headSeq, lockHead } from './log.store.ts'
import type { Kept } from './log-row.ts'
import { asText, countRows, keyOf, pageOf, replaceRows, rowsOfKeys, shapeOf } from './rebuild.store.ts'
import type { Key, Shape } from './rebuild.store.ts'
import { retell, tellSince } from './retell.ts'
import type { Derived, DerivedTable, RetellParts } from './retell.ts'

export interface RebuildParts extends RetellParts {
  readonly db: Db
  /** Empty, of the same schema. */
  readonly scratch: Db
  readonly tables: readonly TableDefinition[]
  /** Tables that are neither facts of a person nor derived, but as much told by the log: identities, merges. */
  readonly roll: readonly string[]
  readonly dryRun: boolean
}

export interface TableReport {
  rows: number
  differ: number
  /** Told by the log, not there. */
  missing: number
  /** There, not told by the log. */
  extra: number
}

export interface Difference {
  readonly table: string
  readonly key: Key
  readonly live: Row | null
  readonly rebuilt: Row | null
}

export interface Rebuilt {
  readonly head: number
  readonly tables: Readonly<Record<string, TableReport>>
  readonly differences: readonly Difference[]
  readonly published: number
}

const pageRows = 2_000
const publishRows = 500
const pauseMs = 20
const shownDifferences = 20

interface State {
  /** The scratch knows the log up to here. */
  head: number
  published: number
  readonly reports: Map<string, TableReport>
  readonly differences: Difference[]
}

export async function rebuild(parts: RebuildParts): Promise<Rebuilt> {
  const { db, scratch } = parts
  const erasures = async (): Promise<number> => (await db.tx(lockHead, 'bulk')).erasures
  const erased = await erasures()
  const head = await headSeq(db.reader)
  await retell(db.reader, scratch, parts, head)
  const state: State = { head, published: 0, reports: new Map(), differences: [] }
  const kept = new Map(parts.projections.flatMap(({ keeps }) => keeps.map((one) => [one.table, one])))
  const facts = [...parts.roll.map((table): Kept => ({ table, of: null })), ...kept.values()]
  for (const one of facts) await compareTable(parts, state, one, null)
  if ((await erasures()) !== erased)
    throw new Error('A person was erased while the log was told again; run it once more.')
  for (const derived of parts.derived) {
    await derived.finish(scratch, db.reader)
    for (const one of derived.keeps) await compareTable(parts, state, one, derived)
  }
  return {
    head: state.head,
    tables: Object.fromEntries(state.reports),
    differences: state.differences,
    published: state.published,
  }
}

async function compareTable(
  parts: RebuildParts,
  state: State,
  kept: Kept,
  derived: Derived | null,
): Promise<void> {
  const definition = parts.tables.find(({ name }) => name === kept.table)
  if (!definition) throw new Error(`There is no table ${kept.table}.`)
  const shape = shapeOf(definition)
  const unlike = derived ? ((kept as DerivedTable).unlike ?? []) : []
  const report: TableReport = { rows: 0, differ: 0, missing: 0, extra: 0 }
  state.reports.set(kept.table, report)
  const settle = (keys: readonly Key[]): Promise<void> =>
    derived
      ? mendDerived(parts, state, { shape, unlike, report, of: kept.of ?? '' }, derived, keys)
      : settleFacts(parts, state, { shape, unlike, report }, keys)
  // First what the shop has, then what it lacks; the second look is needed only when the numbers do not agree.
  report.rows = await inPages(parts, parts.db, parts.scratch, shape, unlike, settle)
  const told = await countRows(parts.scratch.reader, shape)
  if (report.rows - report.extra < told || !parts.dryRun)
    await inPages(parts, parts.scratch, parts.db, shape, unlike, settle)
}

/** Pages through one database, looks the same keys up in the other, and hands on those that differ. */
async function inPages(
  { signal }: RebuildParts,
  from: Db,
  other: Db,
  shape: Shape,
  unlike: readonly string[],
  settle: (keys: readonly Key[]) => Promise<void>,
): Promise<number> {
  let rows = 0
  for (let after: Key | null = null; ;) {
    signal?.throwIfAborted()
    const page: Row[] = await pageOf(from.reader, shape, after, pageRows)
    const last = page.at(-1)
    if (!last) return rows
    rows += page.length
    after = keyOf(shape, last)
    const keys = page.map((row) => keyOf(shape, row))
    const others = await rowsOfKeys(other.reader, shape, keys)
    const differing = page.filter((row, i) => !isSame(row, others.get(asText(keys[i] ?? [])), unlike))
    for (let at = 0; at < differing.length; at += publishRows) {
      await settle(differing.slice(at, at + publishRows).map((row) => keyOf(shape, row)))
      await pause(pauseMs)
    }
  }
}

const isSame = (a: Row, b: Row | undefined, unlike: readonly string[]): boolean =>
  b !== undefined &&
  Object.keys(a).every((column) => unlike.includes(column) || (a[column] ?? null) === (b[column] ?? null))

interface Compared {
  readonly shape: Shape
  readonly unlike: readonly string[]
  readonly report: TableReport
}

/** Under the log's lock both sides know the same rows: what differs now, differs. */
async function settleFacts(
  parts: RebuildParts,
  state: State,
  compared: Compared,
  keys: readonly Key[],
): Promise<void> {
  const { shape } = compared
  await parts.db.tx(async (tx) => {
    await catchUp(parts, state, tx)
    const wrong = await stillDiffering(parts, state, compared, tx, keys)
    if (wrong.length === 0 || parts.dryRun) return
    await replaceRows(
      tx,
      shape,
      wrong.map(({ key }) => key),
      wrong.map(({ rebuilt }) => rebuilt).filter((row) => row !== null),
    )
    state.published += wrong.length
  }, 'bulk')
}

async function catchUp(parts: RebuildParts, state: State, tx: Tx): Promise<void> {
  const { seq } = await lockHead(tx)
  if (seq === state.head) return
  await tellSince(tx, parts.scratch, parts, state.head, seq)
  state.head = seq
}

async function stillDiffering(
  { scratch }: RebuildParts,
  state: State,
  { shape, unlike, report }: Compared,
  tx: Tx,
  keys: readonly Key[],
): Promise<Difference[]> {
  const live = await rowsOfKeys(tx, shape, keys)
  const told = await rowsOfKeys(scratch.reader, shape, keys)
  const wrong: Difference[] = []
  for (const key of keys) {
    const [ours, rebuilt] = [live.get(asText(key)) ?? null, told.get(asText(key)) ?? null]
    if (ours === null ? rebuilt === null : rebuilt !== null && isSame(ours, rebuilt, unlike)) continue
    wrong.push({ table: shape.name, key, live: ours, rebuilt })
    if (ours === null) report.missing += 1
    else if (rebuilt === null) report.extra += 1
    else report.differ += 1
  }
  state.differences.push(...wrong.slice(0, shownDifferences - state.differences.length))
  return wrong
}

/** Who has rows the scratch does not know is about to be looked at anyway, by those who keep the table. */
async function mendDerived(
  parts: RebuildParts,
  state: State,
  compared: Compared & { readonly of: string },
  { mend }: Derived,
  keys: readonly Key[],
): Promise<void> {
  const wrong = await parts.db.tx((tx) => stillDiffering(parts, state, compared, tx, keys), 'bulk')
  if (wrong.length === 0 || parts.dryRun) return
  const customers = wrong.map(({ live, rebuilt }) => String((live ?? rebuilt)?.[compared.of]))
  await mend([...new Set(customers)].sort(), parts.scratch.reader)
  state.published += wrong.length
}
