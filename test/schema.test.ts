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

  it('learns from the log of an older database by which way each customer came', async () => {
    opened = await open()
    const { db } = opened
    const { source } = db
    const untilWays = source.migrations.findIndex(({ constructor }) => constructor.name.startsWith('Ways'))
    for (let left = source.migrations.length; left > untilWays; left -= 1)
      await source.undoLastMigration({ transaction: 'each' })
    const rows = [
      ['wmA', 'lin', { State: 'parcel-card' }],
      ['wmA', 'lin', { State: 'parcel-card', WelcomeCode: 'c' }],
      ['wmA', 'wang', { State: '' }],
      ['wmB', 'lin', { ChangeType: 'add_external_contact' }],
      ['wmB', 'wang', { State: '门店' }],
    ] as const
    for (const [i, [external, staff, detail]] of rows.entries())
      await source.query(
        `INSERT INTO log (seq, id, at, recorded_at, kind, source, source_key, external, staff, detail)
         VALUES (${String(i + 1)}, 'r${String(i)}', ${String(100 - i)}, 0, 'contact-added', 's', 'k${String(i)}', '${external}', '${staff}', '${JSON.stringify(detail)}')`,
      )
    await source.runMigrations({ transaction: 'each' })
    expect(
      await db.reader.rows('select external, place, mark, at from entrance order by external, place'),
    ).toEqual([
      { external: 'wmA', place: 'lin', mark: 'parcel-card', at: 100 },
      { external: 'wmB', place: 'wang', mark: '门店', at: 96 },
    ])
  })

  it('turns the text days of a full database into numbers, and back', async () => {
    opened = await open()
    const { db } = opened
    const { source } = db
    const read = (sql: string) => db.reader.rows(sql)
    const write = async (...statements: readonly string[]) => {
      for (const statement of statements) await source.query(statement)
    }
    const untilOld = source.migrations.findIndex(({ constructor }) =>
      constructor.name.startsWith('DayNumbers'),
    )
    for (let left = source.migrations.length; left > untilOld; left -= 1)
      await source.undoLastMigration({ transaction: 'each' })
    const old = {
      purchase_day: `('a', '2026-05-20', 2, 700), ('a', '1970-01-01', 1, 5), ('b', '2024-02-29', 0, 0)`,
      engagement_day: `('a', '2026-05-19', 3)`,
      refund: `('r1', 'O1', 'a', '2026-05-21', '2026-05-20', null, 100, 0), ('r2', 'O2', null, '2026-05-22', null, 50, 0, 0)`,
      facts: `('a', '1970-01-01', '2026-05-20', 2, 3, 705, '2026-05-19', null, '1999-12-31'), ('b', null, null, 0, 0, 0, null, '2026-01-01', null)`,
      standing: `('a', 'high', '2026-05-20', '近90天购买3次', 'short', 'growth', '2026-08-18', '2026-05-20'), ('b', 'lead', '2026-01-01', '', null, 'attraction', null, '2026-01-01')`,
    }
    const inOrder = Object.keys(old).map((table) => `select * from ${table} order by 1, 2`)
    await write(...Object.entries(old).map(([table, rows]) => `insert into ${table} values ${rows}`))
    const before = await Promise.all(inOrder.map(read))

    await source.runMigrations({ transaction: 'each' })
    expect((await source.driver.createSchemaBuilder().log()).upQueries).toHaveLength(0)
    expect(await read('select * from purchase_day order by customer, day_no')).toEqual([
      { customer: 'a', day_no: 0, orders: 1, amount_fen: 5 },
      { customer: 'a', day_no: 20_593, orders: 2, amount_fen: 700 },
      { customer: 'b', day_no: 19_782, orders: 0, amount_fen: 0 },
    ])
    expect(await read('select source_key, day_no, purchase_no, asked_fen from refund order by 1')).toEqual([
      { source_key: 'r1', day_no: 20_594, purchase_no: 20_593, asked_fen: null },
      { source_key: 'r2', day_no: 20_595, purchase_no: null, asked_fen: 50 },
    ])
    expect(
      await read(
        'select customer, first_no, last_no, engaged_no, complained_no, browsed_no from facts order by 1',
      ),
    ).toEqual([
      {
        customer: 'a',
        first_no: 0,
        last_no: 20_593,
        engaged_no: 20_592,
        complained_no: null,
        browsed_no: 10_956,
      },
      {
        customer: 'b',
        first_no: null,
        last_no: null,
        engaged_no: null,
        complained_no: 20_454,
        browsed_no: null,
      },
    ])
    expect(
      await read(
        'select customer, tier, since_no, dormancy, next_no, w1_n, w6_oldest_no from standing order by 1',
      ),
    ).toEqual([
      {
        customer: 'a',
        tier: 'high',
        since_no: 20_593,
        dormancy: 'short',
        next_no: 20_683,
        w1_n: 0,
        w6_oldest_no: null,
      },
      {
        customer: 'b',
        tier: 'lead',
        since_no: 20_454,
        dormancy: null,
        next_no: null,
        w1_n: 0,
        w6_oldest_no: null,
      },
    ])
    // Everybody is judged again before the figures kept are believed.
    expect(await read("select value from segment_state where name in ('rules', 'windows')")).toEqual([
      { value: '' },
      { value: '' },
    ])

    for (let left = source.migrations.length; left > untilOld; left -= 1)
      await source.undoLastMigration({ transaction: 'each' })
    const after = await Promise.all(inOrder.map(read))
    const withoutReason = (rows: readonly object[]) =>
      rows.map((row) => ({ ...row, reason: '', computed_day: '' }))
    expect(after.slice(0, 4)).toEqual(before.slice(0, 4))
    expect(withoutReason(after[4] ?? [])).toEqual(withoutReason(before[4] ?? []))
    await source.runMigrations({ transaction: 'each' })
  })
})
