import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Published cadences. */
export class Cadence1763700000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'cadence_version', {
      version: 'int key',
      yaml: 'text',
      note: 'text',
      published_by: 'text',
      published_at: 'int',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['cadence_version'])
  }
}
