/**
 * Moves promises along the arrows of `state.ts`, and nobody else does. Every settlement is a row of the log, so that
 * "why did she not get it?" has an answer and the segmentation store learns what was really said.
 */
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Kind } from '../interaction/index.ts'
import { noteQuotaUsed } from './quota.ts'
import { updatePromises } from './promise.store.ts'
import type { PromiseRow } from './promise.store.ts'
import { isSettled, mayMove } from './state.ts'
import type { PromiseState } from './state.ts'

export interface Move {
  readonly to: PromiseState
  /** When it happened, if not now: the second a customer really got it. */
  readonly at?: Instant | undefined
  readonly code?: string | undefined
  /** Chinese, for the console. */
  readonly words?: string | undefined
  readonly remoteId?: string | undefined
  /** How many customers see what was published. */
  readonly seenBy?: number | undefined
  /** Null takes it out of its parcel. */
  readonly parcel?: string | null | undefined
  readonly readyAt?: Instant | undefined
  readonly holder?: string | undefined
  readonly crashes?: number | undefined
  readonly stumbles?: number | null | undefined
  /** A call is about to be made. */
  readonly attempt?: boolean | undefined
}

const logKinds: Partial<Record<PromiseState, Kind>> = {
  sent: 'touch-sent',
  waiting: 'touch-waiting',
  refused: 'touch-refused',
  expired: 'touch-expired',
  cancelled: 'touch-cancelled',
  held: 'touch-held',
}

/**
 * `rows` must have been read with `lockPromises` in this transaction. A move against the arrows is a bug and throws;
 * so does an empty-handed one, which would mean that somebody wrote past the lock.
 */
export async function move(
  ctx: Ctx,
  rows: readonly PromiseRow[],
  change: Move,
  /** Where each row gets a parcel or a remote id of its own: one a row. */
  own?: { readonly column: 'parcel' | 'remote_id'; readonly theirs: readonly string[] },
): Promise<void> {
  if (rows.length === 0) return
  for (const row of rows) refuseWrongWay(row, change.to)
  await updatePromises(
    ctx.tx,
    rows.map(({ id }) => id),
    columnsOf(ctx, change),
    { attempt: change.attempt, each: own && { column: own.column, values: own.theirs } },
  )
  rows.forEach((row, i) => {
    recordMove(ctx, row, own?.column === 'remote_id' ? { ...change, remoteId: own.theirs[i] } : change)
  })
  if (change.to === 'refused' && change.code === 'quota-used') await noteQuotaUsed(ctx, rows)
}

function refuseWrongWay(row: PromiseRow, to: PromiseState): void {
  if (row.state === null || !mayMove(row.state, to))
    throw new Error(`Promise ${row.id} cannot go from ${String(row.state)} to ${to}.`)
}

function columnsOf(ctx: Ctx, change: Move): Record<string, string | number | null> {
  const at = change.at ?? ctx.now
  const holding = change.to === 'claimed' || change.to === 'intent'
  return {
    state: change.to,
    ...(holding ? {} : { lease_holder: null }),
    ...(change.holder === undefined ? {} : { lease_holder: change.holder }),
    ...(change.remoteId === undefined ? {} : { remote_id: change.remoteId }),
    ...(change.parcel === undefined ? {} : { parcel: change.parcel }),
    ...(change.readyAt === undefined ? {} : { ready_at: change.readyAt }),
    ...(change.crashes === undefined ? {} : { crashes: change.crashes }),
    // Its words are written: making them is not what kills.
    ...(change.to === 'intent' ? { stumbles: null } : {}),
    ...(change.stumbles === undefined ? {} : { stumbles: change.stumbles }),
    ...(change.to === 'sent' ? { sent_at: at } : {}),
    ...(change.to === 'refused' ? { sent_at: null } : {}),
    ...(change.to === 'queued' ? { remote_id: null } : {}),
    // Why it was put off is over once somebody takes it up.
    ...(change.to === 'claimed' ? { settle_code: null, settle_words: null } : {}),
    ...(isSettled(change.to) || change.to === 'held' || change.code !== undefined
      ? {
          settled_at: isSettled(change.to) ? at : null,
          settle_code: change.code ?? null,
          settle_words: change.words ?? seenWords(change),
        }
      : {}),
  }
}

const seenWords = ({ seenBy }: Move): string | null =>
  seenBy === undefined ? null : `${String(seenBy)} 位客户可见`

function recordMove(ctx: Ctx, row: PromiseRow, change: Move): void {
  const kind = change.code === 'skipped' ? 'touch-skipped' : logKinds[change.to]
  if (kind === undefined) return
  recordTouch(ctx, row, kind, `${change.to}:${String(row.epoch + 1)}`, {
    at: change.at,
    detail: {
      ...(change.code === undefined ? {} : { code: change.code, words: change.words ?? '' }),
      ...(change.remoteId === undefined ? {} : { remoteId: change.remoteId }),
      ...(change.seenBy === undefined ? {} : { seenBy: change.seenBy }),
    },
  })
}

const whoOf = ({
  subject_kind,
  subject,
}: PromiseRow): { chat?: string; external?: string; staff?: string } => {
  switch (subject_kind) {
    case 'customer':
      return { external: subject }
    case 'group':
      return { chat: subject }
    case 'staff':
      return { staff: subject }
    case 'robot':
      return {}
  }
}

/** One row about a promise in the log. `step` makes it happen once. */
export function recordTouch(
  ctx: Ctx,
  row: PromiseRow,
  kind: Kind,
  step: string,
  more: {
    readonly at?: Instant | undefined
    readonly said?: string
    readonly detail?: Readonly<Record<string, unknown>>
  } = {},
): void {
  ctx.record({
    kind,
    at: more.at ?? ctx.now,
    source: 'outbox',
    sourceKey: `promise:${row.id}:${step}`,
    who: {
      ...whoOf(row),
      ...(row.sender === null ? {} : { staff: row.sender }),
    },
    detail: {
      promise: row.id,
      touchpoint: row.touchpoint,
      title: row.title,
      channel: row.channel,
      purpose: row.purpose,
      day: row.day,
      ...more.detail,
    },
    ...(more.said === undefined ? {} : { said: more.said }),
  })
}
