import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

const index = 'ix_promise_sender_due_at'
const oldPause = 'sending-paused'

interface Pause {
  readonly at: number
  readonly by: string
  readonly reason: string
}

/** Leave of advisors, quota as WeCom says it, refunds, and a kill switch with more than one handle. */
export class Manners1764300000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'staff_leave', {
      staff: 'text key',
      from_day: 'text key',
      to_day: 'text',
      deputy: 'text?',
    })
    await createTable(
      runner,
      'quota_seen',
      { subject: 'text key', until_at: 'int', seen_at: 'int', surprised: 'int' },
      { index: [['seen_at']] },
    )
    await createTable(runner, 'pause', {
      scope: 'text key',
      name: 'text key',
      at: 'int',
      by_whom: 'text',
      reason: 'text',
    })
    await runner.query('ALTER TABLE restraint ADD COLUMN refund_at bigint')
    await runner.query('ALTER TABLE manners ADD COLUMN quota_mode text')
    await runner.query('ALTER TABLE manners ADD COLUMN doubted_at bigint')
    await runner.query(`CREATE INDEX ${index} ON promise (sender, due_at)`)
    const rows: { value: string }[] = await runner.query('SELECT value FROM meta WHERE name = $1', [oldPause])
    for (const { value } of rows) {
      const { at, by, reason } = JSON.parse(value) as Pause
      await runner.query(
        "INSERT INTO pause (scope, name, at, by_whom, reason) VALUES ('global', '', $1, $2, $3)",
        [at, by, reason],
      )
    }
    await runner.query('DELETE FROM meta WHERE name = $1', [oldPause])
  }

  async down(runner: QueryRunner): Promise<void> {
    const rows: { at: number | string; by_whom: string; reason: string }[] = await runner.query(
      "SELECT at, by_whom, reason FROM pause WHERE scope = 'global'",
    )
    for (const { at, by_whom: by, reason } of rows)
      await runner.query('INSERT INTO meta (name, value) VALUES ($1, $2)', [
        oldPause,
        JSON.stringify({ at: Number(at), by, reason }),
      ])
    await runner.query(`DROP INDEX ${index}`)
    await runner.query('ALTER TABLE manners DROP COLUMN doubted_at')
    await runner.query('ALTER TABLE manners DROP COLUMN quota_mode')
    await runner.query('ALTER TABLE restraint DROP COLUMN refund_at')
    await dropTables(runner, ['pause', 'quota_seen', 'staff_leave'])
  }
}
