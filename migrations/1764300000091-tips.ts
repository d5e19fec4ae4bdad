import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Tips from spreadsheets, and which tip a group message carried. */
export class Tips1764300000091 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'tip',
      {
        interest: 'text key',
        id: 'text key',
        text: 'text',
        on_day: 'text?',
        source: 'text',
        added_at: 'int',
      },
      { clustered: true },
    )
    await runner.query('ALTER TABLE promise ADD COLUMN piece text')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promise DROP COLUMN piece')
    await dropTables(runner, ['tip'])
  }
}
