import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** How often somebody was reminded: of one broadcast, and of the tasks in an advisor's list. */
export class Delivery1764300000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE parcel ADD COLUMN reminders bigint')
    await createTable(runner, 'sender_reminder', { sender: 'text key', at: 'int key', tasks: 'int' })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['sender_reminder'])
    await runner.query('ALTER TABLE parcel DROP COLUMN reminders')
  }
}
