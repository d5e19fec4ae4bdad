import { afterEach, expect, it } from 'vitest'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'

onBothDatabases('the schema', (open) => {
  let opened: TestDatabase | undefined
  afterEach(() => opened?.drop())

  it('that migrations make is exactly the one the tables describe', async () => {
    opened = await open()
    const drift = await opened.db.source.driver.createSchemaBuilder().log()
    expect(drift.upQueries.map(({ query }) => query)).toEqual([])
  })

  it('goes down to nothing and up again', async () => {
    opened = await open()
    const { source } = opened.db
    for (let left = source.migrations.length; left > 0; left -= 1)
      await source.undoLastMigration({ transaction: 'each' })
    await source.runMigrations({ transaction: 'each' })
    expect((await source.driver.createSchemaBuilder().log()).upQueries).toHaveLength(0)
  })
})
