import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Audiences that somebody saved. */
export class Audience1763800000080 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'audience', {
      name: 'text key',
      title: 'text',
      rule: 'text',
      version: 'int',
      updated_at: 'int',
      updated_by: 'text',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['audience'])
  }
}
