/**
 * SQLite behind the machine: the real driver, but each statement waits in its connection's lane until it is picked. The
 * moments between two statements of a transaction are thereby the seed's to fill, with a reader's look or with a crash.
 */
import { createRequire } from 'node:module'
import type { SqliteEngine } from '../../src/base/db.ts'
import type { Machine } from './machine.ts'

type Done = (this: unknown, error: Error | null, rows?: object[]) => void

interface RealStatement {
  all(params: readonly unknown[], done: Done): void
  run(params: readonly unknown[], done: Done): void
  finalize(done: () => void): void
}
interface RealConnection {
  run(sql: string, params: readonly unknown[], done: Done): void
  all(sql: string, params: readonly unknown[], done: Done): void
  prepare(sql: string, done: (error: Error | null) => void): RealStatement
  close(done: (error: Error | null) => void): void
}
interface RealModule {
  Database: new (path: string, done: (error: Error | null) => void) => RealConnection
}

export interface Disk {
  readonly engine: SqliteEngine
  /** The process is gone: connections are cut, what was not committed is not there. */
  crash(): Promise<void>
}

interface Open {
  readonly connection: RealConnection
  readonly statements: Set<RealStatement>
  /** By SQL: a month asks the same few hundred questions again and again. */
  readonly kept: Map<string, RealStatement>
}
const keptStatements = 400

export function createDisk(machine: Machine, now: () => number): Disk {
  const real = createRequire(import.meta.url)('sqlite3') as RealModule
  const opened = new Set<Open>()
  let count = 0

  /** Runs `work` when picked; the caller hears of it before the next piece is picked. */
  const inLane = (lane: string, done: Done, work: (done: Done) => void): void =>
    machine.ask(
      lane,
      () =>
        new Promise<void>((ok) =>
          work(function (this: unknown, error, rows) {
            done.call(this, error, rows)
            ok()
          }),
        ),
    )

  function Database(path: string, done: (error: Error | null) => void) {
    const lane = `disk ${String((count += 1))}`
    let open: Open | null = null
    const live = (): Open => {
      if (!open) throw new Error('The connection is closed.')
      return open
    }
    inLane(lane, done, (ok) => {
      const connection = new real.Database(path, (error) => ok.call(null, error))
      open = { connection, statements: new Set(), kept: new Map() }
      opened.add(open)
    })
    const given = (params: readonly unknown[] | Done, done?: Done): [readonly unknown[], Done] =>
      typeof params === 'function' ? [[], params] : [params, done ?? (() => {})]
    return {
      run(sql: string, params: readonly unknown[] | Done, then?: Done) {
        const [values, done] = given(params, then)
        inLane(lane, done, (ok) => execute(live(), 'run', sql, values, ok))
      },
      all(sql: string, params: readonly unknown[] | Done, then?: Done) {
        const [values, done] = given(params, then)
        inLane(lane, done, (ok) => execute(live(), 'all', sql, values, ok))
      },
      /** Nothing is prepared before it is asked, so that asking is one piece of work and not two. */
      prepare(sql: string, done: (error: Error | null) => void) {
        queueMicrotask(() => done(null))
        return {
          all: (params: readonly unknown[], done: Done) =>
            inLane(lane, done, (ok) => execute(live(), 'all', sql, params, ok)),
          run: (params: readonly unknown[], done: Done) =>
            inLane(lane, done, (ok) => execute(live(), 'run', sql, params, ok)),
          finalize: (done: () => void) => queueMicrotask(done),
        }
      },
      close(done: (error: Error | null) => void) {
        inLane(lane, done, (ok) => {
          const closing = live()
          opened.delete(closing)
          void cut(closing).then(
            () => ok.call(null, null),
            (error: Error) => ok.call(null, error),
          )
        })
      },
    }
  }
  const driver = { Database, verbose: () => driver }

  return {
    engine: { driver, synchronous: 'OFF', databaseNow: now },
    async crash() {
      for (const one of opened) await cut(one)
      opened.clear()
    },
  }
}

/** Plain questions and changes are prepared once; everything else is said as it comes. */
function execute(open: Open, how: 'run' | 'all', sql: string, values: readonly unknown[], done: Done): void {
  const known = open.kept.get(sql)
  if (known) return known[how](values, done)
  if (open.kept.size >= keptStatements || !/^\s*(select|insert|update|delete|with)\b/i.test(sql))
    return open.connection[how](sql, values, done)
  const statement = open.connection.prepare(sql, (error) => {
    if (error) return done.call(null, error)
    open.kept.set(sql, statement)
    open.statements.add(statement)
    statement[how](values, done)
  })
}

async function cut({ connection, statements }: Open): Promise<void> {
  for (const statement of statements) await new Promise<void>((ok) => statement.finalize(ok))
  await new Promise<void>((ok, fail) => connection.close((error) => (error ? fail(error) : ok())))
}
