/**
 * The flush: the one way into the log, the same SQL on both databases. Lock the head, drop what is known, learn who is
 * meant, insert the fresh rows as base+1…, run the projections over what was really inserted, move the head. `seq` stays
 * gapless and in commit order because the head's lock is held from the first step to the commit. When the rows show that
 * two customers are one person, her facts are told again from the log before anybody sees them.
 *
 * Whatever comes at a rate (callbacks, clicks, events) goes through `submit`: a few milliseconds are collected into one
 * transaction and one fsync, each caller gets its own answer, and no caller is answered before the commit.
 */
import { system } from '../base/act.ts'
import type { Act, Ctx, Happening } from '../base/act.ts'
import type { Db } from '../base/db.ts'
import { isDatabaseTrouble } from '../base/db.ts'
import { OutsideFailure } from '../base/errors.ts'
import { isKind } from './kinds.ts'
import { insertRows, insertWords, knownKeys, lockHead, moveHead } from './log.store.ts'
import type { ComingRow, LogRow, People, Projection, Regroup } from './log-row.ts'
import { replayCustomers } from './replay.ts'

const keyOf = (row: { readonly source: string; readonly sourceKey: string }): string =>
  `${row.source}\n${row.sourceKey}`

export interface Recorded {
  /** False when (source, sourceKey) was in the log before. */
  readonly fresh: boolean
}

export interface FlushParts {
  readonly people: People
  readonly projections: readonly Projection[]
  /** What goes along when identities pass from one customer to another, in the same transaction. */
  readonly regroup?: readonly Regroup[]
  /** Takes what must stay provable, in the same transaction and under the log's lock. */
  readonly audit?: (ctx: Ctx, rows: readonly LogRow[]) => Promise<void>
  /** Called after the commit of every flush that added rows. */
  readonly wake: () => void
}

export type Flush = (ctx: Ctx, happenings: readonly Happening[]) => Promise<Recorded[]>

export function createFlush(parts: FlushParts): Flush {
  const { people, projections, regroup = [], wake } = parts
  return async (ctx, happenings) => {
    const { seq: base, erasures } = await lockHead(ctx.tx)
    const { coming, words, idOf } = await unknownOnes(ctx, happenings)
    if (coming.length === 0) return happenings.map(() => ({ fresh: false }))
    const { rows, regroupings } = await people.resolve(ctx.tx, coming, {
      base,
      erasures: erasures > 0,
      newId: () => ctx.newId(),
    })
    const taken = new Set(rows.map(({ id }) => id))
    const answers = idOf.map((id) => ({ fresh: id !== null && taken.has(id) }))
    if (rows.length === 0) return answers
    await insertRows(ctx.tx, rows, ctx.now)
    await insertWords(
      ctx.tx,
      words.filter(({ id }) => taken.has(id)),
    )
    for (const projection of projections) {
      const mine = rows.filter((row) => projection.kinds.includes(row.kind))
      if (mine.length > 0) await projection.apply(ctx.tx, mine)
    }
    await parts.audit?.(ctx, rows)
    await moveHead(ctx.tx, base + rows.length)
    if (regroupings.length > 0) {
      const moved = regroupings.flatMap(({ from, to }) => [from, to])
      await replayCustomers({ log: ctx.tx, facts: ctx.tx }, { people, projections }, moved)
      for (const regrouping of regroupings) for (const { apply } of regroup) await apply(ctx, regrouping)
    }
    ctx.afterCommit(wake)
    return answers
  }
}

/** Those whose (source, sourceKey) is not in the log; `idOf` has the new row's id for each happening, or null. */
async function unknownOnes(ctx: Ctx, happenings: readonly Happening[]) {
  const known = new Set((await knownKeys(ctx.tx, happenings)).keys())
  const coming: ComingRow[] = []
  const words: { id: string; said: string }[] = []
  const idOf: (string | null)[] = []
  for (const happening of happenings) {
    const { kind, said, ...rest } = happening
    if (!isKind(kind)) throw new Error(`"${kind}" is not in interaction/kinds.ts.`)
    const key = keyOf(happening)
    if (known.has(key)) {
      idOf.push(null)
      continue
    }
    known.add(key)
    const row: ComingRow = { ...rest, kind, id: ctx.newId(), recordedAt: ctx.now }
    idOf.push(row.id)
    coming.push(row)
    if (said !== undefined && said !== '') words.push({ id: row.id, said })
  }
  return { coming, words, idOf }
}

