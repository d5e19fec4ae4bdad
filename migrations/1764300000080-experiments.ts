import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What became of a test: the arm that everybody hears since. */
export class Experiments1764300000080 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'experiment_decision', {
      experiment: 'text key',
      seed: 'text key',
      arm: 'text',
      how: 'text',
      why: 'text',
      decided_by: 'text',
      decided_at: 'int',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['experiment_decision'])
  }
}
