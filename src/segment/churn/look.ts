/**
 * Looks at customers and writes what has changed: the signal and, where it is news, the log row of the change, in one
 * transaction under a lock, always computed from what that transaction reads.
 */
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises'
import type { Act, Ctx } from '../../base/act.ts'
import { system } from '../../base/act.ts'
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { identitiesOf, whoOfCustomer } from '../../customer/index.ts'
import { calibrationAsOf } from './calibration.ts'
import type { InForce } from './calibration.ts'
import { judgeKnown, knownQuery, toStore } from './churn-of.ts'
import type { Judged } from './churn-of.ts'
import {
  dropSignals,
  lockSignals,
  readKnown,
  readSignals,
  saveSignals,
  saveState,
  stateOf,
} from './churn.store.ts'
import type { Known, StoredSignal } from './churn.store.ts'
import { intervalsOf } from './signal.ts'
import type { ChurnRules } from './settings.ts'
import { wordsOf } from './words.ts'

/**
 * Why she was looked at. `import`, `merge` and `calibrated` (other parameters, or a first look) are bookkeeping: nobody did
 * or left anything undone today.
 */
export type ChurnCause = 'order' | 'refund' | 'import' | 'merge' | 'time' | 'calibrated'

export interface ChurnParts {
  readonly db: Db
  readonly act: Act
  readonly churn: ChurnRules
}

interface Look {
  readonly rules: ChurnRules
  readonly inForce: InForce
  readonly dayNo: number
  readonly cause: ChurnCause
}

interface Change {
  readonly now: StoredSignal
  readonly was: StoredSignal | undefined
  readonly judged: Judged
}

/** At most 500 customers, as of a day; answers how many rows changed. */
export async function lookAt(
  ctx: Ctx,
  rules: ChurnRules,
  customers: readonly string[],
  { cause, dayNo }: { readonly cause: ChurnCause; readonly dayNo: number },
): Promise<number> {
  if (customers.length === 0) return 0
  await lockSignals(ctx.tx)
  const look: Look = { rules, inForce: await calibrationAsOf(ctx.tx, rules, dayNo), dayNo, cause }
  const known = await readKnown(ctx.tx, knownQuery(rules, look.inForce, dayNo), { customers })
  const before = await readSignals(ctx.tx, { customers })
  const { changed, gone } = compare(look, known, before)
  await saveSignals(
    ctx.tx,
    changed.map(({ now }) => now),
  )
  await dropSignals(ctx.tx, gone)
  await recordNews(ctx, look, changed)
  return changed.length + gone.length
}

function compare(
  { rules, inForce, dayNo }: Look,
  known: readonly Known[],
  before: readonly StoredSignal[],
): { readonly changed: readonly Change[]; readonly gone: readonly string[] } {
  const stored = new Map(before.map((row) => [row.customer, row]))
  const changed: Change[] = []
  for (const one of known) {
    const judged = judgeKnown(rules, inForce, one, dayNo)
    const now = toStore(rules, inForce, judged, dayNo)
    const was = stored.get(one.customer)
    stored.delete(one.customer)
    if (!was || differs(now, was)) changed.push({ now, was, judged })
  }
  return { changed, gone: [...stored.keys()].sort() }
}

const differs = (a: StoredSignal, b: StoredSignal): boolean =>
  a.state !== b.state ||
  a.since_no !== b.since_no ||
  a.score !== b.score ||
  a.due_no !== b.due_no ||
  a.expected_next_no !== b.expected_next_no ||
  a.reason !== b.reason

/**
 * A warning is news while its alarm lies ahead (a touchpoint can still do something), whatever made it appear: an import
 * of old orders or a first look would otherwise tell of thousands who left long ago. That it is over is news when she did
 * something, not when other parameters say so.
 */
async function recordNews(ctx: Ctx, look: Look, changes: readonly Change[]): Promise<void> {
  const news = changes.filter(({ now, was }) => {
    if (now.state === (was?.state ?? 'none')) return false
    return now.state === 'warning'
      ? now.due_no !== null && now.due_no >= look.dayNo
      : look.cause !== 'calibrated'
  })
  if (news.length === 0) return
  const identities = await identitiesOf(
    ctx.tx,
    news.map(({ now }) => now.customer),
  )
  for (const { now, judged } of news)
    ctx.record({
      kind: now.state === 'warning' ? 'churn-warned' : 'churn-cleared',
      at: ctx.now,
      source: 'churn',
      sourceKey: `${now.state}:${now.customer}:${ctx.newId()}`,
      who: whoOfCustomer(identities.get(now.customer)),
      detail: {
        day: dayOfNumber(look.dayNo),
        cause: look.cause,
        risk: Math.round(judged.signal.risk * 1000) / 1000,
        due: now.due_no === null ? null : dayOfNumber(now.due_no),
        expectedNext: now.expected_next_no === null ? null : dayOfNumber(now.expected_next_no),
        words: wordsOf(
          look.rules,
          intervalsOf({
            purchases: judged.known.purchases,
            firstNo: judged.known.first_no,
            lastNo: judged.known.last_no,
          }),
          judged.silence,
          judged.activity,
          judged.drop,
        ),
      },
    })
}

// ------------------------------------------------------------------ everybody

export interface Looked {
  readonly customers: number
  readonly changed: number
  readonly cause: ChurnCause
}

const perTransaction = 250
/** Between two short transactions, so that another process finds the door open. */
const pauseMs = 20

/**
 * Everybody with a rhythm, a slice of the facts at a time: compared on the reader, and only who differs is looked at again
 * in a transaction. Memory is one slice, and the event loop is let go between portions of it.
 */
export async function lookAtEverybody({ db, act, churn }: ChurnParts, day: Day): Promise<Looked> {
  const dayNo = dayNumber(day)
  const inForce = await calibrationAsOf(db.reader, churn, dayNo)
  const judgedBy = `${churn.hash} ${String(inForce.dayNo)}`
  const cause: ChurnCause = (await stateOf(db.reader, 'judged-by')) === judgedBy ? 'time' : 'calibrated'
  const look: Look = { rules: churn, inForce, dayNo, cause }
  const query = knownQuery(churn, inForce, dayNo)
  let customers = 0
  let changed = 0
  for (let after = ''; ;) {
    const known = await readKnown(db.reader, query, { after })
    const last = known.at(-1)?.customer ?? null
    const before = await readSignals(db.reader, { after, upTo: last })
    for (const part of await differing(look, known, before)) {
      changed += await act(system('churn'), (ctx) => lookAt(ctx, churn, part, { cause, dayNo }), 'bulk')
      await pause(pauseMs)
    }
    customers += known.length
    if (last === null) break
    after = last
  }
  await act(system('churn'), (ctx) => saveState(ctx.tx, 'judged-by', judgedBy), 'bulk')
  return { customers, changed, cause }
}

/** Customers whose row would change, in portions of one transaction. */
async function differing(
  look: Look,
  known: readonly Known[],
  before: readonly StoredSignal[],
): Promise<string[][]> {
  const stored = new Map(before.map((row) => [row.customer, row]))
  const differ: string[] = []
  for (let from = 0; from < known.length; from += perTransaction) {
    const part = known.slice(from, from + perTransaction)
    const rows = part.flatMap(({ customer }) => stored.get(customer) ?? [])
    for (const { now } of compare(look, part, rows).changed) differ.push(now.customer)
    for (const { customer } of part) stored.delete(customer)
    await breathe()
  }
  differ.push(...stored.keys())
  return Array.from({ length: Math.ceil(differ.length / perTransaction) }, (_, n) =>
    differ.slice(n * perTransaction, (n + 1) * perTransaction),
  )
}
