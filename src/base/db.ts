/**
 * The only door to the database, and the only file that knows a driver's name.
 *
 * On SQLite TypeORM keeps one connection per data source, so two transactions begun side by side share it and lose
 * writes. Hence: one writer behind a queue with `BEGIN IMMEDIATE`, a second data source for reads (WAL), and no way to
 * write but `tx`. On PostgreSQL each `tx` takes its own connection and is run again on 40001 and 40P01, so the work
 * given to it must be re-runnable.
 *
 * SQL is written once for both: `$1 …` placeholders in order of first use, counts and sums cast to bigint, NULL order
 * always said. No transaction waits for the network.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import type { DataSourceOptions, Driver, MixedList, MigrationInterface, QueryRunner } from 'typeorm'
import { wallClock } from './clock.ts'
import { ConfigMistakes, Unreachable, messageOf } from './errors.ts'
import type { TableDefinition } from './table.ts'

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** Reads only; never inside a write decision that must not race. */
export interface Reader {
  readonly dialect: 'sqlite' | 'postgres'
  rows<T extends object = Row>(sql: string, params?: readonly Value[]): Promise<T[]>
}

export interface Tx extends Reader {
  /** Runs one INSERT, UPDATE or DELETE; answers the number of rows it changed. */
  run(sql: string, params?: readonly Value[]): Promise<number>
  /** Plain multi-row insert in as few statements as the parameter limits allow. `suffix`: an ON CONFLICT clause. */
  insert(table: string, rows: readonly Readonly<Record<string, Value>>[], suffix?: string): Promise<number>
  /** The database's own clock in epoch milliseconds: leases across processes. Never business time. */
  databaseNow(): Promise<number>
}

/** Callbacks overtake deeds, deeds overtake bulk work. */
export type Lane = 'door' | 'deed' | 'bulk'

export interface Db {
  readonly dialect: 'sqlite' | 'postgres'
  readonly reader: Reader
  readonly source: DataSource
  tx<T>(work: (tx: Tx) => Promise<T>, lane?: Lane): Promise<T>
  /**
   * One writing statement as a transaction of its own: a single round trip on PostgreSQL, for what is asked before every
   * call. It records nothing and must be worth nothing without its answer.
   */
  single<T extends object>(sql: string, params?: readonly Value[]): Promise<T[]>
  /** Runs `publish` for chunks of at most 500 rows, each in its own short transaction, with a pause between. */
  inChunks<R, T>(rows: readonly R[], publish: (tx: Tx, chunk: readonly R[]) => Promise<T>): Promise<T[]>
  /**
   * A connection of its own for heavy reading: TEMP tables may be made on it and end with it, nothing else is written.
   * It takes no lock on the database and keeps nobody waiting on the shared reader.
   */
  aside<T>(work: (scratch: Tx) => Promise<T>): Promise<T>
  /**
   * One process at a time: upgrading the schema, writing what a first start writes. Servers that start side by side wait
   * for each other here; on SQLite there is one server anyway.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /** Transactions waiting or running here. */
  busy(): boolean
  /** Transactions committed through this handle: while it stays the same, nothing here has changed. */
  commits(): number
  close(): Promise<void>
}

export interface DbOptions {
  readonly url: string
  readonly root: string
  readonly tables: readonly TableDefinition[]
  readonly migrations: MixedList<new () => MigrationInterface>
  readonly engine?: SqliteEngine | undefined
}

/**
 * What a simulation puts in the place of SQLite's driver and clock, so that it decides itself when each statement runs
 * and what time the database believes it is. The server never sets it.
 */
export interface SqliteEngine {
  readonly driver: object
  readonly synchronous: 'FULL' | 'OFF'
  databaseNow(): number
}

const maxParams = { sqlite: 30_000, postgres: 60_000 } as const
const chunkRows = 500
const chunkPauseMs = 20
const asideCacheKb = 32_768
const writerCacheKb = 32_768
/**
 * 16 MB of the write-ahead log before it is folded into the file: a page that flush after flush touches is then written
 * once for many, which is a tenth of what recording costs; much more would be a pause to notice.
 */
const checkpointPages = 4_000

