/**
 * Databases on a PostgreSQL server, used one after the other: copying one costs the server up to a quarter of a second of
 * its processor, emptying one a tenth of that. One whose shape a test has changed is not used again.
 */
import pg from 'pg'
import { randomBytes } from 'node:crypto'
import { databaseUrl, onServer } from './postgres.ts'

export interface Copies {
  /** What the names of all databases of this run begin with. */
  readonly run: string
  /** The rest of `create database`. */
  readonly how: string
}

/** What a copy begins with, read once from the first one. */
interface Pristine {
  readonly shape: string
  readonly rows: readonly { readonly table: string; readonly rows: string }[]
  readonly counters: readonly Counter[]
}

interface Counter {
  readonly name: string
  /** Null before the first. */
  readonly last: string | null
  readonly start: string
}

interface Lent {
  readonly url: string
  /** Emptied and lent again; only after whoever had it has closed it. */
  giveBack(): Promise<void>
}

/** Tables, columns, indices, triggers and schemas by number and name: whatever a test may alter shows in it. */
const shapeOf = `select md5(concat_ws('|',
  (select string_agg(concat_ws(' ', c.oid, c.relname, c.relnatts, c.relkind, c.relchecks), ',' order by c.oid)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'),
  (select string_agg(concat_ws(' ', oid, tgenabled), ',' order by oid) from pg_trigger),
  (select string_agg(nspname, ',' order by nspname) from pg_namespace where nspname not like 'pg\\_t%'),
  (select md5(string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef), ',' order by attrelid, attnum))
     from pg_attribute where attrelid >= 16384),
  (select count(*) from pg_proc),
  (select count(*) from pg_db_role_setting)
)) as shape`

const filled = `select c.oid::regclass::text as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname = 'public' and pg_relation_size(c.oid) > 0 order by 1`

/** A small table is emptied row by row: a fresh file for each of its indices takes longer. */
const empty = `do $$ declare one record; begin
  perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
  set local lock_timeout = '2s';
  for one in select c.oid::regclass as name, pg_relation_size(c.oid) as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public' and pg_relation_size(c.oid) > 0
  loop
    if one.bytes > 200000 then execute format('truncate %s', one.name);
    else execute format('delete from %s', one.name); end if;
  end loop;
end $$`

const counters = `select format('%I.%I', schemaname, sequencename) as name, last_value as last, start_value as start
  from pg_sequences order by 1`

const pristine = new Map<string, Promise<Pristine>>()
const unused = new Map<string, string[]>()

export async function lendDatabase(server: string, copies: Copies | null): Promise<Lent> {
  const name = unused.get(server)?.pop() ?? (await createDatabase(server, copies))
  const url = databaseUrl(server, name)
  return {
    url,
    async giveBack() {
      if (await emptied(url, await pristine.get(server)))
        unused.set(server, [...(unused.get(server) ?? []), name])
      else await onServer(server, `drop database ${name} with (force)`)
    },
  }
}

export async function createDatabase(server: string, copies: Copies | null): Promise<string> {
  const name = `${copies?.run ?? 'siyu'}_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name} ${copies?.how ?? ''}`)
  if (!pristine.has(server)) pristine.set(server, withClient(databaseUrl(server, name), look))
  await pristine.get(server)
  return name
}

async function look(client: pg.Client): Promise<Pristine> {
  const tables = (await client.query<{ table: string }>(filled)).rows.map(({ table }) => table)
  const rows: { table: string; rows: string }[] = []
  for (const table of tables) {
    const found = await client.query<{ rows: string | null }>(
      `select json_agg(t)::text as rows from ${table} t`,
    )
    const text = found.rows[0]?.rows ?? null
    if (text !== null) rows.push({ table, rows: text })
  }
  return { shape: await shape(client), rows, counters: (await client.query<Counter>(counters)).rows }
}

const shape = async (client: pg.Client): Promise<string> =>
  (await client.query<{ shape: string }>(shapeOf)).rows[0]?.shape ?? ''

/** False when it cannot be made what it was. */
async function emptied(url: string, before: Pristine | undefined): Promise<boolean> {
  if (before === undefined) return false
  return withClient(url, async (client) => {
    if ((await shape(client)) !== before.shape) return false
    await client.query(empty)
    for (const { table, rows } of before.rows)
      await client.query(
        `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`,
        [rows],
      )
    for (const { name, last, start } of before.counters)
      await client.query('select setval($1, $2, $3)', [name, last ?? start, last !== null])
    return true
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
