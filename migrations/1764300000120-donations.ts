import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Points that members gave to a good cause, and what the brand added. */
export class Donations1764300000120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'donation',
      { unique_key: 'text key', player: 'text', points: 'int', matched: 'int', cause: 'text', at: 'int' },
      { index: [['player'], ['cause']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['donation'])
  }
}