/** Counts and sums come as text unless they are asked for as numbers. */
function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database returned ${text}, beyond 2^53.`)
  return value
}

export async function openDb(options: DbOptions): Promise<Db> {
  if (options.url.startsWith('sqlite:')) return openSqlite(options)
  if (/^postgres(ql)?:\/\//.test(options.url)) return openPostgres(options)
  throw new ConfigMistakes('DATABASE_URL cannot be used:', [
    'DATABASE_URL must begin with sqlite: or postgres:// — for example sqlite:data/siyu.db',
  ])
}

/** Absolute path of the SQLite file, or null on PostgreSQL. */
export const sqlitePath = (url: string, root: string): string | null =>
  url.startsWith('sqlite:') ? resolve(root, url.slice('sqlite:'.length)) : null

// ------------------------------------------------------------------ statements

/** What a connection does with one statement: answer its rows, or how many it changed. */
interface Connection {
  all<T extends object>(sql: string, values: readonly Value[]): Promise<T[]>
  run(sql: string, values: readonly Value[]): Promise<number>
}

const throughTypeorm = (runner: QueryRunner): Connection => ({
  async all<T extends object>(sql: string, values: readonly Value[]): Promise<T[]> {
    const result: { records?: T[] } = await runner.query(asRows(sql), [...values], true)
    return result.records ?? []
  },
  async run(sql, values) {
    const result: { affected?: number } = await runner.query(asRun(sql), [...values], true)
    return result.affected ?? 0
  },
})

/** TypeORM on SQLite picks run() or all() by the first, upper-case word. */
const asRun = (sql: string): string =>
  sql.trimStart().replace(/^(insert|update|delete) /i, (word) => word.toUpperCase())
const asRows = (sql: string): string =>
  sql.trimStart().replace(/^(INSERT|UPDATE|DELETE) /, (word) => word.toLowerCase())

/** node-sqlite3 binds BigInt, NaN and undefined as NULL without a word; PostgreSQL refuses NUL in text. Refuse both here. */
function checked(params: readonly Value[]): Value[] {
  return params.map((value, i) => {
    if (typeof value === 'string' && value.includes('\u0000'))
      throw new TypeError(`Parameter ${String(i + 1)} holds a NUL character.`)
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new TypeError(`Parameter ${String(i + 1)} is ${String(value)}.`)
    if (value !== null && typeof value !== 'string' && typeof value !== 'number') {
      throw new TypeError(
        `Parameter ${String(i + 1)} is a ${typeof value}; the database takes text, numbers and null.`,
      )
    }
    return value
  })
}

/** Below this a list of placeholders is as quick. */
const few = 16
/** Above this the text of a statement would grow without bound. */
const mostAsJson = 5_000

interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
}

const longList = new RegExp(`\\bin \\((\\$\\d+(?:, \\$\\d+){${String(few - 1)},})\\)`, 'gi')

/**
 * For SQLite: a long list of values goes as one parameter (a text of the same length each time, which stays prepared),
 * and every other placeholder by its number, since `$500` is looked up by its name among all before it.
 */
function packed(sql: string, dialect: Tx['dialect'], params: readonly Value[]): Statement {
  const values = checked(params)
  // Our own multi-row inserts carry nameless placeholders.
  if (dialect !== 'sqlite' || values.length < few || !/\$\d/.test(sql)) return { sql, values }
  const kept: Value[] = []
  const places = new Map<number, number>()
  const place = (n: number): string => {
    const known = places.get(n) ?? kept.push(values[n - 1] ?? null)
    places.set(n, known)
    return `?${String(known)}`
  }
  const lists: string[] = []
  const short = sql.replace(longList, (whole: string, names: string) => {
    const numbers = names.split(', ').map((name) => Number(name.slice(1)))
    const list = jsonOf(numbers.map((n) => values[n - 1] ?? null))
    if (list === null) return whole
    return `in (select value from json_each(#list${String(lists.push(list))}))`
  })
  const text = short.replace(/(\$|#list)(\d+)/g, (_, mark: string, n: string) =>
    mark === '$' ? place(Number(n)) : `?${String(kept.push(lists[Number(n) - 1] ?? null))}`,
  )
  return { sql: text, values: kept }
}

/** Null when a value would not come out of JSON as it went in. */
const jsonOf = (values: readonly Value[]): string | null =>
  values.every((value) => typeof value === 'string' || Number.isSafeInteger(value))
    ? faithful(JSON.stringify(values))
    : null

/**
 * Many rows as one parameter for SQLite's json_each: node-sqlite3 binds value by value on the main thread, which is most
 * of what a large insert costs us. Null when a value would not come out of JSON as it went in.
 */
