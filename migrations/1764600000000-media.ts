import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Files that messages may carry, their bytes, and what WeCom calls them. */
export class Media1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'media_file',
      {
        name: 'text key',
        type: 'text',
        filename: 'text',
        bytes: 'int',
        sha256: 'text',
        added_by: 'text',
        added_at: 'int',
      },
      { index: [['sha256']] },
    )
    await createTable(runner, 'media_piece', { sha256: 'text key', piece: 'int key', data: 'text' })
    await createTable(runner, 'media_upload', {
      sha256: 'text key',
      purpose: 'text key',
      media_id: 'text',
      uploaded_at: 'int',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['media_upload', 'media_piece', 'media_file'])
  }
}
