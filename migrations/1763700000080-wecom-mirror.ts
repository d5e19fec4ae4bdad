import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What must be read again from WeCom, and which tags we put where. */
export class WecomMirror1763700000080 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'wecom_reread',
      { kind: 'text key', id: 'text key', asked_at: 'int', ready_at: 'int', attempts: 'int' },
      { index: [['ready_at']] },
    )
    await createTable(runner, 'corp_tag', { tag_group: 'text key', tag: 'text key', id: 'text' })
    await createTable(runner, 'seen_tag', {
      staff: 'text key',
      external: 'text key',
      tag_group: 'text key',
      tag: 'text',
      tag_id: 'text',
      refused: 'int',
      at: 'int',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['seen_tag', 'corp_tag', 'wecom_reread'])
  }
}
