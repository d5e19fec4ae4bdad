import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What a card is to say after its advisor has pressed an entry of its menu. */
export class CardAnswers1764800000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'card_answer',
      {
        code: 'text key',
        staff: 'text',
        words: 'text',
        ready_at: 'int',
        expires_at: 'int',
        tries: 'int',
      },
      { index: [['ready_at']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['card_answer'])
  }
}