// ------------------------------------------------------------------ group commit

export interface Recorder {
  /** Resolves after the commit. Rejects with OutsideFailure when the database is busy or gone (answer 503). */
  submit(happening: Happening): Promise<Recorded>
  busy(): boolean
  /** So many wait that the next one would be refused. */
  full(): boolean
}

interface Waiting {
  readonly happening: Happening
  /** By the steady clock. */
  readonly since: number
  readonly ok: (recorded: Recorded) => void
  readonly fail: (error: unknown) => void
}

const delayMs = 5
const quietMs = 25
const batchRows = 300
/** WeCom hangs up after 5 s: a batch that takes longer than this is answered as busy. */
const answerWithinMs = 3_500
/**
 * Who would have to wait longer than this is told so at once, instead of being late for everybody: as many rows as the
 * last batches were quick to write, and never more than so many.
 */
const waitAtMostMs = 1_500
const maxWaiting = 6_000
/** A smaller batch says little of how quickly many are written. */
const tellingRows = 32
/** How often that is looked at: one timer for all who wait, since one for each costs as much as reading a callback. */
const lookMs = 250

export function createRecorder(db: Db, act: Act, flush: Flush): Recorder {
  let waiting: Waiting[] = []
  let running = false
  let timer: NodeJS.Timeout | null = null
  let endedAt = 0
  /** Those without an answer, oldest first. */
  const open = new Set<Waiting>()
  let look: NodeJS.Timeout | null = null
  /** Nobody wrote a moment ago, so nobody is likely to come along: a lone caller need not wait for company. */
  const isQuiet = (): boolean => performance.now() - endedAt > quietMs

  /** How long a row took in the last batches, the newest counting most. */
  let rowMs = 0
  const full = (): boolean => waiting.length >= maxWaiting || waiting.length * rowMs > waitAtMostMs

  const write = (batch: readonly Waiting[]): Promise<Recorded[]> =>
    act(
      system('recorder'),
      (ctx) =>
        flush(
          ctx,
          batch.map(({ happening }) => happening),
        ),
      'door',
    )

  function refuse(item: Waiting, error: unknown): void {
    open.delete(item)
    item.fail(error)
  }

  function refuseTheLate(): void {
    const now = performance.now()
    for (const item of open) {
      if (now - item.since < answerWithinMs) break
      refuse(item, new OutsideFailure('Recording took too long.', { retryAfterMs: 2_000 }))
    }
    look = open.size === 0 ? null : setTimeout(refuseTheLate, lookMs).unref()
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await write(batch)
      batch.forEach((item, i) => {
        open.delete(item)
        item.ok(answers[i] ?? { fresh: false })
      })
    } catch (error) {
      if (isDatabaseTrouble(error)) {
        const failure = new OutsideFailure('The database is busy or unreachable.', {
          cause: error,
          retryAfterMs: 2_000,
        })
        for (const item of batch) refuse(item, failure)
      } else if (batch.length === 1 && batch[0]) {
        refuse(batch[0], error)
      } else {
        // One bad row must not refuse its neighbours: redo them one by one.
        for (const item of batch) await settle([item])
      }
    }
  }

  async function run(): Promise<void> {
    timer = null
    running = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchRows)
      waiting = waiting.slice(batchRows)
      const startedAt = performance.now()
      await settle(batch)
      if (batch.length >= tellingRows) {
        const took = (performance.now() - startedAt) / batch.length
        rowMs = rowMs === 0 ? took : rowMs + (took - rowMs) / 4
      }
    }
    running = false
    // What a slow moment taught must not turn away the next burst.
    rowMs = 0
    endedAt = performance.now()
  }

  return {
    busy: () => running || waiting.length > 0 || db.busy(),
    full,
    submit(happening) {
      if (full()) {
        return Promise.reject(
          new OutsideFailure('Too many rows are waiting to be recorded.', { retryAfterMs: 2_000 }),
        )
      }
      return new Promise((ok, fail) => {
        const item: Waiting = { happening, since: performance.now(), ok, fail }
        open.add(item)
        waiting.push(item)
        look ??= setTimeout(refuseTheLate, lookMs).unref()
        if (!running && timer === null) timer = setTimeout(() => void run(), isQuiet() ? 0 : delayMs)
      })
    },
  }
}
