import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** The log with its head, followers, job slots and the installation's own facts. */
export class Foundation1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'log',
      {
        seq: 'int key',
        id: 'text',
        at: 'int',
        recorded_at: 'int',
        kind: 'text',
        source: 'text',
        source_key: 'text',
        external: 'text?',
        staff: 'text?',
        chat: 'text?',
        phone_hash: 'text?',
        shop_id: 'text?',
        detail: 'text',
      },
      {
        unique: [['source', 'source_key'], ['id']],
        index: [
          ['kind', 'seq'],
          ['external', 'seq'],
          ['shop_id', 'seq'],
        ],
      },
    )
    await createTable(runner, 'log_head', { id: 'int key', seq: 'int' })
    await runner.query('insert into log_head (id, seq) values (1, 0)')
    await createTable(runner, 'log_words', { log_id: 'text key', words: 'text' })
    await createTable(runner, 'follower', { name: 'text key', position: 'int' })
    await createTable(runner, 'follower_parked', {
      follower: 'text key',
      seq: 'int key',
      attempts: 'int',
      parked: 'int',
      error: 'text',
    })
    await createTable(
      runner,
      'job_slot',
      {
        job: 'text key',
        slot: 'text key',
        due_at: 'int',
        holder: 'text',
        state: 'text',
        attempts: 'int',
        lease_until: 'int',
        finished_at: 'int?',
        error: 'text?',
      },
      { index: [['job', 'due_at']] },
    )
    await createTable(runner, 'meta', { name: 'text key', value: 'text' })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, [
      'meta',
      'job_slot',
      'follower_parked',
      'follower',
      'log_words',
      'log_head',
      'log',
    ])
  }
}
