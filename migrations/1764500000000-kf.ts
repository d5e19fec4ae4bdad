import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** 微信客服: how far each account is read, and who asked for a person. */
export class Kf1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'kf_account',
      {
        kfid: 'text key',
        name: 'text',
        state: 'text',
        cursor: 'text',
        epoch: 'int',
        asks: 'int',
        token: 'text?',
        token_at: 'int?',
        ready_at: 'int?',
        pulled_at: 'int?',
        why: 'text',
      },
      { index: [['ready_at']] },
    )
    await createTable(
      runner,
      'kf_hand_over',
      {
        kfid: 'text key',
        external: 'text key',
        msgid: 'text',
        asked_at: 'int',
        ready_at: 'int',
        attempts: 'int',
      },
      { index: [['ready_at']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['kf_hand_over', 'kf_account'])
  }
}
