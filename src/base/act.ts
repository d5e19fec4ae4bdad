/**
 * A deed knows of its moment only what `ctx` says: time, actor, the transaction. `act` opens the transaction, fixes
 * `now`, writes what the deed recorded (the log comes last, so that its head is held for the shortest time), commits,
 * then wakes whoever waits for the commit.
 */
import type { Clock, Instant } from './clock.ts'
import type { Db, Lane, Tx } from './db.ts'
import { newId } from './ids.ts'

export type Actor =
  | { readonly kind: 'system'; readonly name: string }
  | { readonly kind: 'staff'; readonly userid: string }
  | { readonly kind: 'player'; readonly external: string }
  | { readonly kind: 'api'; readonly name: string }
  | { readonly kind: 'cli'; readonly verb: string }

export const system = (name: string): Actor => ({ kind: 'system', name })

/** Who took part, as seen; never the resolved customer, or un-merge and rebuild would be impossible. */
export interface Who {
  readonly external?: string
  /** The person's number at WeChat's open platform: the same in the shop's mini program and in WeCom. */
  readonly unionid?: string
  readonly staff?: string
  readonly chat?: string
  readonly phoneHash?: string
  readonly shopId?: string
}

/** One thing that happened, ready for the log. (source, sourceKey) makes it happen once. */
export interface Happening {
  readonly kind: string
  readonly at: Instant
  readonly source: string
  readonly sourceKey: string
  readonly who: Who
  readonly detail: Readonly<Record<string, unknown>>
  /** Free words of a person: kept beside the log, never in it. */
  readonly said?: string
}

export interface Ctx {
  readonly tx: Tx
  readonly now: Instant
  readonly actor: Actor
  newId(): string
  /** Puts a row into the log when the deed commits. */
  record(happening: Happening): void
  /** Called once after the commit; never awaited, must not throw. */
  afterCommit(wake: () => void): void
}

export type Act = <T>(actor: Actor, deed: (ctx: Ctx) => Promise<T>, lane?: Lane) => Promise<T>

export interface ActParts {
  readonly db: Db
  readonly clock: Clock
  /** Writes the recorded happenings and their projections; see interaction/record.ts. Answers the new log rows' count. */
  readonly flush: (ctx: Ctx, happenings: readonly Happening[]) => Promise<void>
}

export function createAct({ db, clock, flush }: ActParts): Act {
  return async (actor, deed, lane = 'deed') => {
    let wakes: (() => void)[] = []
    const answer = await db.tx(async (tx) => {
      const happenings: Happening[] = []
      // The work may be run again after a serialization failure: what the lost attempt asked for is forgotten.
      wakes = []
      const now = clock.now()
      const ctx: Ctx = {
        tx,
        now,
        actor,
        newId: () => newId(now),
        record: (happening) => void happenings.push(happening),
        afterCommit: (wake) => void wakes.push(wake),
      }
      const answer = await deed(ctx)
      // What is recorded while the log is written (a merge ends promises) belongs to the same transaction.
      while (happenings.length > 0) await flush(ctx, happenings.splice(0))
      return answer
    }, lane)
    for (const wake of wakes) wake()
    return answer
  }
}