function asJson(rows: readonly Readonly<Record<string, Value>>[], columns: readonly string[]): string | null {
  if (rows.length > mostAsJson) return null
  const table: Value[][] = []
  for (const row of rows) {
    const values: Value[] = []
    for (const column of columns) {
      const value = row[column] ?? null
      if (typeof value !== 'string' && value !== null && !Number.isSafeInteger(value)) return null
      values.push(value)
    }
    table.push(values)
  }
  return faithful(JSON.stringify(table))
}

/**
 * Null when it holds a lone half of a surrogate pair, which does not survive, or a NUL, which `checked` refuses: both are
 * what JSON writes so. Whoever types these letters herself takes the slower way, and nothing else.
 */
const faithful = (json: string): string | null =>
  json.includes('\\ud') || json.includes('\\u0000') ? null : json

function statements(connection: Connection, dialect: Tx['dialect'], engine?: SqliteEngine): Tx {
  const tx: Tx = {
    dialect,
    async rows<T extends object>(sql: string, params: readonly Value[] = []): Promise<T[]> {
      const { sql: text, values } = packed(sql, dialect, params)
      return connection.all<T>(text, values)
    },
    async run(sql, params = []) {
      const { sql: text, values } = packed(sql, dialect, params)
      return connection.run(text, values)
    },
    async insert(table, rows, suffix = '') {
      const first = rows[0]
      if (!first) return 0
      const columns = Object.keys(first)
      const json = dialect === 'sqlite' && rows.length >= few ? asJson(rows, columns) : null
      if (json !== null) {
        const values = columns.map((_, i) => `value ->> ${String(i)}`).join(', ')
        return tx.run(
          `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values} FROM json_each($1) WHERE true ${suffix}`,
          [json],
        )
      }
      const perStatement = Math.max(1, Math.floor(maxParams[dialect] / columns.length))
      let written = 0
      for (let from = 0; from < rows.length; from += perStatement) {
        const part = rows.slice(from, from + perStatement)
        let n = 0
        // SQLite looks a numbered placeholder up among all before it: in large statements that is what takes the time.
        const next = (): string => (dialect === 'sqlite' ? '?' : `$${String(++n)}`)
        const values = part.map(() => `(${columns.map(next).join(', ')})`).join(', ')
        const params = part.flatMap((row) => columns.map((column) => row[column] ?? null))
        written += await tx.run(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values} ${suffix}`,
          params,
        )
      }
      return written
    },
    async databaseNow() {
      if (engine) return engine.databaseNow()
      // SQLite has no clock but this machine's: asking it for the time costs a question to every job that runs.
      if (dialect === 'sqlite') return wallClock.now()
      const sql = 'select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now'
      return (await tx.rows<{ now: number }>(sql))[0]?.now ?? 0
    },
  }
  return tx
}

/** The databases this call chain has a transaction open on: a scratch database may be written inside one of the shop's. */
const inside = new AsyncLocalStorage<readonly object[]>()

const withIn = (source: object): readonly object[] => [...(inside.getStore() ?? []), source]

/** A transaction inside a transaction would wait for itself for ever. */
function refuseNesting(source: object): void {
  if (inside.getStore()?.includes(source))
    throw new Error('db.tx was called inside db.tx; pass the outer tx instead.')
}

async function inChunks<R, T>(
  db: Db,
  rows: readonly R[],
  publish: (tx: Tx, chunk: readonly R[]) => Promise<T>,
): Promise<T[]> {
  const answers: T[] = []
  for (let from = 0; from < rows.length; from += chunkRows) {
    if (from > 0) await pause(chunkPauseMs)
    const chunk = rows.slice(from, from + chunkRows)
    answers.push(await db.tx((tx) => publish(tx, chunk), 'bulk'))
  }
  return answers
}

// ------------------------------------------------------------------ SQLite

interface Waiting {
  readonly lane: Lane
  run(): Promise<void>
}
const laneOrder: readonly Lane[] = ['door', 'deed', 'bulk']

/** One at a time, the most urgent lane first. */
function createGate(): { enter<T>(lane: Lane, work: () => Promise<T>): Promise<T>; busy(): boolean } {
  const waiting: Waiting[] = []
  let running = false
  const next = (): void => {
    if (running) return
    const lane = laneOrder.find((name) => waiting.some((item) => item.lane === name))
    const index = waiting.findIndex((item) => item.lane === lane)
    const [item] = index < 0 ? [] : waiting.splice(index, 1)
    if (!item) return
    running = true
    void item.run().finally(() => {
      running = false
      next()
    })
  }
  return {
    busy: () => running || waiting.length > 0,
    enter: (lane, work) =>
      new Promise((ok, fail) => {
        waiting.push({ lane, run: () => work().then(ok, fail) })
        next()
      }),
  }
}

interface SqliteModule {
  verbose(): SqliteModule
}

/**
 * TypeORM switches on long stack traces, which cost 14 µs a statement: of every connection of the process, whichever data
 * source was made without this.
 */
export function quietSqlite(): SqliteModule {
  const sqlite3 = createRequire(import.meta.url)('sqlite3') as SqliteModule
  const quiet: SqliteModule = { ...sqlite3, verbose: () => quiet }
  return quiet
}

interface SqliteDriver extends Driver {
  readonly databaseConnection: SqliteConnection
}
type Rows = (error: Error | null, rows?: object[]) => void
type Changed = (this: { readonly changes: number }, error: Error | null) => void
interface SqliteStatement {
  all(params: readonly Value[], done: Rows): void
  run(params: readonly Value[], done: Changed): void
  finalize(done: () => void): void
}
interface SqliteConnection {
  prepare(sql: string, done: (error: Error | null) => void): SqliteStatement
  all(sql: string, params: readonly Value[], done: Rows): void
  run(sql: string, params: readonly Value[], done: Changed): void
}

const connectionOf = (source: DataSource): SqliteConnection =>
  (source.driver as SqliteDriver).databaseConnection

const keptStatements = 256
/** A list of that many values is seldom asked for again in the same length. */
const keptParams = 40
/** Whatever else is said to a database is said once. */
const isKept = (sql: string, values: readonly Value[]): boolean =>
  values.length <= keptParams && /^\s*(select|with|insert|update|delete|begin|commit)\b/i.test(sql)

/**
 * Past TypeORM, whose way to a row costs as much as the row. What is said again and again stays prepared, since a large
 * statement takes longer to parse than to run.
 */
function prepared(connection: SqliteConnection): Connection & { close(): Promise<void> } {
  const kept = new Map<string, Promise<SqliteStatement>>()
  const drop = async (statement: Promise<SqliteStatement>): Promise<void> => {
    const [settled] = await Promise.allSettled([statement])
    if (settled.status === 'fulfilled') await new Promise<void>((ok) => settled.value.finalize(ok))
  }
  function prepare(sql: string): Promise<SqliteStatement> {
    const known = kept.get(sql)
    if (known) {
      // Last in the map = used last.
      kept.delete(sql)
      kept.set(sql, known)
      return known
    }
    const fresh = new Promise<SqliteStatement>((ok, fail) => {
      const statement = connection.prepare(sql, (error) => (error ? fail(error) : ok(statement)))
    })
    kept.set(sql, fresh)
    // Who asked for it hears of the error; the next one prepares it anew.
    fresh.catch(() => kept.delete(sql))
    const [oldest] = kept
    if (kept.size > keptStatements && oldest) {
      kept.delete(oldest[0])
      void drop(oldest[1])
    }
    return fresh
  }
  return {
    async all<T extends object>(sql: string, values: readonly Value[]): Promise<T[]> {
      const statement = isKept(sql, values) ? await prepare(sql) : null
      return new Promise((ok, fail) => {
        const done: Rows = (error, rows) => (error ? fail(error) : ok((rows ?? []) as T[]))
        if (statement) statement.all(values, done)
        else connection.all(sql, values, done)
      })
    },
    async run(sql, values) {
      const statement = isKept(sql, values) ? await prepare(sql) : null
      return new Promise((ok, fail) => {
        const done: Changed = function (error) {
          if (error) fail(error)
          else ok(this.changes)
        }
        if (statement) statement.run(values, done)
        else connection.run(sql, values, done)
      })
    },
    async close() {
      const all = [...kept.values()]
      kept.clear()
      await Promise.all(all.map(drop))
    },
  }
}

async function openSqlite(options: DbOptions): Promise<Db> {
  const database = sqlitePath(options.url, options.root) ?? ''
  mkdirSync(dirname(database), { recursive: true })
  const common = {
    type: 'sqlite' as const,
    database,
    driver: options.engine?.driver ?? quietSqlite(),
    enableWAL: true,
    busyTimeout: 10_000,
    entities: options.tables.map(({ schema }) => schema),
    migrations: options.migrations,
    migrationsTransactionMode: 'each' as const,
  }
  const writer = new DataSource(common)
  // Only the writer is asked for its schema, and TypeORM takes longer to understand sixty tables than to open a file.
  const plain = { ...common, entities: [], migrations: [] }
  const readerSource = new DataSource(plain)
  try {
    await writer.initialize()
    await writer.query(`PRAGMA synchronous = ${options.engine?.synchronous ?? 'FULL'}`)
    // The inner pages of a large shop's indices, and those a flush or an import touches again and again, stay at hand;
    // SQLite's own 2 MB do not hold them.
    await writer.query(`PRAGMA cache_size = -${String(writerCacheKb)}`)
    await writer.query(`PRAGMA wal_autocheckpoint = ${String(checkpointPages)}`)
    await writer.query('PRAGMA busy_timeout = 10000')
    await readerSource.initialize()
    await readerSource.query('PRAGMA query_only = ON')
    await readerSource.query('PRAGMA busy_timeout = 10000')
  } catch (error) {
    throw new Unreachable(`The SQLite file ${database} cannot be opened: ${messageOf(error)}`, error)
  }
  const writes = prepared(connectionOf(writer))
  const statementsOfWriter = statements(writes, 'sqlite', options.engine)
  const gate = createGate()
  const reads = prepared(connectionOf(readerSource))
  const { rows } = statements(reads, 'sqlite')
  let commits = 0
  const db: Db = {
    dialect: 'sqlite',
    reader: { dialect: 'sqlite', rows },
    source: writer,
    tx<T>(work: (tx: Tx) => Promise<T>, lane: Lane = 'deed'): Promise<T> {
      refuseNesting(writer)
      const within = withIn(writer)
      return gate.enter(lane, () =>
        inside.run(within, async () => {
          const answer = await sqliteTransaction(writes, statementsOfWriter, work)
          commits += 1
          return answer
        }),
      )
    },
    single: (sql, params) => db.tx((tx) => tx.rows(sql, params), 'door'),
    inChunks: (rows, publish) => inChunks(db, rows, publish),
    async aside(work) {
      const source = await new DataSource(plain).initialize()
      try {
        // What does not fit spills into temporary files: the bound on memory is this cache, not the shop's size.
        await source.query('PRAGMA temp_store = FILE')
        await source.query(`PRAGMA cache_size = -${String(asideCacheKb)}`)
        await source.query(`PRAGMA temp.cache_size = -${String(asideCacheKb)}`)
        return await work(statements(throughTypeorm(source.createQueryRunner()), 'sqlite', options.engine))
      } finally {
        await source.destroy()
      }
    },
    inTurn: (work) => work(),
    busy: () => gate.busy(),
    commits: () => commits,
    async close() {
      await gate.enter('bulk', () => Promise.resolve())
      await writes.close()
      await reads.close()
      await readerSource.destroy()
      await writer.destroy()
    },
  }
  return db
}

async function sqliteTransaction<T>(
  connection: Connection,
  tx: Tx,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  await connection.run('BEGIN IMMEDIATE', [])
  try {
    const answer = await work(tx)
    await connection.run('COMMIT', [])
    return answer
  } catch (error) {
    await rollBack(connection)
    throw error
  }
}

/** A full disk ends a transaction by itself: then there is nothing to roll back, and the first error is the one to tell. */
async function rollBack(connection: Connection): Promise<void> {
  try {
    await connection.run('ROLLBACK', [])
  } catch (error) {
    if (!/no transaction is active/.test(messageOf(error))) throw error
  }
}

// ------------------------------------------------------------------ PostgreSQL

const attempts = 6
const again = new Set(['40001', '40P01', '55P03'])

/**
 * A process that is frozen or cut off in the middle of a transaction would keep its locks (the head of the log among
 * them) and stop every other server: the database ends such a session after 5 s. Whoever waits for a lock gives up
 * sooner and tries again, so that the frozen one's other sessions have left the queue by then: else each of them would be
 * given the lock in its turn, and keep it for 5 s more. A dead peer is noticed by keep-alives.
 */
const sessions = {
  idle_in_transaction_session_timeout: 5_000,
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
}

/**
 * A row's lock is waited for in two queues, each with this patience: whoever stands second in the outer one may begin anew
 * when the first gives up. Both together are over before the frozen holder is ended.
 */
const lockWaitMs = 2_000

/** For a library that opens connections of its own and keeps its tables in a schema beside ours. */
export const postgresSessions = (url: string) => ({ ...sessions, connectionString: url })

async function openPostgres(options: DbOptions): Promise<Db> {
  // Loaded here: a shop on SQLite does without it.
  const { default: pg } = await import('pg')
  pg.types.setTypeParser(20, safeInteger)
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    poolSize: 12,
    extra: { ...sessions, lock_timeout: lockWaitMs },
    entities: options.tables.map(({ schema }) => schema),
    migrations: options.migrations,
    migrationsTransactionMode: 'each',
    installExtensions: false,
  } satisfies DataSourceOptions)
  try {
    await source.initialize()
  } catch (error) {
    throw new Unreachable(`PostgreSQL does not answer (DATABASE_URL): ${messageOf(error)}`, error)
  }
  let running = 0
  let commits = 0
  async function alone<T extends object>(
    mode: 'master' | 'slave',
    sql: string,
    params: readonly Value[] = [],
  ): Promise<T[]> {
    const runner = source.createQueryRunner(mode)
    try {
      return await statements(throughTypeorm(runner), 'postgres').rows<T>(sql, params)
    } finally {
      await runner.release()
    }
  }
  const db: Db = {
    dialect: 'postgres',
    reader: { dialect: 'postgres', rows: (sql, params) => alone('slave', sql, params) },
    source,
    async tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      refuseNesting(source)
      running += 1
      try {
        const answer = await inside.run(withIn(source), () => postgresTransaction(source, work))
        commits += 1
        return answer
      } finally {
        running -= 1
      }
    },
    single: (sql, params) => alone('master', sql, params),
    inChunks: (rows, publish) => inChunks(db, rows, publish),
    async aside(work) {
      const runner = source.createQueryRunner()
      try {
        return await work(statements(throughTypeorm(runner), 'postgres'))
      } finally {
        // TEMP tables live as long as their session, and the pool keeps sessions.
        await runner.query('DISCARD TEMP')
        await runner.release()
      }
    },
    async inTurn(work) {
      const runner = source.createQueryRunner()
      try {
        // Another server may be upgrading for minutes.
        await runner.query('set lock_timeout = 0')
        await runner.query(`select pg_advisory_lock(hashtext('siyu start'))`)
        return await work()
      } finally {
        await runner.query(`select pg_advisory_unlock_all()`)
        await runner.query('reset lock_timeout')
        await runner.release()
      }
    },
    busy: () => running > 0,
    commits: () => commits,
    close: () => source.destroy(),
  }
  return db
}

async function postgresTransaction<T>(source: DataSource, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const runner = source.createQueryRunner()
    try {
      await runner.startTransaction()
      const answer = await work(statements(throughTypeorm(runner), 'postgres'))
      await runner.commitTransaction()
      return answer
    } catch (error) {
      await rollBackPostgres(runner)
      if (attempt >= attempts || !again.has(sqlStateOf(error))) throw error
      await pause(5 * 2 ** attempt)
    } finally {
      await runner.release()
    }
  }
}

/** A connection that broke has taken its transaction along, and the first error is the one to tell. */
async function rollBackPostgres(runner: QueryRunner): Promise<void> {
  if (runner.isReleased || !runner.isTransactionActive) return
  try {
    await runner.rollbackTransaction()
  } catch (error) {
    if (!isDatabaseTrouble(error)) throw error
  }
}

function sqlStateOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'driverError' in error ? sqlStateOf(error.driverError) : ''
}

/** True for a broken unique index, on both databases. */
export const isUniqueViolation = (error: unknown): boolean =>
  sqlStateOf(error) === '23505' || /UNIQUE constraint failed/.test(messageOf(error))

/**
 * In the words of pg, and of TypeORM: it takes a session that was ended between two statements out of the transaction's
 * hands, and the next statement only hears that it was released.
 */
const lostSession =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable|Query runner already released/i

/** The database is busy, full, read-only or gone: the world's trouble, worth a 503 and another try. */
export const isDatabaseTrouble = (error: unknown): boolean =>
  /SQLITE_(BUSY|LOCKED|FULL|READONLY|IOERR|CANTOPEN)/.test(messageOf(error)) ||
  /^(08|53|55P03|57P|58|25P03|25006)/.test(sqlStateOf(error)) ||
  ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'].includes(sqlStateOf(error)) ||
  lostSession.test(messageOf(error))
