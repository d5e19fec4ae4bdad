import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** The advisor who is a customer's by name, and who said so. */
export class NamedAdvisors1764300000130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'named_advisor',
      {
        customer: 'text key',
        staff: 'text?',
        since_at: 'int',
        named_by: 'text',
        rank: 'int?',
        among: 'int?',
        percent: 'real?',
        person: 'text?',
      },
      { index: [['staff']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['named_advisor'])
  }
}
