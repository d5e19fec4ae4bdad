import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Sessions of staff and sign-ins under way. */
export class Access1763700000070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'session',
      {
        id_hash: 'text key',
        userid: 'text',
        created_at: 'int',
        seen_at: 'int',
        expires_at: 'int',
        kind: 'text',
      },
      { index: [['userid'], ['expires_at']] },
    )
    await createTable(
      runner,
      'oauth_state',
      { state_hash: 'text key', to_path: 'text', created_at: 'int', used: 'int' },
      { index: [['created_at']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['oauth_state', 'session'])
  }
}
