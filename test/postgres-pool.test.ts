import { expect, inject, it } from 'vitest'
import { openDatabase } from '../src/schema.ts'
import { lendDatabase } from './postgres-pool.ts'

const server = inject('postgresUrl')
if (server === null) process.stderr.write('!! skipped on PostgreSQL: databases that are used again\n')

/** Says something on a borrowed database and gives it back; answers its address. */
async function use(statement: string): Promise<string> {
  const lent = await lendDatabase(server ?? '', inject('postgresCopies'))
  const { db } = await openDatabase(lent.url, '/', 'create', 0)
  await db.source.query(statement)
  await db.close()
  await lent.giveBack()
  return lent.url
}

it.runIf(server !== null)('a database is used again, empty, unless its shape was changed', async () => {
  const insert = `insert into meta (name, value) values ('left behind', 'x')`
  const first = await use(insert)
  // The same row fits once more: nothing was left.
  expect(await use(insert)).toBe(first)
  expect(await use('alter table meta alter column value set default 1')).toBe(first)
  expect(await use(insert)).not.toBe(first)
})
