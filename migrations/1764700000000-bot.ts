import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** The smart bot has one connection, however many servers there are: who holds it. */
export class Bot1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'bot_lease', {
      id: 'int key',
      holder: 'text',
      epoch: 'int',
      lease_until: 'int',
      kicked_at: 'int?',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['bot_lease'])
  }
}
